/** Between instants and what the clock on the wall of a station shows, right also on the two nights a year when it is changed. */

const DAY_MS = 86_400_000;

/** Making one costs more than asking it a hundred times. */
const formatters = new Map<string, Intl.DateTimeFormat>();
function formatterOf(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formatters.set(zone, made);
  return made;
}

/** Offsets already asked for, by zone and minute: clocks are changed on whole minutes. */
const asked = new Map<string, number>();
const MOST_ASKED = 2_000;

/** Offset of a zone from UTC at an instant, in ms. */
export function offsetAt(zone: string, at: number): number {
  const key = `${zone} ${Math.floor(at / 60_000)}`;
  const known = asked.get(key);
  if (known !== undefined) return known;
  const parts = formatterOf(zone).formatToParts(at);
  const part = (type: string): number => Number(parts.find((found) => found.type === type)?.value);
  const offset =
    Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second')) -
    Math.floor(at / 1000) * 1000;
  if (asked.size >= MOST_ASKED) asked.clear();
  asked.set(key, offset);
  return offset;
}

/** The instant of a local wall time, given as if it were UTC in ms; one skipped in spring falls after the gap, one that comes twice in autumn is taken the first time. */
export function instantOf(zone: string, localMs: number): number {
  const early = localMs - offsetAt(zone, localMs - DAY_MS);
  const late = localMs - offsetAt(zone, localMs + DAY_MS);
  const fits = [early, late].filter((at) => at + offsetAt(zone, at) === localMs);
  return fits.length > 0 ? Math.min(...fits) : Math.max(early, late);
}

/** Midnight of the local day at an instant, as if it were UTC in ms. */
export const localDay = (zone: string, at: number): number => Math.floor((at + offsetAt(zone, at)) / DAY_MS) * DAY_MS;
