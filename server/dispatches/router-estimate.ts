/** Travel times without a router: the straight distance, longer by the detour of real roads, at the speed of the place and hour. */
import type { LonLat } from '../../shared/geo.ts';
import type { Travel, Way } from './router.ts';

/** How fast and how crooked the way to one place is, now. */
export interface Pace {
  /** metres per second, of a vehicle and of a crew on foot */
  mps: number;
  walkMps: number;
  detour: number;
}
/** The rules `eta.*` as they hold at the incident's station. */
export interface PaceRules {
  /** km/h where no row of `speeds` holds */
  speed: number;
  /** km/h of a crew without a vehicle */
  onFoot: number;
  detour: number;
  /** `from` and `to` are hours, `to` not included; a row may go past midnight, and one whose two are equal holds all day */
  speeds: readonly { area: string | null; from: number; to: number; kmh: number }[];
}

/** The hour of day, 0 to 23, on the station's clocks. */
export function hourAt(now: Date, timeZone: string): number {
  return Number(new Intl.DateTimeFormat('en', { hour: '2-digit', hourCycle: 'h23', timeZone }).format(now));
}

const holds = (from: number, to: number, hour: number): boolean =>
  from === to || (from < to ? hour >= from && hour < to : hour >= from || hour < to);

/** A row of the incident's own area goes before one for any area; of each kind the first holds. */
export function paceAt(rules: PaceRules, area: string | null, hour: number): Pace {
  const rows = rules.speeds.filter(({ from, to }) => holds(from, to, hour));
  const row = rows.find((each) => each.area !== null && each.area === area) ?? rows.find((each) => each.area === null);
  return { mps: (row?.kmh ?? rules.speed) / 3.6, walkMps: rules.onFoot / 3.6, detour: rules.detour };
}

const EARTH_M = 6_371_008.8;
const RADIANS = Math.PI / 180;

/** Unit vectors from the Earth's centre, three numbers a place: the chord between two gives their distance without trigonometry. */
function vectors(places: readonly LonLat[]): Float64Array {
  const all = new Float64Array(places.length * 3);
  places.forEach(([lon, lat], n) => {
    const across = Math.cos(lat * RADIANS);
    all.set([across * Math.cos(lon * RADIANS), across * Math.sin(lon * RADIANS), Math.sin(lat * RADIANS)], n * 3);
  });
  return all;
}

/** Great-circle metres times detour, at the pace of each `to`; `walks` says which of `from` have no vehicle. Sound for a million pairs: nothing is made for a pair. */
export function estimateTable(
  from: readonly LonLat[],
  to: readonly LonLat[],
  paces: readonly Pace[],
  walks: readonly boolean[] = [],
): Travel {
  const [here, there] = [vectors(from), vectors(to)];
  const width = to.length;
  const seconds = new Float64Array(from.length * width);
  const metres = new Float64Array(from.length * width);
  for (let y = 0; y < from.length; y += 1) {
    const [ax, ay, az] = [here[y * 3] ?? 0, here[y * 3 + 1] ?? 0, here[y * 3 + 2] ?? 0];
    for (let x = 0; x < width; x += 1) {
      const pace = paces[x];
      if (pace === undefined) throw new Error('a place has no pace');
      const dx = ax - (there[x * 3] ?? 0);
      const dy = ay - (there[x * 3 + 1] ?? 0);
      const dz = az - (there[x * 3 + 2] ?? 0);
      const half = Math.min(1, Math.sqrt(dx * dx + dy * dy + dz * dz) / 2);
      const way = 2 * EARTH_M * Math.asin(half) * pace.detour;
      metres[y * width + x] = way;
      seconds[y * width + x] = way / (walks[y] === true ? pace.walkMps : pace.mps);
    }
  }
  return { seconds, metres };
}

/** A straight line to draw, with the time and length of the estimate. */
export function estimateWay(from: LonLat, to: LonLat, pace: Pace, walks = false): Way {
  const { seconds, metres } = estimateTable([from], [to], [pace], [walks]);
  return { line: [from, to], seconds: seconds[0] ?? 0, metres: metres[0] ?? 0 };
}
