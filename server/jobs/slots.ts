import { instantOf, localDay } from '../../shared/wall-clock.ts';

/** When a timed job is due: on fixed minutes of the clock, or at a local time of day. */
export type Schedule = { everyMinutes: number } | { dailyAt: `${number}:${number}` };

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Every slot with from < slot <= to, oldest first; each local day has exactly one slot of a daily job, also across daylight-saving changes. */
export function dueSlots(schedule: Schedule, zone: string, from: Date, to: Date): Date[] {
  const slots: Date[] = [];
  if ('everyMinutes' in schedule) {
    const step = schedule.everyMinutes * MINUTE_MS;
    for (let at = Math.floor(from.getTime() / step) * step + step; at <= to.getTime(); at += step)
      slots.push(new Date(at));
    return slots;
  }
  const [hour = 0, minute = 0] = schedule.dailyAt.split(':').map(Number);
  for (let day = localDay(zone, from.getTime()) - DAY_MS; day <= localDay(zone, to.getTime()) + DAY_MS; day += DAY_MS) {
    const at = instantOf(zone, day + hour * 3_600_000 + minute * MINUTE_MS);
    if (at > from.getTime() && at <= to.getTime()) slots.push(new Date(at));
  }
  return slots;
}
