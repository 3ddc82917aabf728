/** Links that map services share: where in each the place stands, in which order, and in which coordinate system. */
import gcoord from 'gcoord';
import type { Crs, LonLat } from './geo.ts';

/** A pair of numbers as it was written. */
interface WrittenPair {
  first: string;
  second: string;
  /** which of them the source says first */
  order: 'lonlat' | 'latlon';
  /** null: the source does not say */
  crs: Crs | null;
  /** metres that come on top, because it is the middle of a picture and nobody's pin */
  aroundM: number;
}

const NUMBER = String.raw`[-+]?\d{1,3}(?:\.\d+)?`;
const A = `(?<a>${NUMBER})`;
const B = `(?<b>${NUMBER})`;
const PAIR = String.raw`${A}\s*(?:,|~|\+|\s|_)\s*${B}`;
const WORDY = String.raw`(?:loc:|latlng:|name:[^,&|]*[,|]|coord:|point\.)?`;
/** `key=first,second`, the keys in the order in which they are believed. */
const keyed = (keys: string): RegExp => new RegExp(String.raw`[?&#;!/:](?:${keys})[=:]${WORDY}${PAIR}`, 'i');

interface Pattern {
  find: RegExp;
  order: WrittenPair['order'];
  /** the middle of a picture: a third group, if any, is its zoom, or with an m its height in metres */
  middle?: true;
}
interface MapService {
  /** the host, or the scheme of its app */
  host: RegExp;
  /** null: it depends on the map that was looked at */
  crs: Crs | null;
  patterns: readonly Pattern[];
  /** parameters that say another system */
  unless?: readonly (readonly [RegExp, Crs])[];
}

const latlon = (find: RegExp): Pattern => ({ find, order: 'latlon' });
const lonlat = (find: RegExp): Pattern => ({ find, order: 'lonlat' });
/** Two keys of their own; services name them much alike. */
const named = [
  latlon(
    new RegExp(
      String.raw`[?&;#](?:[dm]|dest)?lat(?:itude)?=${A}\b.*?[?&;](?:[dm]|dest)?(?:lon|lng|long|longitude)=${B}`,
      'i',
    ),
  ),
  lonlat(
    new RegExp(
      String.raw`[?&;#](?:[dm]|dest)?(?:lon|lng|long|longitude)=${A}\b.*?[?&;](?:[dm]|dest)?lat(?:itude)?=${B}`,
      'i',
    ),
  ),
];

/** In the order in which hosts are looked for. Sources: the URI documents of each service, as of 2025. */
const services: readonly MapService[] = [
  {
    host: /\b(?:amap|gaode|autonavi)\.com\b|\b(?:android|ios)?amap(?:uri)?:\/\//i,
    crs: 'gcj02',
    patterns: [
      lonlat(keyed('position|dest|destination|to|lnglat|location|poi')),
      latlon(keyed('q')),
      latlon(new RegExp(String.raw`[?&]p=[^,&]*,${PAIR}`, 'i')),
      ...named,
      { ...lonlat(keyed('center')), middle: true },
      lonlat(keyed('from')),
    ],
    unless: [
      [/[?&]coordinate=wgs84\b/i, 'wgs84'],
      [/[?&]dev=1\b/i, 'wgs84'],
    ],
  },
  {
    host: /\bmap\.(?:wap\.)?qq\.com\b|\bqqmap:\/\/|<location\b|\bmap\.weixin\b/i,
    crs: 'gcj02',
    patterns: [
      latlon(keyed('coord|tocoord|marker|markers|location|latlng')),
      lonlat(new RegExp(String.raw`[?&]pointx=${A}.*?[?&]pointy=${B}`, 'i')),
      latlon(new RegExp(String.raw`<location\b[^>]*?\bx="${A}"[^>]*?\by="${B}"`, 'i')),
      ...named,
      { ...latlon(keyed('center')), middle: true },
      latlon(keyed('fromcoord')),
    ],
    unless: [[/[?&]coord_type=1\b/i, 'wgs84']],
  },
  {
    host: /\bmap\.baidu\.com\b|\bb(?:ai)?d(?:u)?map:\/\//i,
    crs: 'bd09',
    patterns: [
      latlon(keyed('location|latlng|destination|marker|markers')),
      ...named,
      { ...lonlat(keyed('center')), middle: true },
    ],
    unless: [
      [/[?&]coord_?type=(?:wgs84(?:ll)?|gps)\b/i, 'wgs84'],
      [/[?&]coord_?type=gcj02(?:ll)?\b/i, 'gcj02'],
    ],
  },
  { host: /\btianditu\.gov\.cn\b/i, crs: 'wgs84', patterns: [...named, { ...lonlat(keyed('center')), middle: true }] },
  {
    host: /\b(?:openstreetmap|osm)\.org\b/i,
    crs: 'wgs84',
    patterns: [
      ...named,
      { find: new RegExp(String.raw`#map=(?<zoom>\d+(?:\.\d+)?)/${A}/${B}`, 'i'), order: 'latlon', middle: true },
    ],
  },
  {
    // in China its roads are drawn in GCJ-02 and its pictures from above in WGS 84
    host: /\bgoogle\.[a-z.]{2,6}\b|\bcomgooglemaps:\/\/|\bgoogle\.navigation\b/i,
    crs: null,
    patterns: [
      latlon(new RegExp(String.raw`!3d${A}!4d${B}`)),
      latlon(keyed('q|query|destination|daddr|ll|markers')),
      latlon(new RegExp(String.raw`/maps/(?:place|search|dir/[^@]*?)/?${PAIR}`, 'i')),
      {
        find: new RegExp(String.raw`@${PAIR},(?<zoom>\d+(?:\.\d+)?[zm])`, 'i'),
        order: 'latlon',
        middle: true,
      },
      { ...latlon(new RegExp(`@${PAIR}`)), middle: true },
      { ...latlon(keyed('center|viewpoint')), middle: true },
    ],
    unless: [[/\bgoogle\.cn\b/i, 'gcj02']],
  },
  {
    // its map of China comes from a Chinese maker, that of other countries does not
    host: /\bmaps\.apple(?:\.com)?\b|\bmaps:\/\//i,
    crs: null,
    patterns: [latlon(keyed('coordinate|ll|q|daddr|address')), { ...latlon(keyed('center|sll')), middle: true }],
  },
  {
    host: /\bbing\.com\/maps\b/i,
    crs: null,
    patterns: [latlon(keyed('sp')), { ...latlon(keyed('cp')), middle: true }],
  },
];

/** Metres from the middle of a picture within which what was looked at most likely is, when its zoom is not known. */
const MIDDLE_M = 250;
/** Half of a phone's screen in pixels of 1/256 tile. */
const HALF_SCREEN = 200;
/** Metres of such a pixel on the equator at zoom 0. */
const PIXEL_M = 156_543;

function aroundOf(zoom: string | undefined, lat: number): number {
  if (zoom === undefined) return MIDDLE_M;
  const size = parseFloat(zoom);
  if (zoom.endsWith('m')) return size / 2;
  return (HALF_SCREEN * PIXEL_M * Math.cos((lat * Math.PI) / 180)) / 2 ** Math.min(size, 22);
}

/** Baidu's pages show metres of its own projection. */
function readBaiduMetres(text: string): WrittenPair | null {
  const found = /map\.baidu\.com\/.*?@(\d{6,8}(?:\.\d+)?),(\d{6,8}(?:\.\d+)?)/i.exec(text);
  if (!found) return null;
  const [lon, lat] = gcoord.transform<LonLat>([Number(found[1]), Number(found[2])], gcoord.BD09MC, gcoord.BD09);
  return { first: lon.toFixed(6), second: lat.toFixed(6), order: 'lonlat', crs: 'bd09', aroundM: MIDDLE_M };
}

/** RFC 5870: `geo:lat,lon;u=35`; Android's `geo:0,0?q=lat,lon(label)`. */
function readGeoUri(text: string): WrittenPair | null {
  const found = new RegExp(
    String.raw`\bgeo:(?:0(?:\.0+)?,0(?:\.0+)?\?q=)?${A},${B}(?:[^\s]*?;u=(?<u>\d+(?:\.\d+)?))?`,
    'i',
  ).exec(text);
  if (!found) return null;
  const { a: first = '', b: second = '', u = '0' } = found.groups ?? {};
  return { first, second, order: 'latlon', crs: 'wgs84', aroundM: Number(u) };
}

/** The place in a map link or a message of a map app; null when there is none. `text` is decoded already. */
export function readLink(text: string): WrittenPair | null {
  const geo = readGeoUri(text) ?? readBaiduMetres(text);
  if (geo) return geo;
  const service = services.find(({ host }) => host.test(text));
  if (!service) return null;
  const crs = service.unless?.find(([sign]) => sign.test(text))?.[1] ?? service.crs;
  for (const { find, order, middle } of service.patterns) {
    const groups = find.exec(text)?.groups;
    if (!groups) continue;
    const { a: first = '', b: second = '', zoom } = groups;
    const lat = Number(order === 'latlon' ? first : second);
    return { first, second, order, crs, aroundM: middle ? aroundOf(zoom, lat) : 0 };
  }
  return null;
}

/** Links that say nothing themselves: only their service knows where they lead, and this one opens no pages of others. */
const SHORT =
  /(?:\b(?:surl|u)\.amap\.com|\bj\.map\.baidu\.com|\bmaps\.app\.goo\.gl|\bgoo\.gl\/maps|\bmap\.qq\.com\/m\/s|\burl\.cn|\bdpurl\.cn|\bosm\.org\/go|\bmaps\.apple(?:\.com)?\/p|\bbinged\.it|\bt\.cn)\/\S+/i;
/** Whether a text holds such a link. */
export const hasShortLink = (text: string): boolean => SHORT.test(text);
/** A text without its links. */
export const withoutLinks = (text: string): string =>
  text.replaceAll(/(?:https?:\/\/|\bwww\.)[^\s，。；]+/gi, ' ').replace(SHORT, ' ');
