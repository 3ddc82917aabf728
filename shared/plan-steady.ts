/** A plan's level by its rules, made steady: up at once, down only when it is sure; and what orders make of it. */
import { type AlertLevel, alertLevels } from './alerts.ts';
import type { Asking, LevelSpec, PlanAnswer, PlanMemory, PlanOrder, PlanRules } from './plan-engine.ts';
import { calendarAllows, holds, type Moment } from './plan-evaluate.ts';
import { type PlanLevel, planLevels } from './plan-levels.ts';
import type { Tri } from './plan-sky.ts';

const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const rank = (level: PlanLevel): number => planLevels.indexOf(level);

/** What is known at a time, and what would be so later if it came true. */
export interface Known {
  now: Moment;
  later: (at: number) => Moment;
}
export interface Told {
  orders: readonly PlanOrder[];
  answers: readonly PlanAnswer[];
}

/** Levels that can be on, the mildest first; those that are only advised cannot. */
export const levelsOf = ({ levels }: PlanRules): LevelSpec[] =>
  levels.filter(({ mode }) => mode !== 'advise').sort((a, b) => rank(a.level) - rank(b.level));

/** Whether each level's condition holds; those that are on by their milder bounds. */
const valuesOf = (specs: readonly LevelSpec[], now: Moment, on: PlanLevel): Map<AlertLevel, Tri> =>
  new Map(specs.map(({ level, when }) => [level, holds(when, now, rank(level) <= rank(on))]));

export const refused = (asking: readonly Asking[], level: AlertLevel): boolean =>
  asking.some((each) => each.level === level && each.accepted === false);

/** True when the rules want a level or a higher one. A refused level is not wanted itself, but those below it are. */
export const isWanted = (
  specs: readonly LevelSpec[],
  level: AlertLevel,
  asking: readonly Asking[],
  wants: (spec: LevelSpec) => boolean,
): boolean =>
  specs.some(
    (spec) => rank(spec.level) >= rank(level) && !(spec.level === level && refused(asking, level)) && wants(spec),
  );

/** True when the calendar shuts a level and all above it; so it does those that the rules do not have (any more). */
export const isShut = (specs: readonly LevelSpec[], level: PlanLevel, zone: string, at: number): boolean =>
  !specs.some((spec) => rank(spec.level) >= rank(level) && calendarAllows(spec.when, zone, at));

/** The first hour within `bridgeH` in which a level would be wanted again by what is known; null when there is none. */
export function returnsAt(
  rules: PlanRules,
  specs: readonly LevelSpec[],
  level: AlertLevel,
  asking: readonly Asking[],
  known: Known,
): number | null {
  const { at } = known.now.sky;
  const last = at + rules.steady.bridgeH * HOUR;
  for (let then = Math.floor(at / HOUR) * HOUR + HOUR; then <= last; then += HOUR) {
    const moment = known.later(then);
    if (isWanted(specs, level, asking, ({ when }) => holds(when, moment, false) === true)) return then;
  }
  return null;
}

/** The latest answer since a level asks; of two at the same moment the one that agrees. */
function answerTo({ level, at }: Asking, answers: readonly PlanAnswer[], now: number): boolean | null {
  const mine = answers.filter((answer) => answer.level === level && answer.at >= at && answer.at <= now);
  const last = Math.max(...mine.map((answer) => answer.at));
  return mine.length === 0 ? null : mine.some((answer) => answer.at === last && answer.accept);
}

/** Levels that ask: begun when first wanted, kept until it is sure that they are wanted no more. One that is on listens to no answer. */
function askingOf(
  specs: readonly LevelSpec[],
  memory: PlanMemory,
  values: ReadonlyMap<AlertLevel, Tri>,
  answers: readonly PlanAnswer[],
  now: number,
): Asking[] {
  return specs.flatMap(({ level, mode }) => {
    if (mode !== 'ask' || values.get(level) === false) return [];
    const on = rank(level) <= rank(memory.rules);
    const begun = memory.asking.find((each) => each.level === level);
    if (on) return begun ?? [];
    const asking = begun ?? (values.get(level) === true ? { level, at: now, accepted: null } : null);
    return asking ? { ...asking, accepted: answerTo(asking, answers, now) ?? asking.accepted } : [];
  });
}

/** When a level that asks switches on by itself. */
export const deadlineOf = ({ askMin }: LevelSpec, { at }: Asking): number => at + askMin * MINUTE;

function mayRise(spec: LevelSpec, asking: readonly Asking[], now: number): boolean {
  if (spec.mode === 'automatic') return true;
  const mine = asking.find(({ level }) => level === spec.level);
  return mine !== undefined && (mine.accepted ?? now >= deadlineOf(spec, mine));
}

/** The latest order that holds; of two of the same moment the one with the higher id. */
export const orderAt = (orders: readonly PlanOrder[], now: number): PlanOrder | null =>
  orders
    .filter(({ at, until }) => at <= now && (until === null || now < until))
    .reduce<PlanOrder | null>(
      (last, order) =>
        last === null || order.at > last.at || (order.at === last.at && order.id > last.id) ? order : last,
      null,
    );

const lower = (a: PlanLevel, b: PlanLevel): PlanLevel => (rank(a) <= rank(b) ? a : b);
const higher = (a: PlanLevel, b: PlanLevel): PlanLevel => (rank(a) >= rank(b) ? a : b);

export interface Steadied {
  memory: PlanMemory;
  order: PlanOrder | null;
  /** whether each level that can be on holds, by the bounds that count now */
  values: ReadonlyMap<AlertLevel, Tri>;
}

/** The decision itself, without its words. */
export function steady(memory: PlanMemory, known: Known, { orders, answers }: Told, rules: PlanRules): Steadied {
  const now = known.now.sky.at;
  const specs = levelsOf(rules);
  const minimumOn = rules.steady.minimumOnH * HOUR;
  const confirm = rules.steady.confirmH * HOUR;
  let { rules: on, raisedAt } = memory;
  let values = valuesOf(specs, known.now, on);
  const asking = askingOf(specs, memory, values, answers, now);

  const top = specs.findLast((spec) => values.get(spec.level) === true && mayRise(spec, asking, now));
  if (top && rank(top.level) > rank(on)) {
    on = top.level;
    raisedAt = now;
    values = valuesOf(specs, known.now, on);
  }

  const eased: Partial<Record<AlertLevel, number>> = {};
  for (const level of alertLevels.filter((each) => rank(each) <= rank(on))) {
    const wanted = isWanted(specs, level, asking, (spec) => values.get(spec.level) === true);
    const unknown = specs.some(
      (spec) => rank(spec.level) >= rank(level) && rank(spec.level) <= rank(on) && values.get(spec.level) === null,
    );
    if (!wanted && !unknown) eased[level] = memory.eased[level] ?? now;
  }

  const before = on;
  while (on !== 'none' && (raisedAt === null || now >= raisedAt + minimumOn)) {
    const since = eased[on];
    const over =
      isShut(specs, on, rules.zone, now) ||
      (since !== undefined && now >= since + confirm && returnsAt(rules, specs, on, asking, known) === null);
    if (!over) break;
    const held: PlanLevel = on;
    on = specs.findLast((spec) => rank(spec.level) < rank(held))?.level ?? 'none';
  }
  if (on !== before) {
    values = valuesOf(specs, known.now, on);
    for (const level of alertLevels) if (rank(level) > rank(on)) delete eased[level];
  }

  const order = orderAt(orders, now);
  const level = order === null ? on : order.kind === 'floor' ? higher(on, order.level) : lower(on, order.level);
  return {
    memory: {
      rules: on,
      raisedAt: on === 'none' ? null : raisedAt,
      eased,
      asking,
      level,
      since: level === memory.level ? memory.since : now,
    },
    order,
    values,
  };
}
