/** Main streets of Xi'an as the grid they are, and how one gets from place to place on them. Positions are good to about 100 m. */
import { distanceM, type LonLat } from '../../../shared/geo.ts';
import type { Chance } from '../random.ts';

/** A straight street along a meridian (`lon`) or a parallel (`lat`), and where it begins and ends on the other axis. */
interface Street {
  name: string;
  axis: 'lon' | 'lat';
  at: number;
  from: number;
  to: number;
  kmh: number;
}
const RING = 42;
const ROAD = 33;
const WALLED = 25;

const northSouth = (name: string, at: number, from: number, to: number, kmh: number): Street => ({
  name,
  axis: 'lon',
  at,
  from,
  to,
  kmh,
});
const westEast = (name: string, at: number, from: number, to: number, kmh: number): Street => ({
  name,
  axis: 'lat',
  at,
  from,
  to,
  kmh,
});

export const streets: readonly Street[] = [
  northSouth('西三环', 108.8545, 34.187, 34.352, RING),
  northSouth('唐延路', 108.8865, 34.187, 34.2335, ROAD),
  northSouth('西二环', 108.8985, 34.2335, 34.312, RING),
  northSouth('太白路、环城西路、朱宏路', 108.9175, 34.187, 34.352, ROAD),
  northSouth('朱雀大街', 108.9372, 34.187, 34.2485, ROAD),
  northSouth('长安路', 108.9425, 34.1585, 34.2485, ROAD),
  northSouth('南大街、北大街', 108.9425, 34.2485, 34.2765, WALLED),
  northSouth('未央路', 108.9425, 34.2765, 34.376, ROAD),
  northSouth('文艺路、柏树林', 108.9512, 34.2335, 34.2605, WALLED),
  northSouth('雁塔路', 108.9615, 34.2025, 34.2485, ROAD),
  northSouth('和平路、解放路', 108.9615, 34.2485, 34.2765, WALLED),
  northSouth('太华路', 108.9615, 34.2765, 34.352, ROAD),
  northSouth('环城东路', 108.9695, 34.2425, 34.2765, ROAD),
  northSouth('东二环', 108.9925, 34.2225, 34.312, RING),
  northSouth('幸福路', 109.0085, 34.2335, 34.312, ROAD),
  northSouth('东三环', 109.0335, 34.187, 34.352, RING),
  northSouth('纺织城正街', 109.0605, 34.2605, 34.2735, ROAD),
  westEast('南三环', 34.187, 108.8545, 109.0335, RING),
  westEast('丈八路、雁南路', 34.2025, 108.8545, 108.9615, ROAD),
  westEast('科技路、小寨路', 34.2225, 108.8865, 108.9925, ROAD),
  westEast('南二环', 34.2335, 108.8865, 109.0335, RING),
  westEast('友谊路', 34.2425, 108.8985, 108.9925, ROAD),
  westEast('环城南路', 34.2485, 108.9175, 108.9695, ROAD),
  westEast('丰镐路', 34.2605, 108.8545, 108.9175, ROAD),
  westEast('西大街、东大街', 34.2605, 108.9175, 108.9695, WALLED),
  westEast('长缨路、咸宁路', 34.2605, 108.9695, 109.0605, ROAD),
  westEast('大庆路', 34.2695, 108.8545, 108.9175, ROAD),
  westEast('莲湖路、西五路', 34.2695, 108.9175, 108.9695, WALLED),
  westEast('长乐路', 34.2695, 108.9695, 109.0605, ROAD),
  westEast('环城北路', 34.2765, 108.9175, 108.9925, ROAD),
  westEast('大兴路、龙首路', 34.2925, 108.8985, 108.9925, ROAD),
  westEast('北二环', 34.312, 108.8545, 109.0335, RING),
  westEast('凤城五路', 34.3345, 108.9175, 108.9615, ROAD),
  westEast('北三环', 34.352, 108.8545, 109.0335, RING),
  westEast('北客站南广场', 34.376, 108.928, 108.9425, ROAD),
];

interface Edge {
  to: number;
  metres: number;
  kmh: number;
}
interface Crossing {
  place: LonLat;
  edges: Edge[];
}

const along = (street: Street, value: number): LonLat =>
  street.axis === 'lon' ? [street.at, value] : [value, street.at];
const covers = (street: Street, value: number): boolean => value >= street.from && value <= street.to;

/** Where a street meets others, in its direction, its own ends included. */
const stopsOf = (street: Street): number[] =>
  [
    ...new Set([
      street.from,
      street.to,
      ...streets
        .filter((other) => other.axis !== street.axis && covers(street, other.at) && covers(other, street.at))
        .map((other) => other.at),
    ]),
  ].sort((a, b) => a - b);

const crossings: Crossing[] = [];
const crossingAt = new Map<string, number>();
function crossingOf(place: LonLat): number {
  const key = place.join();
  const known = crossingAt.get(key);
  if (known !== undefined) return known;
  crossingAt.set(key, crossings.length);
  return crossings.push({ place, edges: [] }) - 1;
}
const stops = new Map(streets.map((street) => [street, stopsOf(street)]));
for (const [street, values] of stops) {
  values.forEach((value, n) => {
    const next = values[n + 1];
    if (next === undefined) return;
    const ends = [along(street, value), along(street, next)] as const;
    const [a, b] = [crossingOf(ends[0]), crossingOf(ends[1])];
    const metres = distanceM(...ends);
    crossings[a]?.edges.push({ to: b, metres, kmh: street.kmh });
    crossings[b]?.edges.push({ to: a, metres, kmh: street.kmh });
  });
}

/** The nearest point of any street, and the crossings to both sides of it. */
interface Kerb {
  place: LonLat;
  metres: number;
  street: Street;
  ends: readonly [number, number];
}

export function kerbOf([lon, lat]: LonLat): Kerb {
  let best: Kerb | null = null;
  for (const street of streets) {
    const value = Math.min(street.to, Math.max(street.from, street.axis === 'lon' ? lat : lon));
    const place = along(street, value);
    const metres = distanceM([lon, lat], place);
    if (best !== null && best.metres <= metres) continue;
    const values = stops.get(street) ?? [];
    const above = Math.max(
      1,
      values.findIndex((stop) => stop >= value),
    );
    const ends = [values[above - 1] ?? street.from, values[above] ?? street.to].map((stop) =>
      crossingOf(along(street, stop)),
    );
    best = { place, metres, street, ends: [ends[0] ?? 0, ends[1] ?? 0] };
  }
  if (best === null) throw new Error('a city without streets');
  return best;
}

/** One straight piece of a way. */
export interface Leg {
  from: LonLat;
  to: LonLat;
  kmh: number;
}
/** Yards, lanes and pavements between the street and the place itself. */
const LANE_KMH = 12;

interface Reached {
  hours: number;
  /** the crossing before; -1 at the start */
  before: number;
  kmh: number;
}

/** Quickest way between two kerbs over crossings (Dijkstra; some eighty crossings need no heap). */
function overCrossings(start: Kerb, goal: Kerb): Leg[] {
  const reached = new Map<number, Reached>();
  const open = new Set<number>();
  const hoursTo = (a: LonLat, b: LonLat, kmh: number): number => distanceM(a, b) / 1000 / kmh;
  const placeOf = (n: number): LonLat => crossings[n]?.place ?? start.place;
  for (const end of start.ends) {
    reached.set(end, {
      hours: hoursTo(start.place, placeOf(end), start.street.kmh),
      before: -1,
      kmh: start.street.kmh,
    });
    open.add(end);
  }
  while (open.size > 0) {
    const here = [...open].reduce((a, b) => ((reached.get(a)?.hours ?? 0) <= (reached.get(b)?.hours ?? 0) ? a : b));
    open.delete(here);
    for (const { to, metres, kmh } of crossings[here]?.edges ?? []) {
      const hours = (reached.get(here)?.hours ?? 0) + metres / 1000 / kmh;
      if ((reached.get(to)?.hours ?? Infinity) <= hours) continue;
      reached.set(to, { hours, before: here, kmh });
      open.add(to);
    }
  }
  const total = (end: number): number =>
    (reached.get(end)?.hours ?? Infinity) + hoursTo(placeOf(end), goal.place, goal.street.kmh);
  let at = total(goal.ends[0]) <= total(goal.ends[1]) ? goal.ends[0] : goal.ends[1];
  const legs: Leg[] = [{ from: placeOf(at), to: goal.place, kmh: goal.street.kmh }];
  for (let step = reached.get(at); step; step = reached.get(at)) {
    legs.unshift({ from: step.before === -1 ? start.place : placeOf(step.before), to: placeOf(at), kmh: step.kmh });
    if (step.before === -1) break;
    at = step.before;
  }
  return legs;
}

/** The way from one place to another: to the nearest street, along streets, and off it again. */
export function wayTo(from: LonLat, to: LonLat): Leg[] {
  const [start, goal] = [kerbOf(from), kerbOf(to)];
  const straight = { from: start.place, to: goal.place, kmh: start.street.kmh };
  const same = start.street === goal.street && start.ends.join() === goal.ends.join();
  return [
    { from, to: start.place, kmh: LANE_KMH },
    ...(same ? [straight] : overCrossings(start, goal)),
    { from: goal.place, to, kmh: LANE_KMH },
  ].filter((leg) => distanceM(leg.from, leg.to) > 1);
}

/** Where somebody is some seconds later. */
export interface Step {
  seconds: number;
  place: LonLat;
  /** as the speedometer says, in m/s */
  mps: number;
  /** degrees from north */
  heading: number;
}

function headingOf({ from, to }: Leg): number {
  const east = (to[0] - from[0]) * Math.cos((from[1] * Math.PI) / 180);
  return (Math.round((Math.atan2(east, to[1] - from[1]) * 180) / Math.PI) + 360) % 360;
}

export interface Pace {
  /** seconds between two steps */
  every: number;
  /** nobody goes faster, km/h */
  most: number;
  onFoot: boolean;
}

/** A way step by step, each leg at its own speed, with red lights; the last step is the place itself. */
export function* travel(legs: readonly Leg[], { every, most, onFoot }: Pace, chance: Chance): Generator<Step> {
  /** seconds of this step that are over already */
  let used = 0;
  for (const [n, leg] of legs.entries()) {
    const mps = Math.min(most, onFoot ? chance.whole(40, 50) / 10 : leg.kmh * (chance.whole(85, 108) / 100)) / 3.6;
    const metres = distanceM(leg.from, leg.to);
    const heading = headingOf(leg);
    const at = (gone: number): LonLat => [
      leg.from[0] + (leg.to[0] - leg.from[0]) * (gone / metres),
      leg.from[1] + (leg.to[1] - leg.from[1]) * (gone / metres),
    ];
    let gone = 0;
    while (metres - gone > mps * (every - used)) {
      gone += mps * (every - used);
      used = 0;
      yield { seconds: every, place: at(gone), mps, heading };
    }
    used += (metres - gone) / mps;
    const light = n < legs.length - 1 && !onFoot && chance.happens(0.3) ? chance.whole(8, 45) : 0;
    if (light === 0) continue;
    yield { seconds: used + light, place: leg.to, mps: 0, heading };
    used = 0;
  }
  const last = legs.at(-1);
  if (last) yield { seconds: used, place: last.to, mps: 0, heading: headingOf(last) };
}
