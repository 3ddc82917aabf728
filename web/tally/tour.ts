/** The tally's tour. */
import type { Step } from '../ui/tour.ts';

export const tallyTour: readonly Step[] = [
  { at: 'tally' },
  { at: 'range' },
  { at: 'figures' },
  { at: 'tables' },
  { at: 'take' },
];
