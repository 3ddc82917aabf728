/** The day that deliveries are held against, by the station's clock and rule. */
import { ruleOf } from '../ui/boot.ts';
import { today as dateOf } from '../ui/format.ts';
import type { Today } from './expiry.ts';

/** A page of before the rule was told warns of what has expired alone. */
const warn = ruleOf('supplies.expiry_warn') ?? 0;
export const todayAt = (now: Date): Today => ({ on: dateOf(now), warn });
