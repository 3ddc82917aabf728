/** The tour of the duty page. */
import type { Step } from '../ui/tour.ts';

export const dutyTour: readonly Step[] = [{ at: 'duty' }, { at: 'shift' }, { at: 'roster' }, { at: 'checks' }];
