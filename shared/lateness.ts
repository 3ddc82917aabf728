/** When something happened that a phone tells of afterwards: late arrivals count by when they happened. */

/**
 * The phone's own time, if it is believable: never after `now`, never before `from`, and at most `maxLateH` hours ago
 * (rule reports.max_late); otherwise the time of receipt.
 */
export function happenedAt(claimed: string | undefined, now: Date, maxLateH: number, from = new Date(0)): Date {
  const at = claimed === undefined ? now.getTime() : Date.parse(claimed);
  if (now.getTime() - at > maxLateH * 3_600_000) return now;
  return new Date(Math.min(now.getTime(), Math.max(at, from.getTime())));
}
