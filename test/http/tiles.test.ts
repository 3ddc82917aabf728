import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BadConfig, readConfig } from '../../server/config.ts';
import { readTiles } from '../../server/tiles.ts';
import { places, startApp, type TestApp } from '../kit/app.ts';
import { DATABASE_HOOK_MS, testDatabase, type TestDatabase } from '../kit/database.ts';
import { pmtiles, smallCity } from '../kit/pmtiles.ts';

const file = pmtiles({ layers: smallCity, center: places.east, minZoom: 4, maxZoom: 10, around: 1 });
let folder = '';
/** A file in the folder, with bytes changed. */
async function written(name: string, change: (bytes: Buffer) => Buffer = (bytes) => bytes): Promise<string> {
  const where = path.join(folder, name);
  await writeFile(where, change(Buffer.from(file)));
  return where;
}
const set =
  (at: number, value: number) =>
  (bytes: Buffer): Buffer => {
    bytes[at] = value;
    return bytes;
  };
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'warmpath tiles 100% '));
});
afterAll(() => rm(folder, { recursive: true }));

describe('TILE_URL', () => {
  const wrong = (env: Record<string, string>): string => {
    try {
      readConfig(env);
    } catch (error) {
      expect(error).toBeInstanceOf(BadConfig);
      return (error as Error).message;
    }
    return 'nothing was wrong';
  };

  it.each([
    ['tiles.example', 'must be an http(s) address with {z}, {x} and {y}, or the path of a .pmtiles file'],
    ['ftp://tiles.example/{z}/{x}/{y}.png', 'must be an http(s) address'],
    ['https://tiles.example/{z}/{x}.png', '{y} is missing'],
    ['https://tiles.example/{x}/{y}.png', '{z} is missing'],
    ['https://tiles.example/{z}/{x}/{y}/{key}.png', '{key} is not known'],
    ['https://{x}.tiles.example/{z}/{x}/{y}.png', 'only {s} may stand in the host name'],
    ['https://', '{z} is missing'],
    ['https:///{z}/{x}/{y}', 'only {s} may stand in the host name'],
    ['https://me:secret@tiles.example/{z}/{x}/{y}.png', 'must not hold a user name or password'],
    ['https://tiles.example/city.pmtiles', 'a PMTiles file must lie on this machine'],
    ['/nowhere/city.pmtiles', 'there is no file /nowhere/city.pmtiles'],
    ['file://elsewhere/city.pmtiles', 'is not the address of a file on this machine'],
  ])('%s is refused with words', (url, words) => {
    expect(wrong({ TILE_URL: url })).toContain(`TILE_URL: ${words}`);
  });

  it('wants https under an https origin, and is named beside the other wrong variables', () => {
    expect(
      wrong({
        TILE_URL: 'http://tiles.example/{z}/{x}/{y}.png',
        PUBLIC_ORIGIN: 'https://city.example',
        PORT: 'many',
      }),
    ).toMatch(/PORT: .*\n {2}TILE_URL: must be https/);
  });

  it.each([
    ['no header', (bytes: Buffer) => bytes.subarray(0, 100), 'is not a PMTiles file'],
    ['another magic', set(0, 0), 'is not a PMTiles file'],
    ['version 2', set(7, 2), 'is PMTiles version 2; convert it to version 3'],
    ['pictures', set(99, 2), 'holds PNG tiles; it must hold vector tiles (MVT)'],
    ['brotli', set(98, 3), 'is compressed with brotli'],
    ['zstd inside', set(97, 4), 'is compressed with zstd'],
  ])('a file with %s is refused with words', async (name, change, words) => {
    const where = await written(`${name}.pmtiles`, change);
    expect(wrong({ TILE_URL: where })).toContain(`TILE_URL: ${where} ${words}`);
  });

  it('may be a file by its path, a relative one, or a file: address', async () => {
    const where = await written('Xi’an 西安.pmtiles');
    for (const url of [where, path.relative(process.cwd(), where), pathToFileURL(where).href])
      expect(readConfig({ TILE_URL: url, TILE_ATTRIBUTION: 'the city' }).tiles).toMatchObject({
        kind: 'pmtiles',
        file: where,
        attribution: 'the city',
      });
    expect(wrong({ TILE_URL: folder })).toContain('must be an http(s) address');
  });

  it.each([
    ['https://tiles.example/{z}/{x}/{y}.png?key=a;b,c', ['https://tiles.example']],
    ['http://127.0.0.1:8080/{z}/{x}/{-y}{r}.png', ['http://127.0.0.1:8080']],
    [
      'https://{s}.tiles.example/{z}/{x}/{y}.png',
      ['https://a.tiles.example', 'https://b.tiles.example', 'https://c.tiles.example'],
    ],
  ])('%s lets exactly its own origins through', (url, origins) => {
    expect(readTiles(url, '')).toEqual({ kind: 'xyz', url, origins, attribution: '' });
  });
});

describe('the file of tiles', () => {
  let stored: TestDatabase;
  let app: TestApp;
  let stop: () => Promise<void>;
  let where: string;
  let address: string;
  beforeAll(async () => {
    where = await written('city.pmtiles');
    const tiles = readTiles(where, 'the city');
    if (tiles.kind !== 'pmtiles') throw new Error('a file is a file');
    stored = await testDatabase();
    ({ app, stop } = await startApp(stored, { config: { tiles, limits: true } }));
    address = `${app.url}/tiles/${tiles.id}.pmtiles`;
  }, DATABASE_HOOK_MS);
  afterAll(async () => {
    await stop();
    await stored.drop();
  }, DATABASE_HOOK_MS);
  const ask = (headers: Record<string, string> = {}, method = 'GET'): Promise<Response> =>
    fetch(address, { method, headers: { 'accept-encoding': 'gzip, br', ...headers } });
  const bytesOf = async (response: Response): Promise<Buffer> => Buffer.from(await response.arrayBuffer());

  it('answers a range, uncompressed and for ever', async () => {
    const response = await ask({ range: 'bytes=0-126' });
    expect(response.status).toBe(206);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-range': `bytes 0-126/${String(file.length)}`,
      'content-length': '127',
      'content-type': 'application/vnd.pmtiles',
      'accept-ranges': 'bytes',
      'cache-control': 'public, max-age=31536000, immutable, no-transform',
      'x-content-type-options': 'nosniff',
    });
    expect(response.headers.get('content-encoding')).toBeNull();
    expect(response.headers.get('etag')).toMatch(/^"[\da-f]{16}"$/);
    expect(await bytesOf(response)).toEqual(file.subarray(0, 127));
  });

  it.each([
    ['bytes=-20', file.subarray(-20)],
    ['bytes=130-', file.subarray(130)],
    ['bytes=10-999999999', file.subarray(10)],
  ])('%s is the part it names', async (range, part) => {
    const response = await ask({ range });
    expect(response.status).toBe(206);
    expect(await bytesOf(response)).toEqual(part);
  });

  it('says 416 and how long it is to a range beyond its end', async () => {
    const response = await ask({ range: `bytes=${String(file.length)}-` });
    expect([response.status, response.headers.get('content-range'), response.headers.get('cache-control')]).toEqual([
      416,
      `bytes */${String(file.length)}`,
      null,
    ]);
    expect(app.logged.filter((line) => line.startsWith('unexpected'))).toEqual([]);
  });

  it('answers HEAD without the bytes', async () => {
    const response = await ask({}, 'HEAD');
    expect([response.status, response.headers.get('content-length'), (await bytesOf(response)).length]).toEqual([
      200,
      String(file.length),
      0,
    ]);
  });

  it('gives a range only of the file that was meant', async () => {
    const etag = (await ask({}, 'HEAD')).headers.get('etag') ?? '';
    expect((await ask({ range: 'bytes=0-9', 'if-range': etag })).status).toBe(206);
    const other = await ask({ range: 'bytes=0-9', 'if-range': '"another"' });
    expect([other.status, (await bytesOf(other)).length]).toEqual([200, file.length]);
    expect((await ask({ 'if-none-match': etag, 'cache-control': 'max-age=0' })).status).toBe(304);
    expect((await ask({ 'if-match': '"another"' })).status).toBe(412);
  });

  it.each([
    ['/tiles/other.pmtiles', 404],
    ['/tiles/..%2fcity.pmtiles', 404],
    ['/tiles/', 404],
  ])('%s leads nowhere', async (other, status) => {
    expect((await fetch(app.url + other)).status).toBe(status);
  });

  it('is not counted as pages are: a view of a city is hundreds of ranges', async () => {
    const answers = await Promise.all(Array.from({ length: 400 }, () => ask({ range: 'bytes=0-9' })));
    expect(answers.filter(({ status }) => status !== 206)).toEqual([]);
    await Promise.all(answers.map((answer) => answer.arrayBuffer()));
    expect((await fetch(`${app.url}/report`)).status).toBe(200);
  });

  it('is told to pages by its address, and the log has neither ranges nor names', async () => {
    const page = await (await fetch(`${app.url}/report`)).text();
    expect(page).toContain(new URL(address).pathname);
    expect(page).not.toContain(folder);
    const canary = randomUUID();
    await fetch(`${address}?${canary}`, { headers: { range: 'bytes=77-88' } });
    // how long it took may be any number
    const lines = app.logged.filter((line) => line.includes('tiles')).map((line) => line.replace(/"ms":\d+/, ''));
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) {
      expect(line).toContain('/tiles/:file');
      expect(line).not.toMatch(/77|pmtiles/);
      expect(line).not.toContain(canary);
    }
  });

  it('is gone when another file stands in its place, so that no browser mixes two maps', async () => {
    const { atime, mtime } = await stat(where);
    await utimes(where, atime, new Date(mtime.getTime() + 5_000));
    expect((await ask({ range: 'bytes=0-9' })).status).toBe(404);
    await utimes(where, atime, mtime);
  });
});
