/** The plans' tour. */
import type { Step } from '../ui/tour.ts';

export const plansTour: readonly Step[] = [{ at: 'plans' }, { at: 'parts' }, { at: 'part' }, { at: 'live' }];
