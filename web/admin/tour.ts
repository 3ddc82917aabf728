/** The administration's tour. */
import type { Step } from '../ui/tour.ts';

export const adminTour: readonly Step[] = [{ at: 'admin' }, { at: 'parts' }, { at: 'part' }, { at: 'account' }];
