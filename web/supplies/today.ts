/** The day that deliveries are held against, by the station's clock and rule. */
import { ruleOf } from '../ui/boot.ts';
import { today as dateOf } from '../ui/format.ts';
import type { Today } from './expiry.ts';

/** Field default (rule `supplies.expiry_warn`) where a page was not told the own one, in days. */
const USUAL_WARN_DAYS = 14;
const warn = ruleOf('supplies.expiry_warn') ?? USUAL_WARN_DAYS;
export const todayAt = (now: Date): Today => ({ on: dateOf(now), warn });
