/** What lateness costs: the harm to be expected when help for an incident arrives after so many minutes. */
import type { Priority } from './incidents.ts';

/** The rules `harm.*` as they hold at the incident's station. */
export interface HarmRules {
  steepness: number;
  /** minutes from danger to harm */
  graceMin: number;
  priority: Readonly<Record<Priority, number>>;
}

/**
 * Expected harm, in weighted people. The clock tells when danger begins and the grace how long it takes to do harm: their sum
 * is taken as the median of a log-logistic time to harm, so help at `etaMin` comes too late with the probability
 * 1 / (1 + (median / eta)^steepness). Grows with the ETA, falls with the clock, never more than the weighted people. Without
 * the grace whoever is in danger already would count as lost, and the plan would leave them to the last.
 */
export function expectedHarm(
  clockMin: number,
  etaMin: number,
  { priority, people }: { priority: Priority; people: number },
  rules: HarmRules,
): number {
  const weight = rules.priority[priority] * people;
  if (etaMin <= 0) return 0;
  return weight / (1 + ((Math.max(0, clockMin) + rules.graceMin) / etaMin) ** rules.steepness);
}
