/** Between instants and the fields of a form that show the station's own clock. */
import { instantOf, offsetAt } from '../../shared/wall-clock.ts';

const DAY_MS = 86_400_000;

/** `2026-01-15T20:00` on the wall of a zone, as an ISO instant; null when it is no time. */
export function instantOfField(zone: string, text: string): string | null {
  const local = Date.parse(`${text}Z`);
  return Number.isNaN(local) ? null : new Date(instantOf(zone, local)).toISOString();
}

/** What a field of type datetime-local shows for an instant. */
export const fieldOf = (zone: string, at: string | number): string => {
  const instant = new Date(at).getTime();
  return new Date(instant + offsetAt(zone, instant)).toISOString().slice(0, 16);
};

/** The local day of an instant, `YYYY-MM-DD`. */
export const dayOf = (zone: string, at: string | number): string => fieldOf(zone, at).slice(0, 10);

/** So many days later; days are those of the calendar. */
export const daysLater = (day: string, days: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);

/** Monday of the week a day is in. */
export function mondayOf(day: string): string {
  const weekday = new Date(`${day}T00:00:00Z`).getUTCDay() || 7;
  return daysLater(day, 1 - weekday);
}

/** Midnight at the beginning of a local day, as an ISO instant. */
export const startOf = (zone: string, day: string): string => instantOfField(zone, `${day}T00:00`) ?? '';
