/** Coordinates in every form in which people paste them: numbers, degrees, links and messages of map apps, plus codes. */
import { convert, type Crs, distanceM, type LonLat, type Point } from './geo.ts';
import { readLink } from './map-links.ts';
import { readPlusCode } from './plus-codes.ts';

/** Coordinates as they were written. */
export interface Pasted {
  position: LonLat;
  crs: Crs | 'unknown';
  /** metres that the digits leave open */
  accuracyM: number;
  /** they can only be meant the other way round than they stand, or than their source writes them */
  swapped: boolean;
}
/** One reading of them on our map. */
export interface PastedPlace {
  /** WGS 84 */
  position: Point;
  /** metres within which the place meant is in 9 of 10 cases, a wrong guess of the system included */
  accuracyM: number;
  notes: ('swapped' | 'gcj02' | 'bd09' | 'maybe_gcj02')[];
}

/** Nobody points more exactly at a map, in metres. */
const FINGER_M = 10;
/** One degree of latitude in metres. */
const DEGREE_M = 111_320;

const valid = ([lon, lat]: LonLat): boolean => Math.abs(lat) <= 90 && Math.abs(lon) <= 180;
/** Longitudes and latitudes of China do not overlap, so that the order shows itself. */
const couldBeChina = ([lon, lat]: LonLat): boolean => lon >= 73 && lon <= 135.1 && lat >= 3 && lat <= 53.6;

/** [south, west, north, east] of China in rough boxes, and of neighbours that lie in them: only there maps are shifted. */
const CHINA = [
  [42.9, 79.4, 49.3, 96.4],
  [39.3, 109.6, 54.2, 135.1],
  [29.5, 73.1, 42.9, 124.2],
  [26.7, 82.9, 29.6, 97.1],
  [20.4, 97, 29.6, 124.4],
  [17.8, 107.9, 20.5, 111.8],
] as const;
const NOT_CHINA = [
  [21.7, 119.9, 25.4, 122.5],
  [20, 101.8, 22.3, 106.7],
  [20.4, 106.4, 21.6, 108.1],
  [50.3, 109, 55.9, 119.2],
  [49.5, 127.4, 55.9, 137.1],
  [42.5, 131.2, 44.9, 137.1],
] as const;
const within =
  ([lon, lat]: LonLat) =>
  ([south, west, north, east]: readonly [number, number, number, number]): boolean =>
    lat >= south && lat <= north && lon >= west && lon <= east;
/** Whether maps made in China shift what is here. */
export const inChina = (position: LonLat): boolean => CHINA.some(within(position)) && !NOT_CHINA.some(within(position));

/** The pair in the order that is said, or the other one where only that can be meant; null where neither can. */
function ordered(said: LonLat, sure: boolean): Pick<Pasted, 'position' | 'swapped'> | null {
  const turned: LonLat = [said[1], said[0]];
  const better = !sure && couldBeChina(turned) && !couldBeChina(said);
  if (valid(said) && !better) return { position: said, swapped: false };
  return valid(turned) ? { position: turned, swapped: true } : null;
}

const decimalsOf = (written: string): number => /\.(\d+)/.exec(written)?.[1]?.length ?? 0;
/** Metres of one unit of the last digit, of a number counted in `parts` to the degree. */
const unitM = (written: string, parts: number): number => (DEGREE_M * 10 ** -decimalsOf(written)) / parts;

// ---- words

const SYSTEMS: readonly (readonly [RegExp, Crs])[] = [
  [/百度|baidu|bd-?09/i, 'bd09'],
  [/高德|腾讯|微信|火星|国测局|amap|gaode|tencent|wechat|weixin|gcj-?(?:02)?/i, 'gcj02'],
  [/天地图|北斗|wgs-?(?:84)?|\bgps\b|cgcs|tianditu/i, 'wgs84'],
];
const systemIn = (text: string): Crs | null => SYSTEMS.find(([word]) => word.test(text))?.[1] ?? null;

/** Half width, and one sign for each mark; a decomposed ″ would be two ′ after NFKC. */
const marked = (text: string): string =>
  text
    .replaceAll(/[º˚˙]/g, '°')
    .replaceAll(/(\d\s*)度/g, '$1°')
    .replaceAll(/[″“”〃ʺ]|''|′′|’’|‘‘/g, '"')
    .replaceAll(/(\d\s*)秒/g, '$1"')
    .replaceAll(/[′’‘´`ʹ]/g, "'")
    .replaceAll(/(\d\s*)分(?!钟)/g, "$1'")
    .replaceAll(/[−–—﹣－]/g, '-')
    .normalize('NFKC');

function decoded(text: string): string {
  let known = text;
  // a link within a link is encoded twice
  for (let n = 0; n < 2 && /%[0-9a-f]{2}/i.test(known); n += 1)
    try {
      known = decodeURIComponent(known);
    } catch {
      known = known.replaceAll(/%2c/gi, ',').replaceAll(/%3a/gi, ':').replaceAll(/%20/g, ' ');
    }
  return known;
}

// ---- angles

interface Angle {
  value: number;
  axis: 'lon' | 'lat' | null;
  /** metres of one unit of its last digit */
  unitM: number;
  /** written so that it can hardly be anything but an angle */
  plain: boolean;
  decimals: number;
  from: number;
  to: number;
}

const SIDE = String.raw`[北南]纬|[东西]经|纬度?|经度?|latitude|longitude|lat|long?|lng|[NSEW](?![a-z])`;
const DEGREES = [
  // 34°15'40.5", 34°15.67'
  String.raw`(?<d>\d{1,3})\s*°\s*(?<m>\d{1,2}(?:\.\d+)?)\s*(?:'|(?=\s|$|[,NSEW]))\s*(?:(?<s>\d{1,2}(?:\.\d+)?)\s*(?:"|(?=\s|$|[,NSEW])))?`,
  String.raw`(?<degrees>\d{1,3}(?:\.\d+)?)\s*°`,
  // 34:15:40.5
  String.raw`(?<d2>\d{1,3}):(?<m2>\d{1,2}):(?<s2>\d{1,2}(?:\.\d+)?)`,
  // 34 15 40.5 N
  String.raw`(?<d3>\d{1,3})\s+(?<m3>\d{1,2}(?:\.\d+)?)(?:\s+(?<s3>\d{1,2}(?:\.\d+)?))?(?=\s*[NSEW](?![a-z]))`,
  String.raw`(?<plain>\d{1,3}(?:\.\d+)?)(?![\d.])`,
].join('|');
const ANGLE = new RegExp(
  String.raw`(?:(?<before>${SIDE})["']?\s*[:=为是]?\s*)?(?<sign>[-+])?(?:${DEGREES})(?:\s*(?<after>[NSEW])(?![a-z]))?`,
  'giu',
);
const LETTER = /^[NSEW]$/i;
const axisOf = (side: string): 'lon' | 'lat' => (/^(?:[北南]?纬|lat|[ns]$)/i.test(side) ? 'lat' : 'lon');
const negative = (side: string): boolean => /^(?:[南西]|[sw]$)/i.test(side);

function angleOf(found: RegExpExecArray): Angle | null {
  const group = found.groups ?? {};
  const { before, sign } = group;
  // "N34.26 E108.94": the letter behind belongs to the next number
  const after = before !== undefined && LETTER.test(before) ? undefined : group['after'];
  const [d, m, s] = [
    group['d'] ?? group['d2'] ?? group['d3'] ?? group['degrees'] ?? group['plain'] ?? '',
    group['m'] ?? group['m2'] ?? group['m3'],
    group['s'] ?? group['s2'] ?? group['s3'],
  ];
  if (Number(m ?? 0) >= 60 || Number(s ?? 0) >= 60) return null;
  const size = Number(d) + Number(m ?? 0) / 60 + Number(s ?? 0) / 3600;
  const side = after ?? before;
  const minus = (sign === '-') !== (side !== undefined && negative(side));
  return {
    value: minus ? -size : size,
    axis: side === undefined ? null : axisOf(side),
    unitM: s !== undefined ? unitM(s, 3600) : m !== undefined ? unitM(m, 60) : unitM(d, 1),
    plain: side === undefined && group['plain'] !== undefined,
    decimals: m === undefined ? decimalsOf(d) : 4,
    from: found.index,
    to: found.index + found[0].length - (after === undefined && group['after'] !== undefined ? 1 : 0),
  };
}

function anglesIn(text: string): Angle[] {
  const angles: Angle[] = [];
  const find = new RegExp(ANGLE);
  for (let found = find.exec(text); found; found = find.exec(text)) {
    const touches = found.index !== angles.at(-1)?.to && /[\w.]/.test(text[found.index - 1] ?? ' ');
    const angle = touches ? null : angleOf(found);
    if (angle) angles.push(angle);
    // inside a word or a longer number: one letter on
    find.lastIndex = angle?.to ?? found.index + 1;
  }
  return angles;
}

/** What may stand between the two numbers of a pair. */
const BETWEEN = /^[\s,;、|/&~()[\]{}"'和及]{0,12}$/;
/** Two bare numbers among words are a pair only when they are this exact; alone, one digit after the point will do. */
const BARE_DECIMALS = 3;

function pairOf(text: string, a: Angle, b: Angle): Omit<Pasted, 'crs'> | null {
  if (!BETWEEN.test(text.slice(a.to, b.from)) || (a.axis !== null && a.axis === b.axis)) return null;
  if (a.plain || b.plain) {
    const around = text.slice(0, a.from) + text.slice(b.to);
    const least = /^[\s()[\]{}.。;,°]*$/.test(around) ? 1 : BARE_DECIMALS;
    if (Math.min(a.decimals, b.decimals) < Math.min(least, 1) || Math.max(a.decimals, b.decimals) < least) return null;
  }
  const axis = a.axis ?? (b.axis === 'lat' ? 'lon' : b.axis === 'lon' ? 'lat' : null);
  const geojson = axis === null && /coordinates"?\s*:\s*\[\s*$/.test(text.slice(0, a.from));
  const said: LonLat = axis === 'lon' || geojson ? [a.value, b.value] : [b.value, a.value];
  const read = ordered(said, axis !== null);
  return read && { ...read, accuracyM: Math.max(FINGER_M, Math.min(a.unitM, b.unitM)) };
}

function pairsIn(text: string): Omit<Pasted, 'crs'>[] {
  const angles = anglesIn(text);
  const pairs: Omit<Pasted, 'crs'>[] = [];
  for (let n = 0; n + 1 < angles.length; n += 1) {
    const [a, b] = [angles[n], angles[n + 1]];
    const pair = a && b ? pairOf(text, a, b) : null;
    if (!pair) continue;
    pairs.push(pair);
    n += 1;
  }
  return pairs;
}

// ---- all of it

/** Coordinates in a text, each as it was written; none where there are none, or only a short link. */
export function readPasted(text: string): Pasted[] {
  const plain = decoded(text).trim();
  const link = readLink(plain);
  if (link) {
    const [first, second] = [Number(link.first), Number(link.second)];
    // the makers of maps of China are handed either order; others write their links themselves
    const sure = link.crs !== 'gcj02' && link.crs !== 'bd09';
    const read = ordered(link.order === 'lonlat' ? [first, second] : [second, first], sure);
    const digits = DEGREE_M * 10 ** -Math.max(decimalsOf(link.first), decimalsOf(link.second));
    if (read) return [{ ...read, crs: link.crs ?? 'unknown', accuracyM: Math.max(FINGER_M, digits) + link.aroundM }];
  }
  const plus = readPlusCode(plain);
  if (plus) return [{ ...plus, crs: 'wgs84', accuracyM: Math.max(FINGER_M, plus.accuracyM), swapped: false }];
  const crs = systemIn(plain) ?? 'unknown';
  const seen = new Set<string>();
  return pairsIn(marked(plain)).flatMap((pair) => {
    const key = pair.position.join();
    if (seen.has(key)) return [];
    seen.add(key);
    return [{ ...pair, crs }];
  });
}

/** The same on our map: a pair in China whose system nobody said is read as WGS 84 and as GCJ-02. */
export function pastedPlaces(text: string): PastedPlace[] {
  return readPasted(text).flatMap(({ position, crs, accuracyM, swapped }): PastedPlace[] => {
    const as = (from: Crs, more: PastedPlace['notes'], openM: number): PastedPlace => ({
      position: { type: 'Point', coordinates: convert(position, from, 'wgs84') },
      accuracyM: Math.ceil(accuracyM + openM),
      notes: [...(swapped ? (['swapped'] as const) : []), ...more],
    });
    if (!inChina(position)) return [as('wgs84', [], 0)];
    if (crs === 'wgs84') return [as('wgs84', [], 0)];
    if (crs !== 'unknown') return [as(crs, [crs], 0)];
    // until somebody says which, either may be the other
    const apart = distanceM(position, convert(position, 'gcj02', 'wgs84'));
    return [as('wgs84', [], apart), as('gcj02', ['maybe_gcj02'], apart)];
  });
}
