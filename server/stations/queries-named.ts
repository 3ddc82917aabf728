/** The station that a cell of a file names. */
import type { StationRow } from '../../shared/stations.ts';

/** By id, or by a name that only one of the stations has; an empty cell is the own one. */
export function stationNamed(
  cell: string,
  own: string,
  stations: readonly StationRow[],
): StationRow | 'not_found' | 'ambiguous' {
  const wanted = cell.trim();
  const byId = stations.find(({ id }) => id === (wanted === '' ? own : wanted.toLowerCase()));
  const named = byId ? [byId] : stations.filter(({ name }) => name === wanted);
  const [station] = named;
  if (!station) return 'not_found';
  return named.length > 1 ? 'ambiguous' : station;
}
/** What is said of a cell that names none. */
export const stationWords = {
  not_found: 'no such station in your area',
  ambiguous: 'several stations have this name: give the id',
};
