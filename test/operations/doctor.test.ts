/** Doctor finds each thing that can be set wrong, says so in both languages, and calls a good set-up well. */
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../server/config.ts';
import { openDatabase } from '../../server/db/open.ts';
import { rows } from '../../server/db/rows.ts';
import type { State, Patient } from '../../server/operations/checks.ts';
import { checks, doctorCommand, examine } from '../../server/operations/doctor.ts';
import english from '../../shared/locales/en.json' with { type: 'json' };
import chinese from '../../shared/locales/zh-CN.json' with { type: 'json' };
import { useApp } from '../kit/app.ts';
import { quiet, testKind } from '../kit/database.ts';

const app = useApp();
const servers: Server[] = [];
let folder: string;
let good: Patient;

async function serve(status: number, body: unknown, headers: Record<string, string> = {}): Promise<string> {
  const server = createServer((_req, res) => {
    res.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(server);
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

/** Of one check: its state and words, when the patient differs from the good one like this. */
async function look(name: string, over: Partial<Patient> = {}): Promise<{ state: State; words: string } | null> {
  const found = await checks.find((check) => check.name === name)?.run({ ...good, ...over });
  return found ? { state: found.state, words: found.words } : null;
}
const config = (over: Partial<Patient['config']>): Partial<Patient> => ({ config: { ...good.config, ...over } });
const city = 'postgres://warmpath:Vq8-long-and-unusual@127.0.0.1/warmpath';

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'warmpath-doctor-'));
  await mkdir(path.join(folder, 'backups'));
  await writeFile(path.join(folder, 'backups', '2026-11-22T051500Z.warmpath.gz'), '');
  await chmod(folder, 0o700);
  await rows(app.database.knex, `update users set totp_key = decode('00', 'hex') where role = 'admin'`);
  const base = readConfig({ DATA_DIR: folder, PORT: '1', TRUST_PROXY: '1' });
  good = {
    config: { ...base, databaseUrl: testKind === 'postgres' ? city : null },
    database: app.database,
    trouble: null,
    service: { version: base.version },
    routerUrl: null,
    backups: path.join(folder, 'backups'),
    nodeVersion: '24.11.0',
    secretFiles: [folder],
    now: () => new Date(),
    synchronised: () => Promise.resolve('yes'),
  };
});
afterAll(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  await rm(folder, { recursive: true, force: true });
});

describe('doctor', () => {
  it('finds nothing wrong with a good set-up, in both languages', async () => {
    for (const [locale, catalogue] of [
      ['en', english],
      ['zh-CN', chinese],
    ] as const) {
      const lines = await examine(good, locale);
      // the test has no https origin, and an embedded database is for trials
      const expected = ['origin', ...(testKind === 'embedded' ? ['durability'] : [])];
      expect(lines.filter(({ state }) => state !== 'ok').map(({ name }) => name)).toEqual(
        checks.map(({ name }) => name).filter((name) => expected.includes(name)),
      );
      expect(lines.length).toBeGreaterThan(15);
      for (const { words, text } of lines) {
        expect(catalogue).toHaveProperty([words]);
        expect(text).not.toMatch(/doctor\.|\{\{/);
      }
    }
  });

  it('has every sentence it can say, and says none that it has not', async () => {
    const at = fileURLToPath(new URL('../../server/operations/', import.meta.url));
    const sources = await Promise.all((await readdir(at)).map((name) => readFile(path.join(at, name), 'utf8')));
    const named = new Set(
      sources.flatMap((text) => [...text.matchAll(/'(doctor\.[\w.]+)'/g)].map(([, key]) => key ?? '')),
    );
    const there = Object.keys(english).filter((key) => key.startsWith('doctor.') && !key.startsWith('doctor.state.'));
    expect(there.sort()).toEqual([...named].sort());
  });

  it('knows an old Node, an open file, a weak password, a forgotten proxy, a demo folder and an unset clock', async () => {
    expect(await look('node', { nodeVersion: '18.20.0' })).toEqual({ state: 'wrong', words: 'doctor.node.old' });
    expect(await look('node', { nodeVersion: '20.20.2' })).toEqual({ state: 'warning', words: 'doctor.node.ended' });
    const open = path.join(folder, 'open');
    await writeFile(open, '', { mode: 0o644 });
    expect(await look('files', { secretFiles: [open] })).toEqual({ state: 'wrong', words: 'doctor.files.open' });
    for (const [password, state] of [
      ['postgres', 'wrong'],
      ['warmpath', 'wrong'],
      ['Xy7-short', 'warning'],
      ['a-long-and-odd-one', 'ok'],
    ] as const)
      expect(
        await look('password', config({ databaseUrl: `postgres://warmpath:${password}@db/warmpath` })),
      ).toMatchObject({ state });
    const https = { publicOrigin: 'https://127.0.0.1:1' };
    expect(await look('proxy', config({ ...https, trustProxy: null }))).toMatchObject({ state: 'wrong' });
    expect(await look('proxy', config({ ...https, trustProxy: 1 }))).toMatchObject({ state: 'ok' });
    const demo = path.join(folder, 'demo');
    await mkdir(demo);
    await writeFile(path.join(demo, 'demo.json'), '{}');
    expect(await look('demo', config({ databaseUrl: null, dataDir: demo }))).toMatchObject({ state: 'wrong' });
    expect(await look('time', { synchronised: () => Promise.resolve('no') })).toMatchObject({ state: 'wrong' });
    expect(await look('time', { synchronised: () => Promise.reject(new Error('no such program')) })).toMatchObject({
      state: 'unknown',
    });
  });

  it('knows backups that are late or not there', async () => {
    expect(await look('backups', { backups: null })).toBeNull();
    const empty = path.join(folder, 'empty');
    await mkdir(empty);
    await writeFile(path.join(empty, 'x.warmpath.gz.part'), '');
    expect(await look('backups', { backups: empty })).toEqual({ state: 'wrong', words: 'doctor.backups.none' });
    const late = path.join(empty, 'x.warmpath.gz');
    await writeFile(late, '');
    const then = new Date(Date.now() - 27 * 3_600_000);
    await utimes(late, then, then);
    expect(await look('backups', { backups: empty })).toEqual({ state: 'wrong', words: 'doctor.backups.old' });
  });

  it('knows a public name that is missing, plain, away or somebody else', async () => {
    expect(await look('origin', config({ publicOrigin: null }))).toMatchObject({ state: 'warning' });
    expect(await look('origin', config({ publicOrigin: 'http://a.example' }))).toMatchObject({
      state: 'wrong',
      words: 'doctor.origin.plain',
    });
    expect(await look('origin', config({ publicOrigin: 'https://127.0.0.1:1' }))).toMatchObject({
      words: 'doctor.origin.unreachable',
    });
  });

  it('knows a base map and a router that refuse or are away', async () => {
    const [fine, refusing, failing] = [await serve(200, {}), await serve(403, {}), await serve(500, {})];
    const tiles = (origin: string): Partial<Patient> =>
      config({ tiles: { kind: 'xyz', url: `${origin}/{z}/{x}/{y}.png`, origins: [origin], attribution: '' } });
    expect(await look('tiles', tiles(fine))).toMatchObject({ state: 'ok' });
    expect(await look('tiles', tiles(refusing))).toMatchObject({ words: 'doctor.tiles.refused' });
    expect(await look('tiles', tiles('http://127.0.0.1:1'))).toMatchObject({ words: 'doctor.tiles.unreachable' });
    expect(await look('router', { routerUrl: fine })).toMatchObject({ state: 'ok' });
    expect(await look('router', { routerUrl: failing })).toMatchObject({ words: 'doctor.router.failing' });
    expect(await look('router', { routerUrl: 'http://127.0.0.1:1' })).toMatchObject({
      words: 'doctor.router.unreachable',
    });
  });

  it('knows clocks apart, tables behind or ahead, nobody in charge, no second factor, no key', async () => {
    const db = app.database.knex;
    expect(await look('clock', { now: () => new Date(Date.now() - 5_000) })).toEqual({
      state: 'wrong',
      words: 'doctor.clock.apart',
    });
    await rows(
      db,
      `insert into knex_migrations (name, batch, migration_time) values ('999901010001_future', 99, '2026-11-22T00:00:00Z')`,
    );
    expect(await look('migrations')).toMatchObject({ state: 'wrong' });
    await rows(db, `delete from knex_migrations where name = '999901010001_future'`);
    const last = await rows<{ id: number; name: string }>(
      db,
      `delete from knex_migrations where id = (select max(id) from knex_migrations) returning id, name`,
    );
    expect(await look('migrations')).toMatchObject({ state: 'warning' });
    await rows(
      db,
      `insert into knex_migrations (id, name, batch, migration_time) values (:id, :name, 1, '2026-11-22T00:00:00Z')`,
      { ...last[0] },
    );
    await rows(db, `update users set totp_key = null where role = 'admin'`);
    expect(await look('factor')).toMatchObject({ state: 'warning' });
    await rows(db, `update users set active = false where role = 'admin'`);
    expect(await look('setup')).toMatchObject({ state: 'wrong', words: 'doctor.setup.nobody' });
    await rows(db, `update users set active = true, totp_key = decode('00', 'hex') where role = 'admin'`);
    const [key] = await rows<{ value: Buffer }>(db, `delete from secrets where name = 'follow.key' returning value`);
    expect(await look('key')).toMatchObject({ state: 'warning' });
    await rows(db, `insert into secrets (name, value) values ('follow.key', :value)`, { value: key?.value });
    expect(await look('key')).toMatchObject({ state: 'ok' });
  });

  it.skipIf(testKind === 'embedded')(
    'knows a server that may lose what it acknowledged (not for this database: it says so of itself)',
    async () => {
      const { databaseUrl = '' } =
        app.database.kind === 'postgres'
          ? { databaseUrl: String(app.database.knex.client.config.connection.connectionString) }
          : {};
      const name = new URL(databaseUrl).pathname.slice(1);
      await rows(app.database.knex, `alter database ${name} set synchronous_commit = off`);
      const fresh = await openDatabase({ databaseUrl, log: quiet, migrate: false, allowUnsafe: true });
      try {
        expect(await look('durability', { database: fresh })).toEqual({
          state: 'wrong',
          words: 'doctor.durability.off',
        });
      } finally {
        await fresh.close();
        await rows(app.database.knex, `alter database ${name} reset synchronous_commit`);
      }
    },
  );

  it('speaks the language of the terminal, or JSON, and leaves a running service and its folder alone', async () => {
    const port = Number(new URL(app.url).port);
    const said: string[] = [];
    const ask = (argv: string[], language: string): Promise<number> => {
      said.length = 0;
      return doctorCommand(
        argv,
        {
          config: {
            ...good.config,
            port,
            publicOrigin: 'http://plain.example',
            dataDir: path.join(folder, 'nowhere'),
            databaseUrl: null,
          },
          open: () => Promise.reject(new Error('opened')),
          now: () => new Date(),
          say: (text) => said.push(text),
        },
        { language, routerUrl: null },
      );
    };
    expect(await ask([], 'zh_CN.UTF-8')).toBe(1);
    expect(said.join('\n')).toMatch(/^错误\s+数据库无法使用/m);
    expect(said.join('\n')).toMatch(/服务/);
    expect(await ask(['--json'], 'C.UTF-8')).toBe(1);
    const report = JSON.parse(said.join('')) as {
      ok: boolean;
      checks: { name: string; state: string; text: string }[];
    };
    expect(report.ok).toBe(false);
    expect(report.checks.find(({ name }) => name === 'service')).toMatchObject({ state: 'warning' });
    expect(report.checks.find(({ name }) => name === 'origin')).toMatchObject({ state: 'wrong' });
    expect(await readdir(folder)).not.toContain('nowhere');
  });
});
