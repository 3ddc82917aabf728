/** The crew's tour; which of its stops are there depends on how far the night is. */
import type { Step } from '../ui/tour.ts';

export const crewTour: readonly Step[] = [
  { at: 'crew' },
  { at: 'start' },
  { at: 'ready' },
  { at: 'job' },
  { at: 'near' },
  { at: 'thumb' },
  { at: 'live' },
  { at: 'settings' },
];
