/** What must not be missed, worked out from the picture alone: which alarms hold now, how they are grouped, and which may sound. Pure. */
import type { ColdLevel } from '../../shared/cold-clock.ts';
import type { DispatchRow, Rung } from '../../shared/dispatches.ts';
import { rungs } from '../../shared/dispatches.ts';
import type { SpotCheckRow } from '../../shared/duty.ts';
import { type IncidentRow, needsNobody } from '../../shared/incidents.ts';
import type { PanicRow } from '../../shared/panics.ts';
import { type PatrolRow, rollCallRungs } from '../../shared/patrols.ts';
import type { ActivationRow, PlanStateRow } from '../../shared/plans.ts';
import type { TaskRow } from '../../shared/tasks.ts';
import { planOf, switchedOn } from './alarms-plans.ts';

/** In the order in which they stand: what costs a life first. */
export const alarmKinds = [
  'panic',
  'roll_call',
  'check',
  'connection',
  'unseen',
  'cold',
  'not_accepted',
  'plan_on',
  'plan_asks',
  'desk_uncovered',
  'plan_step_late',
  'check_missed',
  'alert_unknown',
  'answered',
  'stale_crew',
  'no_bed',
  'stock_short',
] as const;
export type AlarmKind = (typeof alarmKinds)[number];

export interface Alarm {
  kind: AlarmKind;
  /** the same as long as it is the same trouble */
  id: string;
  /** epoch ms when it began */
  since: number;
  /** grows with the trouble; a higher one wakes what rests */
  level: number;
  incidentId: string | null;
  /** what it is about, when no incident is */
  planId: string | null;
  /** the list where it is dealt with, when no incident is */
  place: 'tasks' | 'patrols' | 'panics' | 'plans' | null;
}
export interface AlarmPicture {
  now: number;
  incidents: readonly IncidentRow[];
  dispatches: readonly DispatchRow[];
  tasks: readonly TaskRow[];
  panics: readonly PanicRow[];
  patrols: readonly PatrolRow[];
  plans: readonly PlanStateRow[];
  activations: readonly ActivationRow[];
  /** spot checks put to whoever is at this desk */
  checks: readonly SpotCheckRow[];
  /** when the line was lost, epoch ms; null while it is there */
  lostAt: number | null;
  /** the cold clock of an incident; null when it has none */
  coldOf: (incidentId: string) => { minutes: number; level: ColdLevel } | null;
  /** when a patrol was last heard of, moving or not, epoch ms; null for never */
  heardAt: (patrolId: string) => number | null;
  limits: { seenS: number; dangerMin: number; offlineS: number };
}

/** A short break of the line is not worth an alarm: the page reconnects within seconds. */
const LOST_MS = 10_000;
const DESK = rungs.indexOf('desk_alarm');
const rungOf = (rung: Rung | null): number => (rung === null ? -1 : rungs.indexOf(rung));
const ROLL_DESK = rollCallRungs.indexOf('desk_alarm');
/** Tasks nobody may sleep through; the others wait in their list. */
const loudTasks = [
  'stock_short',
  'no_bed',
  'not_accepted',
  'roll_call',
  'plan_asks',
  'plan_step_late',
  'desk_uncovered',
  'check_missed',
  'alert_unknown',
] as const satisfies readonly TaskRow['kind'][];
const under: readonly DispatchRow['status'][] = ['accepted', 'en_route'];

/** All alarms that hold now, whether they rest or not. */
export function alarmsOf(picture: AlarmPicture): Alarm[] {
  const { now, limits } = picture;
  const found: Alarm[] = [];
  const incidents = new Map(picture.incidents.map((row) => [row.id, row]));
  const add = (kind: AlarmKind, id: string, since: number, more: Partial<Alarm> = {}): void => {
    found.push({ kind, id: `${kind}:${id}`, since, level: 1, incidentId: null, planId: null, place: null, ...more });
  };
  if (picture.lostAt !== null && now - picture.lostAt >= LOST_MS) add('connection', 'line', picture.lostAt);
  for (const row of picture.incidents) {
    const waits = row.patrolIds.length === 0 && !needsNobody(row);
    const dueAt = Date.parse(row.openedAt) + limits.seenS * 1000;
    if (row.priority === 'life_risk' && row.seenAt === null && now >= dueAt)
      add('unseen', row.id, dueAt, { incidentId: row.id, level: now >= dueAt + 4 * limits.seenS * 1000 ? 2 : 1 });
    const cold = waits ? picture.coldOf(row.id) : null;
    if (cold?.level === 'danger')
      add(
        'cold',
        row.id,
        Math.max(Date.parse(row.openedAt), now - Math.max(0, limits.dangerMin - cold.minutes) * 60_000),
        {
          incidentId: row.id,
          level: cold.minutes <= 0 ? 3 : cold.minutes < limits.dangerMin / 2 ? 2 : 1,
        },
      );
    // an answer is news until a new question is put or somebody goes
    const since = row.answeredAt ?? '';
    if (row.answeredAt !== null && since > (row.askedAt ?? '') && since > (row.firstDispatchedAt ?? ''))
      add('answered', `${row.id}:${row.answeredAt}`, Date.parse(row.answeredAt), { incidentId: row.id });
  }
  for (const row of picture.panics)
    // taken on, it stays in sight and is quiet
    if (row.acknowledgedAt === null) add('panic', row.id, Date.parse(row.at), { place: 'panics', level: 3 });
  for (const { id, since, ...about } of switchedOn(picture)) add('plan_on', id, since, { ...about, place: 'plans' });
  for (const check of picture.checks) {
    const [from, until] = [Date.parse(check.askedAt), Date.parse(check.dueAt)];
    add('check', check.id, from, { level: until - now < (until - from) / 3 ? 2 : 1 });
  }
  const alarmed = new Set<string>();
  for (const row of picture.patrols) {
    const rung = row.rollCallRung === null ? -1 : rollCallRungs.indexOf(row.rollCallRung);
    if (rung < ROLL_DESK) continue;
    alarmed.add(row.id);
    add('roll_call', `${row.id}:${row.rollCallDueAt ?? ''}`, Date.parse(row.rollCallDueAt ?? ''), {
      place: 'patrols',
      level: 1 + rung - ROLL_DESK,
    });
  }
  for (const row of picture.dispatches) {
    const rung = rungOf(row.rung);
    if (row.status === 'dispatched' && rung >= DESK) {
      alarmed.add(row.id);
      add('not_accepted', row.id, Date.parse(row.acceptBy), { incidentId: row.incidentId, level: 1 + rung - DESK });
    }
    const at = picture.heardAt(row.patrolId) ?? Date.parse(row.acceptedAt ?? row.dispatchedAt);
    const silentAt = at + limits.offlineS * 1000;
    if (under.includes(row.status) && now > silentAt)
      add('stale_crew', row.id, silentAt, {
        incidentId: incidents.has(row.incidentId) ? row.incidentId : null,
        place: 'patrols',
        level: now > at + 3 * limits.offlineS * 1000 ? 2 : 1,
      });
  }
  for (const task of picture.tasks) {
    const kind = loudTasks.find((loud) => loud === task.kind);
    if (kind === undefined) continue;
    // the ladder raises a task too: one trouble, one alarm
    const about = task.kind === 'roll_call' ? 'patrolId' : 'dispatchId';
    if (alarmed.has(String(task.subject[about] ?? ''))) continue;
    const plan = kind === 'plan_asks' || kind === 'plan_step_late' ? planOf(task, picture) : undefined;
    if (plan === null) continue;
    const incidentId = String(task.subject['incidentId'] ?? '');
    add(kind, task.id, Date.parse(task.createdAt), {
      place: 'tasks',
      incidentId: incidents.has(incidentId) ? incidentId : null,
      ...(plan && { ...plan, place: 'plans' }),
    });
  }
  return found;
}

/** Until when an incident's alarms rest, and how bad each was when the rest began, by alarm id. */
export type Rests = ReadonlyMap<string, { until: string; levels: ReadonlyMap<string, number> }>;
/** How bad each alarm was when somebody said that it was heard, by alarm id. */
export type Heard = ReadonlyMap<string, number>;

const restingUntil = (row: IncidentRow, now: number): string | null =>
  row.snoozedUntil !== null && Date.parse(row.snoozedUntil) > now ? row.snoozedUntil : null;

/** Remembers how things stood when a rest began, and forgets rests that are over. */
export function keepRests(
  rests: Rests,
  alarms: readonly Alarm[],
  incidents: readonly IncidentRow[],
  now: number,
): Rests {
  const next = new Map<string, { until: string; levels: ReadonlyMap<string, number> }>();
  for (const row of incidents) {
    const until = restingUntil(row, now);
    if (until === null) continue;
    const known = rests.get(row.id);
    const present = alarms.filter(({ incidentId }) => incidentId === row.id);
    next.set(
      row.id,
      known?.until === until ? known : { until, levels: new Map(present.map(({ id, level }) => [id, level])) },
    );
  }
  return next;
}
/** Forgets what is over, so that the same trouble is heard again when it comes back. */
export const keepHeard = (heard: Heard, alarms: readonly Alarm[]): Heard => {
  const here = new Set(alarms.map(({ id }) => id));
  return new Map([...heard].filter(([id]) => here.has(id)));
};

export interface AlarmGroup {
  kind: AlarmKind;
  /** the oldest first */
  alarms: readonly Alarm[];
  /** nobody has said yet that these were heard */
  loud: boolean;
}
/** An answer that was read, a plan that is known to be on: the one stands with its incident, the other in the banner. */
const NEWS: ReadonlySet<AlarmKind> = new Set(['answered', 'plan_on']);
const awake = (alarm: Alarm, level: number | undefined): boolean => level === undefined || alarm.level > level;

/** One line for each kind, without those that rest. */
export function groupsOf(alarms: readonly Alarm[], rests: Rests, heard: Heard): AlarmGroup[] {
  return alarmKinds.flatMap((kind) => {
    const shown = alarms
      .filter((alarm) => alarm.kind === kind)
      // what was only news is no trouble that lasts
      .filter((alarm) => !NEWS.has(kind) || awake(alarm, heard.get(alarm.id)))
      .filter((alarm) => {
        const rest = alarm.incidentId === null ? undefined : rests.get(alarm.incidentId);
        return rest === undefined || awake(alarm, rest.levels.get(alarm.id));
      })
      .sort((a, b) => a.since - b.since || a.id.localeCompare(b.id));
    if (shown.length === 0) return [];
    return [{ kind, alarms: shown, loud: shown.some((alarm) => awake(alarm, heard.get(alarm.id))) }];
  });
}

/** Seconds between two sounds of one group, shorter each time nobody answers. */
export const EVERY_S = [30, 20, 15, 10] as const;
export interface Ring {
  /** how often it has sounded, and when last (epoch ms) */
  times: number;
  lastAt: number;
}
export type Rings = ReadonlyMap<AlarmKind, Ring>;
export interface Sounding {
  kind: AlarmKind;
  /** 0 to 1, growing */
  loudness: number;
}
const LOUDNESS = [0.4, 0.6, 0.8, 1] as const;
/** A crew in danger does not begin softly, and does not wait; a spot check has no time to. */
const AT_ONCE: ReadonlySet<AlarmKind> = new Set(['panic', 'check']);

/** Which groups sound now. A group sounds at once when it becomes loud, but never twice within the shortest interval. */
export function ring(groups: readonly AlarmGroup[], rings: Rings, now: number): { rings: Rings; sounds: Sounding[] } {
  const next = new Map(rings);
  const sounds: Sounding[] = [];
  const shortest = (EVERY_S.at(-1) ?? 10) * 1000;
  for (const kind of alarmKinds) {
    const loud = groups.some((group) => group.kind === kind && group.loud);
    const known = next.get(kind);
    if (!loud) {
      // quiet long enough: the next trouble begins softly
      if (known && now - known.lastAt >= shortest) next.delete(kind);
      else if (known) next.set(kind, { ...known, times: 0 });
      continue;
    }
    const times = known?.times ?? 0;
    const urgent = AT_ONCE.has(kind);
    const gap = times === 0 || urgent ? shortest : (EVERY_S[Math.min(times, EVERY_S.length) - 1] ?? EVERY_S[0]) * 1000;
    if (known && now - known.lastAt < gap) continue;
    sounds.push({ kind, loudness: urgent ? 1 : (LOUDNESS[Math.min(times, LOUDNESS.length - 1)] ?? 1) });
    next.set(kind, { times: times + 1, lastAt: now });
  }
  return { rings: next, sounds };
}
