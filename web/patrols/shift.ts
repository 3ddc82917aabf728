/** When a shift may end: the half hours that come, so that nobody types a time and no clock's zone matters. */
import { clock, moment } from '../ui/format.ts';

const HALF_HOUR_MS = 1_800_000;
const SLOTS = 32;
/** A night from now: what most crews work. */
const USUAL = 15;

/** The next 16 hours by half hours as ISO instants, with `also` where it is not one of them. */
export function shiftEnds(now: Date, also: string | null = null): string[] {
  const first = Math.ceil((now.getTime() + 60_000) / HALF_HOUR_MS) * HALF_HOUR_MS;
  const slots = Array.from({ length: SLOTS }, (_, at) => new Date(first + at * HALF_HOUR_MS).toISOString());
  return also === null || slots.includes(also) ? slots : [also, ...slots].sort();
}
export const usualShiftEnd = (now: Date): string => shiftEnds(now)[USUAL] ?? now.toISOString();
/** The clock alone while no other night can be meant. */
export const shiftWords = (at: string, now: Date): string =>
  Math.abs(Date.parse(at) - now.getTime()) < 18 * 2 * HALF_HOUR_MS ? clock(at) : moment(at, now);
