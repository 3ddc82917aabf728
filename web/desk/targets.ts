/** How long each clock of an incident may take, by the rules of its station. */
import { type IncidentClock, targetOf } from '../../shared/clocks.ts';
import type { IncidentRow } from '../../shared/incidents.ts';
import type { HeldRow } from './cold-rules.ts';

/** Seconds; null while the rule is not known. `path` goes from the root down to the incident's station. */
export type TargetsAt = (path: readonly string[], clock: IncidentClock, row: IncidentRow) => number | null;

/** The nearest row of the rule on the station's path, else the default. */
export const targetsAt =
  (rules: readonly HeldRow[]): TargetsAt =>
  (path, clock, row) => {
    const { rule, unitS } = targetOf(clock, row);
    const depth = ({ stationId }: HeldRow): number => (stationId === null ? -1 : path.indexOf(stationId));
    const nearest = rules
      .filter(({ key, stationId }) => key === rule && (stationId === null || path.includes(stationId)))
      .sort((a, b) => depth(b) - depth(a))[0];
    return typeof nearest?.value === 'number' ? nearest.value * unitS : null;
  };
