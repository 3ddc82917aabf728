/** The promise under every live picture: "everything after N" never skips a fact, however many write at once. */
import { fileURLToPath } from 'node:url';
import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp, type Running } from '../../server/app.ts';
import { type Database, openDatabase } from '../../server/db/open.ts';
import { row, rows } from '../../server/db/rows.ts';
import { runCommand } from '../../server/realtime/command.ts';
import { factsAfter } from '../../server/realtime/log.ts';
import { record } from '../../server/realtime/record.ts';
import { reportSighting } from '../../shared/sightings.ts';
import { createItem } from '../../shared/supplies.ts';
import { startApp, type TestApp } from '../kit/app.ts';
import { sighting } from '../kit/builders.ts';
import { DATABASE_HOOK_MS, quiet, type TestDatabase, testDatabase, testKind } from '../kit/database.ts';
import { person } from '../kit/people.ts';
import { follow, tablesOf } from './picture.ts';

const WRITERS = 24;
const EACH = 40;

describe.skipIf(testKind !== 'postgres')('many connections (not for this database when embedded: it has one)', () => {
  let stored: TestDatabase;
  let app: TestApp;
  let stop: () => Promise<void>;
  let second: { database: Database; running: Running; url: string };

  beforeAll(async () => {
    stored = await testDatabase();
    ({ app, stop } = await startApp(stored));
    const database = await openDatabase({ ...stored.options, log: quiet, poolSize: WRITERS });
    const { config, log } = {
      config: {
        port: 0,
        host: '127.0.0.1',
        dataDir: '',
        databaseUrl: null,
        publicOrigin: null,
        trustProxy: null,
        tiles: null,
        routerUrl: null,
        roles: ['http', 'relay'] as const,
        demo: null,
        limits: false,
        production: false,
        version: 'test',
      },
      log: app.service.log,
    };
    const running = await createApp({
      database,
      config,
      log,
      now: app.clock.now,
      webDir: fileURLToPath(new URL('../../dist/web', import.meta.url)),
    });
    await new Promise<void>((resolve) => running.http.listen(0, '127.0.0.1', resolve));
    second = { database, running, url: `http://127.0.0.1:${String((running.http.address() as AddressInfo).port)}` };
  }, DATABASE_HOOK_MS);
  afterAll(async () => {
    await second.running.drain();
    await second.database.close();
    await stop();
    await stored.drop();
  }, DATABASE_HOOK_MS);

  it('a tail of the fact log under concurrent writers skips nothing', async () => {
    const service = { ...app.service, database: second.database };
    const from =
      (await row<{ seq: number }>(app.database.knex, `select coalesce(max(seq), 0) as seq from events`))?.seq ?? 0;
    let writing = WRITERS;
    const write = async (writer: number): Promise<void> => {
      for (let n = 0; n < EACH; n += 1) {
        const fails = (writer + n) % 7 === 0;
        await runCommand(service, { kind: 'system' }, { command: 'test', subjectIds: [], fields: [] }, async (ctx) => {
          // some commands take their time between their first statement and their fact
          if ((writer * n) % 5 === 0) await rows(ctx.db, `select pg_sleep(:s)`, { s: ((writer + n) % 4) / 500 });
          for (let fact = 0; fact <= n % 3; fact += 1)
            record(ctx, { type: 'item.created', stationId: app.stations.root, rows: { items: [] } });
          // a rollback leaves a hole in seq, which is no fact
          if (fails) {
            await rows(
              ctx.db,
              `insert into events (type, at, station_id, payload) values ('item.created', :now, cast(:root as uuid), '{"rows":{}}')`,
              { now: ctx.now(), root: app.stations.root },
            );
            throw new Error('rolled back');
          }
        }).catch((error: unknown) => {
          if (!(error instanceof Error) || error.message !== 'rolled back') throw error;
        });
      }
      writing -= 1;
    };
    const read: number[] = [];
    const tail = async (): Promise<void> => {
      let last = from;
      for (;;) {
        const over = writing === 0;
        const facts = await factsAfter(app.database.knex, last);
        read.push(...facts.map(({ seq }) => seq));
        last = facts.at(-1)?.seq ?? last;
        if (over && facts.length === 0) return;
      }
    };
    const tailing = Promise.all([tail()]);
    await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
    await tailing;
    const all = await rows<{ seq: number }>(
      app.database.knex,
      `select seq from events where seq > :from order by seq`,
      { from },
    );
    expect(all.length).toBeGreaterThan(WRITERS * EACH);
    expect(read).toEqual(all.map(({ seq }) => seq));
    const last = all.at(-1)?.seq ?? 0;
    expect(last - from, 'there were holes').toBeGreaterThan(all.length);
  });

  it('two nodes on one database each tell their own desks, whichever took the report', async () => {
    const here = app.east.dispatcher;
    const there = person(second.url, { ...app.east.manager });
    const [mine, theirs] = [await follow(here), await follow(there)];
    const crew = await follow(person(second.url, { ...app.west.dispatcher }));
    const reporters = [app.anyone, person(second.url, { ...app.anyone })];
    await Promise.all(
      Array.from({ length: 60 }, (_, n) => (reporters[n % 2] ?? app.anyone).does(reportSighting, { body: sighting() })),
    );
    const { seq } = await here.snapshot();
    await Promise.all([mine.reached(seq), theirs.reached(seq)]);
    for (const picture of [mine, theirs])
      expect(new Set(picture.news.map((change) => change.seq)).size).toBe(picture.news.length);
    expect(mine.news).toEqual(theirs.news);
    expect(mine.news.filter(({ type }) => type === 'sighting.reported')).toHaveLength(60);
    expect(tablesOf(mine.state)).toEqual(tablesOf(theirs.state));
    expect(crew.news).toEqual([]);
    // the same id on both nodes at the same moment is one report
    const body = sighting();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => (reporters[n % 2] ?? app.anyone).call(reportSighting, { body })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array<number>(19).fill(200), 201]);
    expect(new Set(answers.map((answer) => JSON.stringify(answer.body))).size).toBe(1);
    const item = randomUUID();
    await person(second.url, { ...app.east.manager }).does(createItem, {
      body: { id: item, name: item, unit: 'piece', kind: 'food' },
    });
    const after = (await here.snapshot()).seq;
    await mine.reached(after);
    expect(Object.keys(mine.state.items)).toContain(item);
  });
});
