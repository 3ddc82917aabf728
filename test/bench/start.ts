/** P8: a desk opens with 5,000 open incidents and 500 patrols, against raw JSON of the same rows over HTTP. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { openDatabase } from '../../server/db/open.ts';
import { benchDatabase, child, measure, median } from './kit.ts';
import { openDesk, useBrowser } from './desk.ts';
import { cookieOf, fillCity, shape } from './winter.ts';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

async function timed(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}

/** The rows as PostgreSQL has them, as JSON, over node:http: no view, no scope, no contract. */
async function rawRows(url: string): Promise<{ url: string; stop(): Promise<void> }> {
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  const server = createServer((_req, res) => {
    void Promise.all([
      pool.query(`select *, st_asgeojson(position)::jsonb as position from incidents where status <> 'closed'`),
      pool.query('select * from patrols'),
      pool.query('select *, st_asgeojson(position)::jsonb as position from patrol_positions'),
    ]).then((answers) => {
      const text = JSON.stringify(answers.map(({ rows }) => rows as unknown));
      res.writeHead(200, { 'content-type': 'application/json' }).end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await pool.end();
    },
  };
}

export async function benchStart(cluster: string): Promise<void> {
  const browser = await useBrowser();
  const stored = await benchDatabase(cluster);
  const service = await child<{ url: string; root: string }>('./service.ts', {
    DATABASE_URL: stored.url,
    WEB_DIR: browser.webDir,
  });
  const database = await openDatabase({ databaseUrl: stored.url, log: silent, allowUnsafe: true });
  const raw = await rawRows(stored.url);
  try {
    const { url, root } = service.ready;
    await fillCity(database.knex, root, { patrols: 500, incidents: 5_000, freeShare: 0.5, now: new Date() });
    const cookie = await cookieOf(url);
    const read = async (address: string, headers: Record<string, string>): Promise<void> => {
      const response = await fetch(address, { headers });
      if (!response.ok) throw new Error(`refused with ${String(response.status)}`);
      await response.json();
    };
    await measure({
      name: `P8 snapshot, ${shape(500, 5_000)}, uncompressed`,
      unit: 'ms',
      goal: '<= 2',
      pairs: 5,
      ours: () => timed(() => read(`${url}/api/snapshot`, { cookie, 'accept-encoding': 'identity' })),
      baseline: () => timed(() => read(raw.url, {})),
    });
    await measure({
      name: 'P8 the same snapshot, compressed',
      unit: 'ms',
      goal: 'for information',
      pairs: 5,
      ours: () => timed(() => read(`${url}/api/snapshot`, { cookie })),
      baseline: () => timed(() => read(raw.url, {})),
    });
    const bytes = async (encoding: string): Promise<number> => {
      const { port, hostname } = new URL(url);
      const { request } = await import('node:http');
      return new Promise((resolve, reject) => {
        request(
          { port, hostname, path: '/api/snapshot', headers: { cookie, 'accept-encoding': encoding } },
          (answer) => {
            let size = 0;
            answer.on('data', (part: Buffer) => (size += part.length));
            answer.on('end', () => resolve(size));
          },
        )
          .on('error', reject)
          .end();
      });
    };
    const [plain, packed] = [await bytes('identity'), await bytes('gzip')];
    console.log(
      `P8 bytes of the snapshot | ${(packed / 1e6).toFixed(2)} MB compressed | ${(plain / 1e6).toFixed(2)} MB plain | ${(plain / packed).toFixed(1)} times smaller | >= 3`,
    );
    const first: number[] = [];
    for (let n = 0; n < 4; n += 1) {
      const desk = await openDesk(browser, url, cookie);
      first.push(desk.firstPictureMs);
      await desk.close();
    }
    // the first one fills the browser's cache
    console.log(
      `P8 first picture (queue drawn, in a fresh page with the script cached) | ${median(first.slice(1)).toFixed(0)} ms (${first.map((ms) => ms.toFixed(0)).join(', ')}) | - | - | <= 1,500 ms`,
    );
  } finally {
    await raw.stop();
    await database.close();
    await service.stop();
    await stored.drop();
    await browser.close();
  }
}
