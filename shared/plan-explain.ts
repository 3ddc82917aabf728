/** Why a plan is on or off, and until when at the earliest: by what is known now. */
import type { PlanReason, PlanRules } from './plan-engine.ts';
import { holds, reasons } from './plan-evaluate.ts';
import {
  deadlineOf,
  HOUR,
  isShut,
  isWanted,
  type Known,
  levelsOf,
  rank,
  refused,
  returnsAt,
  type Steadied,
} from './plan-steady.ts';

const iso = (at: number): string => new Date(at).toISOString();
/** More says nothing to a person. */
const MOST = 12;
/** Hours ahead at which an end is looked for; no rule knows more of the weather. */
const AHEAD = 240;

/** What holds the level that the rules have on: they want it, nobody knows, it is too early, it is not sure, or it will be wanted again. */
function whyOn({ memory, values }: Steadied, known: Known, rules: PlanRules): PlanReason[] {
  const { rules: on, raisedAt, eased, asking } = memory;
  if (on === 'none') return [];
  const now = known.now.sky.at;
  const specs = levelsOf(rules);
  const above = specs.filter(({ level }) => rank(level) >= rank(on));
  const by = above.findLast(({ level }) => values.get(level) === true && !(level === on && refused(asking, level)));
  // by the bound that switches it on, as long as that holds; then by the one that keeps it on
  if (by) return reasons(by.when, known.now, holds(by.when, known.now, false) !== true, by.level);

  const found: PlanReason[] = [];
  const minimumEnd = (raisedAt ?? now) + rules.steady.minimumOnH * HOUR;
  if (now < minimumEnd) found.push({ code: 'minimum_on', level: on, facts: { until: iso(minimumEnd) } });
  const unknown = above.find(({ level }) => level === on && values.get(level) === null);
  if (unknown) return [...found, ...reasons(unknown.when, known.now, true, on)];
  const since = eased[on];
  if (since === undefined) return found;
  const confirmed = since + rules.steady.confirmH * HOUR;
  if (isShut(specs, on, rules.zone, now)) return found;
  if (now < confirmed)
    return [...found, { code: 'confirming', level: on, facts: { since: iso(since), until: iso(confirmed) } }];
  const again = now < minimumEnd ? null : returnsAt(rules, specs, on, asking, known);
  return again === null ? found : [...found, { code: 'returning', level: on, facts: { at: iso(again) } }];
}

/** Levels that wait for an answer, were refused, or are only advised, the highest first. */
function whyNotYet({ memory, values }: Steadied, known: Known, rules: PlanRules): PlanReason[] {
  const levels = [...rules.levels].sort((a, b) => rank(b.level) - rank(a.level));
  return levels.flatMap((spec): PlanReason[] => {
    const { level, mode, when } = spec;
    if (mode === 'advise') {
      return holds(when, known.now, false) === true
        ? [{ code: 'advised', level, facts: {} }, ...reasons(when, known.now, false, level)]
        : [];
    }
    const asking = memory.asking.find((each) => each.level === level);
    if (!asking || rank(level) <= rank(memory.rules) || values.get(level) !== true) return [];
    const by = reasons(when, known.now, false, level);
    const deadline = iso(deadlineOf(spec, asking));
    return asking.accepted === false
      ? [{ code: 'refused', level, facts: {} }]
      : [{ code: 'asking', level, facts: { since: iso(asking.at), deadline } }, ...by];
  });
}

/** Why it is on or off, the weightiest first. */
export function whyOf(steadied: Steadied, known: Known, rules: PlanRules): PlanReason[] {
  const { memory, order } = steadied;
  const found: PlanReason[] = [];
  if (order)
    found.push({
      code: order.kind === 'floor' ? 'order_floor' : 'order_ceiling',
      level: order.level,
      facts: { id: order.id, at: iso(order.at), ...(order.until === null ? {} : { until: iso(order.until) }) },
    });
  found.push(...whyOn(steadied, known, rules), ...whyNotYet(steadied, known, rules));
  if (memory.rules === 'none' && found.length === 0) {
    const first = levelsOf(rules)[0];
    const by = first ? reasons(first.when, known.now, false, first.level) : [];
    found.push(...(by.length > 0 ? by : [{ code: 'mild', level: memory.rules, facts: {} } as const]));
  }
  const said = new Map(found.map((reason) => [JSON.stringify(reason), reason]));
  return [...said.values()].slice(0, MOST);
}

/** The earliest time at which the rules can go below the level that holds; null when nothing says so. */
function rulesUntil({ memory }: Steadied, known: Known, rules: PlanRules): number | null {
  const { level, raisedAt, eased, asking, rules: on } = memory;
  if (level === 'none') return null;
  const { at: now, zone } = known.now.sky;
  const specs = levelsOf(rules);
  const confirm = rules.steady.confirmH * HOUR;
  const minimumEnd = (raisedAt ?? now) + rules.steady.minimumOnH * HOUR;
  if (isShut(specs, level, zone, now)) return minimumEnd;
  let since = eased[level] ?? null;
  let sure: number | null = null;
  const first = Math.floor(now / HOUR) * HOUR + HOUR;
  for (let at = first; at < first + AHEAD * HOUR; at += HOUR) {
    if (isShut(specs, level, zone, at)) return Math.max(minimumEnd, at);
    const moment = known.later(at);
    let unknown = false;
    const wanted = isWanted(specs, level, asking, (spec) => {
      const value = holds(spec.when, moment, rank(spec.level) <= rank(on));
      unknown ||= value === null && rank(spec.level) <= rank(on);
      return value === true;
    });
    if (unknown && !wanted) break;
    if (wanted) since = sure = null;
    else {
      since ??= at;
      if (at >= Math.max(minimumEnd, since + confirm)) sure ??= Math.max(minimumEnd, since + confirm);
      if (sure !== null && at >= sure + rules.steady.bridgeH * HOUR) break;
    }
  }
  const end = sure ?? (since === null ? minimumEnd : Math.max(minimumEnd, since + confirm));
  return end > now ? end : null;
}

/** The earliest time at which the level that holds can go down, by rules and orders; null when nothing says so, or none is on. */
export function untilOf(steadied: Steadied, known: Known, rules: PlanRules): number | null {
  const { memory, order } = steadied;
  if (memory.level === 'none') return null;
  const ends: (number | null)[] = [];
  if (rank(memory.rules) >= rank(memory.level)) ends.push(rulesUntil(steadied, known, rules));
  if (order?.kind === 'floor' && rank(order.level) >= rank(memory.level)) ends.push(order.until);
  return ends.reduce((last, end) => (last === null || end === null ? null : Math.max(last, end)), 0);
}
