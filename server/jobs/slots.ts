/** When a timed job is due: on fixed minutes of the clock, or at a local time of day. */
export type Schedule = { everyMinutes: number } | { dailyAt: `${number}:${number}` };

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Offset of a zone from UTC at an instant, in ms. */
function offsetAt(zone: string, at: number): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(at);
  const part = (type: string): number => Number(parts.find((found) => found.type === type)?.value);
  return (
    Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second')) -
    Math.floor(at / 1000) * 1000
  );
}

/** The instant of a local wall time; one skipped in spring falls after the gap, one that comes twice in autumn is taken the first time. */
function instantOf(zone: string, localMs: number): number {
  const early = localMs - offsetAt(zone, localMs - DAY_MS);
  const late = localMs - offsetAt(zone, localMs + DAY_MS);
  const fits = [early, late].filter((at) => at + offsetAt(zone, at) === localMs);
  return fits.length > 0 ? Math.min(...fits) : Math.max(early, late);
}

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
  const startOfDay = (at: number): number => Math.floor((at + offsetAt(zone, at)) / DAY_MS) * DAY_MS;
  for (let day = startOfDay(from.getTime()) - DAY_MS; day <= startOfDay(to.getTime()) + DAY_MS; day += DAY_MS) {
    const at = instantOf(zone, day + hour * 3_600_000 + minute * MINUTE_MS);
    if (at > from.getTime() && at <= to.getTime()) slots.push(new Date(at));
  }
  return slots;
}
