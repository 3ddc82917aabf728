/** Which cold level a station's plan is at. */
import { type PlanLevel, planLevels } from '../../shared/plan-levels.ts';
import type { State } from '../../shared/state.ts';

/** The level that holds at a station: the highest of its own plans and of those above it. A phone without the station's row goes by whatever is on. */
export function levelAt(state: Pick<State, 'stations' | 'activations'>, stationId: string): PlanLevel {
  const path = state.stations[stationId]?.path;
  let highest = 0;
  for (const { stationId: at, level, endedAt } of Object.values(state.activations))
    if (endedAt === null && (path?.includes(at) ?? true)) highest = Math.max(highest, planLevels.indexOf(level));
  return planLevels[highest] ?? 'none';
}
