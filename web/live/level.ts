/** Which cold level a station's plan is at. */
import type { PlanLevel } from '../../shared/plan-levels.ts';
import type { State } from '../../shared/state.ts';

/** The level of a station's plan. The picture has no plans yet, so none is on: windows that wait for a level stay shut, as on the server. */
export const levelAt = (_state: Pick<State, 'stations'>, _stationId: string): PlanLevel => 'none';
