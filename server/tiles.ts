/** The base map that TILE_URL names: judged at the start, so that a wrong one is a sentence and not an empty map. */
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export type TileSource =
  | {
      kind: 'xyz';
      url: string;
      /** where the pictures may come from, for the content security policy */
      origins: readonly string[];
      attribution: string;
    }
  | {
      kind: 'pmtiles';
      /** absolute path */
      file: string;
      /** changes with the file; part of its address, so that browsers may keep what they have read */
      id: string;
      attribution: string;
    };

/** TILE_URL is wrong; the message says how, without naming the variable. */
export class BadTiles extends Error {}

/** https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md, "Header" */
const HEADER_BYTES = 127;
const TILE_TYPES = ['unknown', 'vector', 'PNG', 'JPEG', 'WebP', 'AVIF'];
const COMPRESSIONS = ['unknown', 'none', 'gzip', 'brotli', 'zstd'];
const READABLE = new Set(['none', 'gzip']);

/** What Leaflet fills in when it finds {s}. */
const SUBDOMAINS = ['a', 'b', 'c'];
const PLACEHOLDERS = new Set(['z', 'x', 'y', '-y', 's', 'r']);

const idOf = ({ size, mtimeMs }: Stats): string =>
  createHash('sha256')
    .update(`${String(size)} ${String(mtimeMs)}`)
    .digest('hex')
    .slice(0, 16);

function judgeHeader(file: string, header: Buffer): void {
  if (header.length < HEADER_BYTES || header.toString('latin1', 0, 7) !== 'PMTiles')
    throw new BadTiles(`${file} is not a PMTiles file`);
  const [version, inside, tiles, type] = [header[7], header[97] ?? 0, header[98] ?? 0, header[99] ?? 0];
  if (version !== 3) throw new BadTiles(`${file} is PMTiles version ${String(version)}; convert it to version 3`);
  if (type !== 1)
    throw new BadTiles(`${file} holds ${TILE_TYPES[type] ?? 'unknown'} tiles; it must hold vector tiles (MVT)`);
  for (const compression of [inside, tiles].map((code) => COMPRESSIONS[code] ?? 'unknown'))
    if (!READABLE.has(compression))
      throw new BadTiles(
        `${file} is compressed with ${compression}, which browsers cannot read here; gzip or none can`,
      );
}

function readHeader(file: string): { header: Buffer; stats: Stats } {
  let handle: number;
  try {
    handle = openSync(file, 'r');
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new BadTiles(missing ? `there is no file ${file}` : `${file} cannot be read`);
  }
  try {
    const stats = fstatSync(handle);
    if (!stats.isFile()) throw new BadTiles(`${file} is not a file`);
    const header = Buffer.alloc(HEADER_BYTES);
    return { stats, header: header.subarray(0, readSync(handle, header, 0, HEADER_BYTES, 0)) };
  } finally {
    closeSync(handle);
  }
}

function readFile(file: string, attribution: string): TileSource {
  const { header, stats } = readHeader(file);
  judgeHeader(file, header);
  return { kind: 'pmtiles', file, id: idOf(stats), attribution };
}

/** Whether the file is still the one that was judged: another one under the same address would mix two maps in a browser. */
export const isSameFile = ({ file, id }: Extract<TileSource, { kind: 'pmtiles' }>): Promise<boolean> =>
  stat(file).then(
    (stats) => idOf(stats) === id,
    () => false,
  );

function readTemplate(template: string, attribution: string): TileSource {
  if (/\.pmtiles([?#]|$)/i.test(template))
    throw new BadTiles('a PMTiles file must lie on this machine: give its path, not an address');
  const names = [...template.matchAll(/\{([^}]*)\}/g)].map(([, name = '']) => name);
  const unknown = names.find((name) => !PLACEHOLDERS.has(name));
  if (unknown !== undefined)
    throw new BadTiles(`{${unknown}} is not known; there are {z}, {x}, {y} or {-y}, {s} and {r}`);
  for (const [name, ways] of [
    ['z', ['z']],
    ['x', ['x']],
    ['y', ['y', '-y']],
  ] as const)
    if (!ways.some((way) => names.includes(way))) throw new BadTiles(`{${name}} is missing: it needs {z}, {x} and {y}`);
  const filled = (s: string): string => template.replaceAll('{s}', s).replaceAll(/\{[^}]*\}/g, '0');
  const origins = new Set<string>();
  for (const subdomain of names.includes('s') ? SUBDOMAINS : ['']) {
    const url = URL.canParse(filled(subdomain)) ? new URL(filled(subdomain)) : null;
    if (!url) throw new BadTiles('is not an address');
    if (url.username !== '' || url.password !== '')
      throw new BadTiles('must not hold a user name or password: every browser gets to see it');
    origins.add(url.origin);
  }
  if (!/^https?:\/\/(?!\/)[^/{}]*(\{s\}[^/{}]*)?\//i.test(template))
    throw new BadTiles('only {s} may stand in the host name');
  return { kind: 'xyz', url: template, origins: [...origins], attribution };
}

/** Reads TILE_URL: an http(s) template, or the path of a .pmtiles file (absolute, relative to the working directory, or file:). Throws BadTiles. */
export function readTiles(text: string, attribution: string): TileSource {
  if (/^https?:/i.test(text)) return readTemplate(text, attribution);
  if (!/\.pmtiles$/i.test(text))
    throw new BadTiles('must be an http(s) address with {z}, {x} and {y}, or the path of a .pmtiles file');
  if (!text.startsWith('file:')) return readFile(resolve(text), attribution);
  let file: string;
  try {
    file = fileURLToPath(text);
  } catch {
    throw new BadTiles('is not the address of a file on this machine');
  }
  return readFile(file, attribution);
}
