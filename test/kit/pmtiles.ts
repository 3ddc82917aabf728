/** A city's base map of one's own making: PMTiles version 3 with vector tiles in the layers of the Protomaps basemap. */
import { gzipSync } from 'node:zlib';
import type { LonLat } from '../../shared/geo.ts';

/** A shape in a tile, in the tile's own units: 0 to EXTENT from its north-west corner. */
interface Shape {
  kind: 'point' | 'line' | 'area';
  points: readonly (readonly [number, number])[];
  properties: Record<string, string | number>;
}
/** Layer name -> what is in it. */
export type TileLayers = Record<string, readonly Shape[]>;
export const EXTENT = 4096;

const varint = (value: number): number[] => {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return [...bytes, rest];
};
const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value);

// Protocol buffers: a field is its number and type, then the value.
const whole = (field: number, value: number): number[] => [...varint(field * 8), ...varint(value)];
const bytes = (field: number, value: readonly number[]): number[] => [
  ...varint(field * 8 + 2),
  ...varint(value.length),
  ...value,
];
const words = (field: number, value: string): number[] => bytes(field, [...Buffer.from(value)]);

/** Mapbox Vector Tile 2.1, 4.3: move to, line to, close path, in steps from the last point. */
function geometry({ kind, points }: Shape): number[] {
  const out: number[] = [];
  let [x, y] = [0, 0];
  const step = ([nextX, nextY]: readonly [number, number]): void => {
    out.push(...varint(zigzag(nextX - x)), ...varint(zigzag(nextY - y)));
    [x, y] = [nextX, nextY];
  };
  const [first, ...others] = points;
  if (!first) throw new Error('a shape has points');
  out.push(...varint(1 * 8 + 1));
  step(first);
  if (kind !== 'point') {
    out.push(...varint(others.length * 8 + 2));
    others.forEach(step);
  }
  if (kind === 'area') out.push(...varint(1 * 8 + 7));
  return out;
}

function layer(name: string, shapes: readonly Shape[]): number[] {
  const keys: string[] = [];
  const values: (string | number)[] = [];
  const at = <T>(list: T[], wanted: T): number => {
    if (!list.includes(wanted)) list.push(wanted);
    return list.indexOf(wanted);
  };
  const features = shapes.flatMap((shape) => {
    const tags = Object.entries(shape.properties).flatMap(([key, value]) => [at(keys, key), at(values, value)]);
    return bytes(2, [
      ...bytes(2, tags.flatMap(varint)),
      ...whole(3, { point: 1, line: 2, area: 3 }[shape.kind]),
      ...bytes(4, geometry(shape)),
    ]);
  });
  return bytes(3, [
    ...whole(15, 2),
    ...words(1, name),
    ...features,
    ...keys.flatMap((key) => words(3, key)),
    ...values.flatMap((value) => bytes(4, typeof value === 'string' ? words(1, value) : whole(5, value))),
    ...whole(5, EXTENT),
  ]);
}

const vectorTile = (layers: TileLayers): Buffer =>
  gzipSync(Buffer.from(Object.entries(layers).flatMap(([name, shapes]) => layer(name, shapes))));

/** The tile of a zoom in which a place lies, by Web Mercator. */
export function tileAt([lon, lat]: LonLat, zoom: number): { x: number; y: number } {
  const n = 2 ** zoom;
  const sin = Math.sin((lat * Math.PI) / 180);
  return {
    x: Math.floor(((lon + 180) / 360) * n),
    y: Math.floor((0.5 - Math.log((1 + sin) / (1 - sin)) / (4 * Math.PI)) * n),
  };
}

/** Tiles are numbered along a Hilbert curve, zoom after zoom. */
function tileId(zoom: number, column: number, row: number): number {
  let id = (4 ** zoom - 1) / 3;
  let [x, y] = [column, row];
  for (let s = 2 ** (zoom - 1); s >= 1; s /= 2) {
    const [rx, ry] = [(x & s) > 0 ? 1 : 0, (y & s) > 0 ? 1 : 0];
    id += s * s * ((3 * rx) ^ ry);
    if (ry === 0) [x, y] = rx === 1 ? [s - 1 - (y & (s - 1)), s - 1 - (x & (s - 1))] : [y, x];
  }
  return id;
}

export interface TileMap {
  /** the same tile at all places of these zooms around `center` */
  layers: TileLayers;
  center: LonLat;
  minZoom: number;
  maxZoom: number;
  /** how many tiles to each side of the middle one */
  around: number;
}

/** The bytes of such a file; https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md */
export function pmtiles({ layers, center, minZoom, maxZoom, around }: TileMap): Buffer {
  const tile = vectorTile(layers);
  const ids: number[] = [];
  for (let zoom = minZoom; zoom <= maxZoom; zoom++) {
    const middle = tileAt(center, zoom);
    const most = 2 ** zoom - 1;
    for (let x = Math.max(0, middle.x - around); x <= Math.min(most, middle.x + around); x++)
      for (let y = Math.max(0, middle.y - around); y <= Math.min(most, middle.y + around); y++)
        ids.push(tileId(zoom, x, y));
  }
  ids.sort((a, b) => a - b);
  // all entries share one tile: its offset is written as offset + 1, and 0 would mean "after the last one"
  const directory = gzipSync(
    Buffer.from([
      ...varint(ids.length),
      ...ids.flatMap((id, n) => varint(id - (ids[n - 1] ?? 0))),
      ...ids.flatMap(() => varint(1)),
      ...ids.flatMap(() => varint(tile.length)),
      ...ids.flatMap(() => varint(1)),
    ]),
  );
  const metadata = gzipSync(JSON.stringify({ name: 'a city of the tests', vector_layers: [] }));
  const header = Buffer.alloc(127);
  header.write('PMTiles', 'latin1');
  header[7] = 3;
  let offset = header.length;
  for (const [field, length] of [
    [8, directory.length],
    [24, metadata.length],
    [40, 0],
    [56, tile.length],
  ] as const) {
    header.writeBigUInt64LE(BigInt(offset), field);
    header.writeBigUInt64LE(BigInt(length), field + 8);
    offset += length;
  }
  for (const [field, count] of [
    [72, ids.length],
    [80, ids.length],
    [88, 1],
  ] as const)
    header.writeBigUInt64LE(BigInt(count), field);
  // clustered, gzip inside, gzip tiles, vector tiles
  header.set([1, 2, 2, 1, minZoom, maxZoom], 96);
  const degrees = [-180, -85, 180, 85].map((value) => Math.round(value * 1e7));
  for (const [n, value] of degrees.entries()) header.writeInt32LE(value, 102 + 4 * n);
  header[118] = minZoom;
  header.writeInt32LE(Math.round(center[0] * 1e7), 119);
  header.writeInt32LE(Math.round(center[1] * 1e7), 123);
  return Buffer.concat([header, directory, metadata, tile]);
}

const all: Shape['points'] = [
  [0, 0],
  [EXTENT, 0],
  [EXTENT, EXTENT],
  [0, EXTENT],
];

/** Land everywhere with a lake, a park, two roads and a named place in every tile: enough to see each colour. */
export const smallCity: TileLayers = {
  earth: [{ kind: 'area', points: all, properties: { kind: 'earth' } }],
  water: [
    {
      kind: 'area',
      points: [
        [400, 400],
        [1600, 400],
        [1600, 1600],
        [400, 1600],
      ],
      properties: { kind: 'lake' },
    },
  ],
  landuse: [
    {
      kind: 'area',
      points: [
        [2500, 2500],
        [3700, 2500],
        [3700, 3700],
        [2500, 3700],
      ],
      properties: { kind: 'park' },
    },
  ],
  roads: [
    {
      kind: 'line',
      points: [
        [0, 2048],
        [EXTENT, 2048],
      ],
      properties: { kind: 'major_road', min_zoom: 4 },
    },
    {
      kind: 'line',
      points: [
        [2048, 0],
        [2048, EXTENT],
      ],
      properties: { kind: 'highway', min_zoom: 4 },
    },
  ],
  places: [
    {
      kind: 'point',
      points: [[2900, 1000]],
      properties: { kind: 'locality', name: 'Changan', 'name:en': 'Long Peace', 'name:zh-Hans': '长安', min_zoom: 4 },
    },
  ],
};
