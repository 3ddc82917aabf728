/** Rules of the field that the desk's clocks need, as they hold at the own station. */
import { listRules, type RuleRow } from '../../shared/stations.ts';
import { call } from '../live/call.ts';
import { type ColdRulesAt, coldRulesAt, usualColdRulesAt } from './cold-rules.ts';
import { noTargets, type TargetsAt, targetsAt } from './targets.ts';

export interface Limits {
  /** seconds */
  fix: { fresh: number; stale: number };
  /** hours */
  count: { fresh: number; stale: number };
  /** seconds until a desk should have seen a report */
  seenS: number;
  /** minutes on the cold clock below which it alarms, and below which it is marked */
  dangerMin: number;
  soonMin: number;
  /** days of what happened at a known place */
  lookBackD: number;
  /** the cold clock's rules at each station */
  cold: ColdRulesAt;
  /** how long each clock of an incident may take */
  targets: TargetsAt;
}
/** Until the rules have come, and for those a server does not have. */
export const usualLimits: Limits = {
  fix: { fresh: 120, stale: 600 },
  count: { fresh: 2, stale: 8 },
  seenS: 60,
  dangerMin: 30,
  soonMin: 120,
  lookBackD: 365,
  cold: usualColdRulesAt,
  targets: noTargets,
};

/** The number of a rule: the own station's row, else the default row. */
function numberOf(rules: readonly RuleRow[], key: string, stationId: string, usual: number): number {
  const own = rules.find((rule) => rule.key === key && rule.stationId === stationId);
  const value = (
    own ??
    rules.find((rule) => rule.key === key && rule.stationId === null) ??
    rules.find((rule) => rule.key === key)
  )?.value;
  return typeof value === 'number' ? value : usual;
}

export function limitsFrom(rules: readonly RuleRow[], stationId: string): Limits {
  const pick = (key: string, usual: number): number => numberOf(rules, key, stationId, usual);
  return {
    fix: {
      fresh: pick('positions.fresh', usualLimits.fix.fresh),
      stale: pick('positions.stale', usualLimits.fix.stale),
    },
    count: {
      fresh: pick('shelters.fresh', usualLimits.count.fresh),
      stale: pick('shelters.stale', usualLimits.count.stale),
    },
    seenS: pick('targets.seen', usualLimits.seenS),
    dangerMin: pick('cold.danger', usualLimits.dangerMin),
    soonMin: pick('cold.soon', usualLimits.soonMin),
    lookBackD: pick('sites.look_back', usualLimits.lookBackD),
    cold: coldRulesAt(rules),
    targets: targetsAt(rules),
  };
}

export async function readLimits(stationId: string): Promise<Limits> {
  const { items } = await call(listRules);
  return limitsFrom(items, stationId);
}
