/** Times that a tap stamps and a person may correct by the clock on the wall. */

const DAY_MIN = 24 * 60;
const minutesOf = (clock: string): number | null => {
  const [, hours, minutes] = /^(\d\d):(\d\d)$/.exec(clock) ?? [];
  return hours === undefined || minutes === undefined ? null : Number(hours) * 60 + Number(minutes);
};

/**
 * The stamp moved from one time of day to another (both `HH:MM` of the same zone), to the last such time that is not after `now`.
 * Anything else than a time leaves the stamp as it is.
 */
export function correctedStamp(stamp: string, from: string, to: string, now: Date): string {
  const before = minutesOf(from);
  const after = minutesOf(to);
  if (before === null || after === null) return stamp;
  const moved = Date.parse(stamp) + (after - before) * 60_000;
  const daysOff = Math.ceil((moved - now.getTime()) / (DAY_MIN * 60_000));
  return new Date(moved - daysOff * DAY_MIN * 60_000).toISOString();
}
