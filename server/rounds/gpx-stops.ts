/** Reads the stops of a round out of a GPX file, 1.1 or 1.0 (topografix.com). The file is a stranger's: whatever is wrong with it is a 422 that says where. */
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { distanceM, type LonLat, type Point, point, pointSchema, round6 } from '../../shared/geo.ts';
import { fieldErrors, fieldProblem, type Problem } from '../../shared/problems.ts';

export interface GpxStops {
  name: string | null;
  stops: { name: string; position: Point }[];
  dropped: number;
}

const MOST_STOPS = 200;
const MOST_NAME = 200;
/** A track point lies five deep; what extensions nest below it is nobody's round. */
const MOST_NESTED = 30;
const LISTS = new Set(['wpt', 'rte', 'rtept', 'trk', 'trkseg', 'trkpt']);
const UTF8_NAMES = /^(utf-?8|us-ascii)$/i;

const refuse = (code: string, message: string, path = ''): Problem => fieldProblem(path, code, message);

function decode(bytes: Buffer): string {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw refuse('encoding', 'the file is not in UTF-8');
  }
  const declared = /^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([^"']{1,40})["']/.exec(text)?.[1];
  if (declared !== undefined && !UTF8_NAMES.test(declared)) throw refuse('encoding', 'the file is not in UTF-8');
  return text;
}

type Node = Readonly<Record<string, unknown>>;
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  removeNSPrefix: true,
  parseTagValue: false,
  parseAttributeValue: false,
  // there is no DOCTYPE, so that only characters by number and the five of XML are left: plain() knows them
  processEntities: false,
  maxNestedTags: MOST_NESTED,
  isArray: (name) => LISTS.has(name),
});

function rootOf(text: string): Node {
  // before any parser sees it: entities, and files and addresses they reach for, are declared nowhere else
  if (/<!DOCTYPE/i.test(text)) throw refuse('doctype', 'a GPX file has no DOCTYPE');
  const judged = XMLValidator.validate(text);
  if (judged !== true) throw refuse('xml', `not well-formed XML (line ${String(judged.err.line)})`);
  let parsed: unknown;
  try {
    parsed = parser.parse(text);
  } catch {
    throw refuse('xml', 'nested too deep, or with names that are none');
  }
  const root = isNode(parsed) && Object.hasOwn(parsed, 'gpx') ? parsed['gpx'] : undefined;
  if (!isNode(root)) throw refuse('gpx', 'the root element is not gpx');
  return root;
}

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const character = (all: string, code: number): string =>
  code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : all;
/** Text as it was meant: references resolved, one line, no controls, not too long. */
const plain = (text: string): string =>
  [
    ...text
      .replace(
        /&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(amp|lt|gt|quot|apos));/gi,
        (all, hex?: string, dec?: string, name?: string) => {
          if (hex !== undefined) return character(all, parseInt(hex, 16));
          if (dec !== undefined) return character(all, Number(dec));
          return NAMED[(name ?? '').toLowerCase()] ?? all;
        },
      )
      .replace(/[\p{Cc}\p{Surrogate}\s]+/gu, ' ')
      .trim(),
  ]
    .slice(0, MOST_NAME / 2)
    .join('');

/** The text of a child element, or null when there is none. */
function textOf(node: Node, name: string): string | null {
  const given = Object.hasOwn(node, name) ? node[name] : undefined;
  const first: unknown = Array.isArray(given) ? given[0] : given;
  const text = isNode(first) ? first['#text'] : first;
  return typeof text === 'string' && plain(text) !== '' ? plain(text) : null;
}

const listOf = (node: Node, name: string): readonly unknown[] => {
  const given = Object.hasOwn(node, name) ? node[name] : undefined;
  return Array.isArray(given) ? given : [];
};

interface Found {
  position: LonLat;
  name: string | null;
}

const degrees = (value: unknown): number =>
  typeof value === 'string' && /^\s*[+-]?(\d+\.?\d*|\.\d+)\s*$/.test(value) ? Number(value) : NaN;

function pointOf(value: unknown, path: string): Found {
  const node: Node = isNode(value) ? value : {};
  const [lon, lat] = [degrees(node['@lon']), degrees(node['@lat'])];
  if (Number.isNaN(lat)) throw refuse('type', 'no number of degrees', `${path}/lat`);
  if (Number.isNaN(lon)) throw refuse('type', 'no number of degrees', `${path}/lon`);
  const position = point(lon, lat);
  const judged = pointSchema.safeParse(position);
  if (!judged.success) {
    const [wrong] = fieldErrors(judged.error.issues, position);
    const axis = wrong?.path.endsWith('/0') === true ? 'lon' : 'lat';
    throw refuse(wrong?.code ?? 'range', wrong?.message ?? 'out of range', `${path}/${axis}`);
  }
  return { position: [round6(lon), round6(lat)], name: textOf(node, 'name') ?? textOf(node, 'desc') };
}

/** A track is told in the order it was gone. */
function judgeOrder(points: readonly unknown[], path: string): void {
  let before = -Infinity;
  points.forEach((value, n) => {
    const time = isNode(value) ? textOf(value, 'time') : null;
    if (time === null) return;
    const at = Date.parse(time);
    const here = `${path}/trkpt/${String(n)}/time`;
    if (Number.isNaN(at)) throw refuse('format', 'no time', here);
    if (at < before) throw refuse('order', 'earlier than the point before it', here);
    before = at;
  });
}

/** At most `most` points of a line, the first and the last among them, as far apart from each other as they can be. */
export function thinned<T extends { position: LonLat }>(line: readonly T[], most: number): T[] {
  if (line.length <= most) return [...line];
  const gone = [0];
  for (let n = 1; n < line.length; n += 1) {
    const [a, b] = [line[n - 1], line[n]];
    gone.push((gone[n - 1] ?? 0) + (a && b ? distanceM(a.position, b.position) : 0));
  }
  const step = (gone.at(-1) ?? 0) / (most - 1);
  const kept: T[] = [];
  line.forEach((each, n) => {
    const last = n === line.length - 1;
    // the last place is kept for the last point
    if (last || (kept.length < most - 1 && (gone[n] ?? 0) >= kept.length * step)) kept.push(each);
  });
  return kept;
}

/** Stops of a GPX file: its way points, else those of its first route, else its tracks thinned to a round. 422 with the path of what is wrong. */
export function stopsOfGpx(bytes: Buffer): GpxStops {
  const root = rootOf(decode(bytes));
  const metadata = root['metadata'];
  const title = (isNode(metadata) ? textOf(metadata, 'name') : null) ?? textOf(root, 'name');
  const ways = listOf(root, 'wpt').map((value, n) => pointOf(value, `/gpx/wpt/${String(n)}`));
  const routes = listOf(root, 'rte').filter(isNode);
  const [route] = routes;
  const onRoute = route
    ? listOf(route, 'rtept').map((value, n) => pointOf(value, `/gpx/rte/0/rtept/${String(n)}`))
    : [];
  const tracks = listOf(root, 'trk').filter(isNode);
  const onTracks = tracks.flatMap((track, t) =>
    listOf(track, 'trkseg').flatMap((segment, s) => {
      const path = `/gpx/trk/${String(t)}/trkseg/${String(s)}`;
      const points = isNode(segment) ? listOf(segment, 'trkpt') : [];
      judgeOrder(points, path);
      return points.map((value, n) => pointOf(value, `${path}/trkpt/${String(n)}`));
    }),
  );
  const [found, name] =
    ways.length > 0
      ? [ways, title]
      : onRoute.length > 0
        ? [onRoute, (route && textOf(route, 'name')) ?? title]
        : [onTracks, (tracks[0] && textOf(tracks[0], 'name')) ?? title];
  if (found.length === 0) throw refuse('required', 'no way points, no route and no track in it', '/gpx');
  const kept = found === onTracks ? thinned(found, MOST_STOPS) : found.slice(0, MOST_STOPS);
  return {
    name,
    stops: kept.map((each, n) => ({ name: each.name ?? String(n + 1), position: point(...each.position) })),
    dropped: found.length - kept.length,
  };
}
