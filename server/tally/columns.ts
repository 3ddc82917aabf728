import type { TallyCounts } from '../../shared/tally.ts';

/** What is counted, in the order of the columns of every file we write. The words are under `tally.<name>`. */
export const COUNTS = [
  'peopleHelped',
  'refused',
  'notFound',
  'patrolPersonTimes',
  'vehicleTimes',
  'itemsHandedOut',
  'placesOpened',
] as const satisfies readonly (keyof TallyCounts)[];

/** The counts of a line in that order. */
export const countsIn = (counts: TallyCounts): number[] => COUNTS.map((count) => counts[count]);
