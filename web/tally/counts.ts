import type { TallyCounts } from '../../shared/tally.ts';

/** In the order the ministry publishes them, with what we count apart at the end. The words are under `tally.<name>`. */
export const countNames = [
  'peopleHelped',
  'patrolPersonTimes',
  'vehicleTimes',
  'itemsHandedOut',
  'placesOpened',
  'refused',
  'notFound',
] as const satisfies readonly (keyof TallyCounts)[];
