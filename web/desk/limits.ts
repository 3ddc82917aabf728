/** Rules of the field that the desk's clocks need, as they hold at the own station. */
import type { RuleKey } from '../../shared/rules.ts';
import { listRules } from '../../shared/stations.ts';
import { call } from '../live/call.ts';
import { boot } from '../ui/boot.ts';
import { type ColdRulesAt, coldRulesAt, type HeldRow } from './cold-rules.ts';
import { type TargetsAt, targetsAt } from './targets.ts';

export interface Limits {
  /** seconds */
  fix: { fresh: number; stale: number };
  /** hours */
  count: { fresh: number; stale: number };
  /** seconds without a word until a patrol counts as not heard of */
  offlineS: number;
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
/** The number of a rule: the own station's row, else the one that holds everywhere, else whatever row there is. */
function numberOf(rules: readonly HeldRow[], key: RuleKey, stationId: string): number {
  const own = rules.find((rule) => rule.key === key && rule.stationId === stationId);
  const value = (
    own ??
    rules.find((rule) => rule.key === key && rule.stationId === null) ??
    rules.find((rule) => rule.key === key)
  )?.value;
  if (typeof value !== 'number') throw new Error(`the rule ${key} is not set`);
  return value;
}

export function limitsFrom(rules: readonly HeldRow[], stationId: string): Limits {
  const pick = (key: RuleKey): number => numberOf(rules, key, stationId);
  return {
    fix: { fresh: pick('positions.fresh'), stale: pick('positions.stale') },
    count: { fresh: pick('shelters.fresh'), stale: pick('shelters.stale') },
    offlineS: pick('patrols.offline'),
    seenS: pick('targets.seen'),
    dangerMin: pick('cold.danger'),
    soonMin: pick('cold.soon'),
    lookBackD: pick('sites.look_back'),
    cold: coldRulesAt(rules),
    targets: targetsAt(rules),
  };
}

/** What the page was told at its start, of the own station, until all rows have come. */
export const firstLimits = (stationId: string): Limits =>
  limitsFrom(
    Object.entries(boot.rules).map(([key, value]) => ({ key, stationId: null, value })),
    stationId,
  );

export async function readLimits(stationId: string): Promise<Limits> {
  const { items } = await call(listRules);
  return limitsFrom(items, stationId);
}
