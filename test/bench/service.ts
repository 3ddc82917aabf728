/** The whole service in a process of its own, on the database of DATABASE_URL, with a small city. */
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createApp, followKeyOf } from '../../server/app.ts';
import { readConfig } from '../../server/config.ts';
import { openDatabase } from '../../server/db/open.ts';
import { rows } from '../../server/db/rows.ts';
import { runCommand, type Service } from '../../server/realtime/command.ts';
import { record } from '../../server/realtime/record.ts';
import { importAreaOutlines } from '../../server/stations/commands.ts';
import { rootStation } from '../../server/stations/queries.ts';
import { createDemoAccounts } from '../../server/users/demo.ts';
import { incidentRows } from '../../server/incidents/queries.ts';

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const url = process.env['DATABASE_URL'];
const dataDir = process.env['DATA_DIR'];
const database = await openDatabase({
  ...(url === undefined ? { dataDir: dataDir ?? '' } : { databaseUrl: url }),
  log: silent,
  allowUnsafe: true,
});
const config = { ...readConfig({}), limits: false };
const app = await createApp({
  database,
  config,
  log: quiet,
  now: () => new Date(),
  webDir: process.env['WEB_DIR'] ?? '/nowhere',
});
const service: Service = { database, now: () => new Date(), log: quiet, followKey: await followKeyOf(database) };
await createDemoAccounts(service);
const root = await rootStation(database.knex);
const districts: unknown = JSON.parse(
  await readFile(new URL('../../server/demo/data/xian-districts.geojson', import.meta.url), 'utf8'),
);
await runCommand(
  service,
  {
    kind: 'token',
    id: root?.id ?? '',
    role: 'admin',
    stationId: root?.id ?? '',
    stationPath: [root?.id ?? ''],
    shelterId: null,
    patrolId: null,
    sessionId: null,
    mustEnrol: false,
  },
  { command: 'bench', subjectIds: [], fields: [] },
  (ctx) => importAreaOutlines(ctx, districts, undefined),
);
await new Promise<void>((resolve) => app.http.listen(0, '127.0.0.1', resolve));

/** Commits facts (an incident's row as it is) and sees them relayed: one after the other, or all at once as a burst of desks would. */
async function tellFacts(count: number, burst: boolean): Promise<{ ms: number }> {
  const [first] = await rows<{ id: string }>(
    database.knex,
    `select id from incidents where status <> 'closed' order by id limit 1`,
  );
  const incidents = await incidentRows(database.knex, first ? [first.id] : []);
  const tell = (): Promise<void> =>
    runCommand(service, { kind: 'system' }, { command: 'bench', subjectIds: [], fields: [] }, (ctx) => {
      record(ctx, { type: 'incident.changed', stationId: root?.id ?? '', rows: { incidents } });
      return Promise.resolve();
    });
  const from = performance.now();
  if (burst) await Promise.all(Array.from({ length: count }, tell));
  else
    for (let n = 0; n < count; n += 1) {
      await tell();
      await app.realtime.relay.catchUp();
    }
  await app.realtime.relay.catchUp();
  return { ms: performance.now() - from };
}

/** A tick comes once a second in life; here often enough to measure and seldom enough that none is dropped. */
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50));
/** A second as a busy night has it: every patrol has moved, some incidents have changed. */
async function second(): Promise<object> {
  await rows(
    database.knex,
    `update patrol_positions set at = :at, received_at = :at,
       position = st_translate(position, (random() - 0.5) * 0.004, (random() - 0.5) * 0.004)`,
    { at: new Date() },
  );
  await app.realtime.relay.tickPositions();
  await tellFacts(2, true);
  return {};
}
const cpuSince = (from: NodeJS.CpuUsage): { cpuMs: number } => {
  const { user, system } = process.cpuUsage(from);
  return { cpuMs: (user + system) / 1000 };
};

process.on('message', (message: { tell?: number; burst?: boolean; ticks?: number; sql?: string; second?: boolean }) => {
  const work = async (): Promise<object> => {
    if (message.second === true) return second();
    if (message.tell !== undefined) return tellFacts(message.tell, message.burst === true);
    if (message.sql !== undefined) return { rows: await rows(database.knex, message.sql, {}, { deadlineMs: 600_000 }) };
    if (message.ticks !== undefined) {
      const from = process.cpuUsage();
      for (let n = 0; n < message.ticks; n += 1) {
        await rows(database.knex, `update patrol_positions set at = :at, received_at = :at`, { at: new Date() });
        await app.realtime.relay.tickPositions();
        await pause();
      }
      return cpuSince(from);
    }
    return {};
  };
  void work().then((answer) => process.send?.(answer));
});
process.on('SIGTERM', () => process.exit(0));
const { port } = app.http.address() as AddressInfo;
process.send?.({ url: `http://127.0.0.1:${String(port)}`, root: root?.id });
