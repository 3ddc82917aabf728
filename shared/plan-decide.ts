/** What a plan's level should be: asked at any time, it says what is right then. */
import type { Decision, PlanInputs, PlanMemory, PlanRules } from './plan-engine.ts';
import { holds } from './plan-evaluate.ts';
import { untilOf, whyOf } from './plan-explain.ts';
import type { PlanLevel } from './plan-levels.ts';
import { skyNow, skyThen } from './plan-sky.ts';
import { deadlineOf, HOUR, type Known, levelsOf, rank, type Steadied, steady } from './plan-steady.ts';
import { weatherCourse } from './weather-days.ts';

/** What the inputs say at a time, and would say later if the forecast came true. */
export function knownFrom({ readings, alerts, staleH }: PlanInputs, zone: string): (at: number) => Known {
  const course = weatherCourse(readings);
  const { merged } = course;
  const later = (at: number) => ({ sky: skyThen(merged, merged.length, at, zone, staleH * HOUR), alerts });
  return (at) => ({ now: { sky: skyNow(course, at, zone, staleH), alerts }, later });
}

/** What waits for an answer: the highest level that would be on if it did not ask, under the order that holds. */
function proposalOf({ memory, order, values }: Steadied, rules: PlanRules): Decision['proposal'] {
  const most = order?.kind === 'ceiling' ? rank(order.level) : Infinity;
  const spec = levelsOf(rules).findLast(
    ({ level }) =>
      rank(level) > rank(memory.level) &&
      rank(level) > rank(memory.rules) &&
      rank(level) <= most &&
      values.get(level) === true &&
      memory.asking.some((each) => each.level === level && each.accepted === null),
  );
  const asking = memory.asking.find(({ level }) => level === spec?.level);
  return spec && asking ? { level: spec.level, askedAt: asking.at, deadline: deadlineOf(spec, asking) } : null;
}

/** A decision in full, from what was decided. */
export function decisionOf(steadied: Steadied, known: Known, rules: PlanRules): Decision {
  const { memory, order, values } = steadied;
  const highest = (levels: readonly PlanLevel[]): PlanLevel =>
    levels.reduce((top, level) => (rank(level) > rank(top) ? level : top), 'none');
  return {
    level: memory.level,
    memory,
    wanted: highest([...values].flatMap(([level, value]) => (value === true ? level : []))),
    proposal: proposalOf(steadied, rules),
    advice: highest(
      rules.levels.flatMap(({ level, mode, when }) =>
        mode === 'advise' && holds(when, known.now, false) === true ? level : [],
      ),
    ),
    orderId: order?.id ?? null,
    until: untilOf(steadied, known, rules),
    why: whyOf(steadied, known, rules),
  };
}

/**
 * Decides from what was on, what is known, the rules and the time (epoch ms). Pure and total: the order of the inputs does not
 * matter, and deciding again at the same time from the memory it gave changes nothing.
 */
export function decide(memory: PlanMemory, inputs: PlanInputs, rules: PlanRules, now: number): Decision {
  const known = knownFrom(inputs, rules.zone)(now);
  return decisionOf(steady(memory, known, inputs, rules), known, rules);
}
