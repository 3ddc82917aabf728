/** The shelter's tour; the desk, which acts for any house, sees the choice of one first. */
import type { Step } from '../ui/tour.ts';

export const shelterTour: readonly Step[] = [
  { at: 'shelter' },
  { at: 'houses' },
  { at: 'status' },
  { at: 'beds' },
  { at: 'count' },
  { at: 'coming' },
  { at: 'guests' },
  { at: 'stock' },
];
