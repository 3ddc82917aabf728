/** The desk's tour. */
import type { Step } from '../ui/tour.ts';

/** Parts of the desk that take turns where not all fit. */
export type DeskPart = 'queue' | 'incident' | 'map' | 'lists';
export const deskTour: readonly Step<DeskPart>[] = [
  { at: 'desk' },
  { at: 'queue', part: 'queue' },
  { at: 'incident', part: 'incident' },
  { at: 'map', part: 'map' },
  { at: 'lists', part: 'lists' },
  { at: 'live', part: 'queue' },
  { at: 'help' },
];
