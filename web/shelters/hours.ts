/** Whether houses are open by their hours, worked out once and kept until it changes: a desk asks for hundreds each second. */
import { openAt, type OpeningWindow, type OpenState } from '../../shared/opening.ts';
import type { PlanLevel } from '../../shared/plan-levels.ts';
import type { ShelterRow } from '../../shared/shelters.ts';
import type { State } from '../../shared/state.ts';
import { levelAt } from '../live/level.ts';
import { boot } from '../ui/boot.ts';

interface Known extends OpenState {
  zone: string;
  level: PlanLevel;
  from: number;
  until: number;
}
const known = new WeakMap<readonly OpeningWindow[], Known>();
/** What does not change within the days looked ahead is asked again after this. */
const AGAIN_MS = 3_600_000;

/** By its windows, the clock on its own wall and the plan's level; always open without windows. */
export function hoursOf(
  state: Pick<State, 'stations' | 'activations'>,
  { opening, stationId }: ShelterRow,
  now: Date,
): OpenState {
  const at = now.getTime();
  const zone = state.stations[stationId]?.timeZone ?? boot.timeZone;
  const level = levelAt(state, stationId);
  const kept = known.get(opening);
  if (kept?.zone === zone && kept.level === level && kept.from <= at && at < kept.until) return kept;
  const found = openAt(opening, at, zone, level);
  const made = { ...found, zone, level, from: at, until: found.changesAt ?? at + AGAIN_MS };
  known.set(opening, made);
  return made;
}
