/** How long each step of the night takes, against the targets that are rules. */
import * as z from 'zod/mini';
import { endpoint } from './contract.ts';
import { idSchema, instant } from './ids.ts';
import type { IncidentRow } from './incidents.ts';
import { desk } from './roles.ts';
import type { RuleKey } from './rules.ts';
import { instantOf, localDay } from './wall-clock.ts';

/** Clocks of an incident in the order they run, then those of a hotline call. */
export const clockNames = [
  'seen',
  'dispatched',
  'accepted',
  'on_scene',
  'safe',
  'told',
  'answered',
  'call_answered',
  'call_processed',
] as const;
export type ClockName = (typeof clockNames)[number];

type Times =
  'openedAt' | 'seenAt' | 'firstDispatchedAt' | 'acceptedAt' | 'arrivedAt' | 'safeAt' | 'askedAt' | 'answeredAt';
/** From which time to which a clock of an incident runs; 'told' ends when its reporters can read how it ended. */
export const clockSpans: Readonly<
  Record<Exclude<ClockName, 'call_answered' | 'call_processed' | 'told'>, { from: Times; to: Times }>
> = {
  seen: { from: 'openedAt', to: 'seenAt' },
  dispatched: { from: 'openedAt', to: 'firstDispatchedAt' },
  accepted: { from: 'firstDispatchedAt', to: 'acceptedAt' },
  on_scene: { from: 'openedAt', to: 'arrivedAt' },
  safe: { from: 'openedAt', to: 'safeAt' },
  answered: { from: 'askedAt', to: 'answeredAt' },
};
/** The rule that holds a clock's target, and its unit in seconds. On scene has another target for life risk. */
export const clockTargets: Readonly<Record<ClockName, { rule: RuleKey; unitS: number }>> = {
  seen: { rule: 'targets.seen', unitS: 1 },
  dispatched: { rule: 'targets.dispatched', unitS: 1 },
  accepted: { rule: 'targets.accept', unitS: 1 },
  on_scene: { rule: 'targets.on_scene', unitS: 60 },
  safe: { rule: 'targets.safe', unitS: 60 },
  told: { rule: 'targets.told', unitS: 3600 },
  answered: { rule: 'targets.answered', unitS: 60 },
  call_answered: { rule: 'targets.answer_call', unitS: 1 },
  call_processed: { rule: 'targets.process_call', unitS: 1 },
};

/** Clocks of an incident, in the order they run. */
export const incidentClocks = clockNames.filter(
  (name): name is Exclude<ClockName, 'call_answered' | 'call_processed'> => !name.startsWith('call_'),
);
export type IncidentClock = (typeof incidentClocks)[number];

type Priced = Pick<IncidentRow, 'priority'>;
/** The rule that holds for this incident, and its unit in seconds. */
export const targetOf = (name: ClockName, { priority }: Priced): { rule: RuleKey; unitS: number } =>
  name === 'on_scene' && priority === 'life_risk'
    ? { rule: 'targets.on_scene_life_risk', unitS: 60 }
    : clockTargets[name];

/** When its reporters could first read how it ended: somebody was met or looked for there, or it was closed. */
export function toldAt(
  { closedAt }: Pick<IncidentRow, 'closedAt'>,
  encounters: readonly { at: string }[],
): string | null {
  const times = [closedAt, ...encounters.map(({ at }) => at)].filter((at) => at !== null);
  return times.sort()[0] ?? null;
}

/** The newest question has an answer. */
export const isAnswered = ({ askedAt, answeredAt }: Pick<IncidentRow, 'askedAt' | 'answeredAt'>): boolean =>
  answeredAt !== null && (askedAt === null || answeredAt >= askedAt);

/** One clock of one incident: null when it has not begun, or when the incident was closed without its end; `toAt` is null while it runs. */
export function clockOf(
  name: IncidentClock,
  row: IncidentRow,
  told: string | null,
): { fromAt: string; toAt: string | null } | null {
  const span = name === 'told' ? null : clockSpans[name];
  const fromAt = span ? row[span.from] : row.openedAt;
  if (fromAt === null) return null;
  const ended = span ? row[span.to] : told;
  // asked again after an answer, the clock runs anew
  const toAt = name === 'answered' && !isAnswered(row) ? null : ended;
  return toAt === null && row.status === 'closed' ? null : { fromAt, toAt };
}

const DAY_MS = 86_400_000;
/** When the shift that runs at `now` began; `starts` are times of day (HH:MM) by the wall clock of `zone`. */
export function shiftStart(starts: readonly string[], zone: string, now: Date): Date {
  const today = localDay(zone, now.getTime());
  const began = [today - DAY_MS, today]
    .flatMap((day) =>
      starts.map((text) => {
        const [hour = 0, minute = 0] = text.split(':').map(Number);
        return instantOf(zone, day + (hour * 60 + minute) * 60_000);
      }),
    )
    .filter((at) => at <= now.getTime());
  return new Date(Math.max(...began));
}

export const clockRow = z.object({
  clock: z.enum(clockNames),
  /** that ran to their end, and that are still running */
  count: z.number(),
  running: z.number(),
  /** seconds; null when none ended */
  p50S: z.nullable(z.number()),
  p90S: z.nullable(z.number()),
  targetS: z.number(),
  /** part of the ended ones within their target, 0 to 1 */
  within: z.nullable(z.number()),
});
export type ClockRow = z.infer<typeof clockRow>;
export const readClocks = endpoint({
  name: 'readClocks',
  method: 'GET',
  path: '/api/reports/clocks',
  who: [...desk, 'inspector', 'admin'],
  summary: 'How long the steps took, of incidents opened and calls answered in a span; the running shift unless said',
  query: z.strictObject({
    from: z.optional(instant),
    to: z.optional(instant),
    station: z.optional(idSchema),
  }),
  reply: z.object({ from: instant, to: instant, items: z.array(clockRow) }),
});
