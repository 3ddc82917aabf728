/** An update without a pause: two nodes, restarted one after the other while people report; and a database that migrates once. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../server/db/open.ts';
import { rows } from '../../server/db/rows.ts';
import type { SightingBody } from '../../shared/sightings.ts';
import { endAll, isRunning, mustStart, type Program, startProgram } from '../kill/program.ts';
import { sighting } from '../kit/builders.ts';
import { DATABASE_HOOK_MS, quiet, type TestDatabase, testDatabase, testKind } from '../kit/database.ts';

const REPORTERS = 4;
/** Refused is what a proxy retries elsewhere by itself; anything else that is no answer would reach a person. */
type Outcome = number | 'refused' | 'cut off';
interface Told {
  outcome: Outcome;
  id: string | null;
  closes: boolean;
}

function send(node: string, body: SightingBody, agent: Agent): Promise<Told> {
  return new Promise((resolve) => {
    const call = request(`${node}/api/sightings`, {
      method: 'POST',
      agent,
      headers: { 'content-type': 'application/json' },
    });
    call.on('error', (error: NodeJS.ErrnoException) => {
      resolve({ outcome: error.code === 'ECONNREFUSED' ? 'refused' : 'cut off', id: null, closes: true });
    });
    call.on('response', (response) => {
      let text = '';
      response.on('data', (data: Buffer) => (text += data.toString()));
      response.on('close', () => {
        const id = response.complete ? ((JSON.parse(text) as { id?: string }).id ?? null) : null;
        const closes = response.headers.connection === 'close';
        resolve({ outcome: response.complete ? (response.statusCode ?? 0) : 'cut off', id, closes });
      });
    });
    call.end(JSON.stringify(body));
  });
}

describe.skipIf(testKind === 'embedded')(
  'two nodes on one database (not for this database: one process has it)',
  () => {
    let stored: TestDatabase;
    let env: Record<string, string>;
    const made: (() => Promise<unknown>)[] = [];
    beforeAll(async () => {
      stored = await testDatabase();
      env = { DATABASE_URL: stored.options.databaseUrl ?? '', TRUST_PROXY: '1' };
      const database = await openDatabase({ ...stored.options, log: quiet });
      await rows(
        database.knex,
        `insert into stations (id, path, name, time_zone, locale, created_at)
       select id, array[id], 'Root', 'Asia/Shanghai', 'en', '2026-01-01T00:00:00Z' from (select gen_random_uuid() as id) as new`,
      );
      await database.close();
    }, DATABASE_HOOK_MS);
    afterAll(async () => {
      await endAll();
      for (const undo of made) await undo();
      await stored.drop();
    }, DATABASE_HOOK_MS);

    it('restarts one node after the other while people report, and loses and doubles nothing', async () => {
      const [first, second] = await Promise.all([mustStart(env), mustStart(env)]);
      const nodes: { program: Program | null }[] = [{ program: first }, { program: second }];
      const acknowledged: string[] = [];
      const outcomes = new Map<Outcome, number>();
      let over = false;
      let goodbyes = 0;
      const reporter = async (): Promise<void> => {
        const agent = new Agent({ keepAlive: true, maxSockets: 1 });
        while (!over) {
          const body = sighting();
          // as our client does it: the same report, with the same id, until it is acknowledged with that id
          for (let turn = Math.floor(Math.random() * 2); ; turn += 1) {
            const node = nodes[turn % 2]?.program;
            if (!node) continue;
            const told = await send(node.url, body, agent);
            outcomes.set(told.outcome, (outcomes.get(told.outcome) ?? 0) + 1);
            if (told.closes && told.outcome === 201) goodbyes += 1;
            if (told.id === body.id) break;
            await sleep(20);
          }
          acknowledged.push(body.id);
        }
        agent.destroy();
      };
      const reporters = Array.from({ length: REPORTERS }, reporter);
      const health = async (url: string): Promise<number> => (await fetch(`${url}/api/health`)).status;
      for (const node of nodes) {
        const { program } = node;
        if (!program) throw new Error('no program');
        const enough = acknowledged.length + 100;
        await expect.poll(() => acknowledged.length).toBeGreaterThan(enough);
        const stopped = program.stop();
        // it says so first, and still answers
        await expect.poll(() => health(program.url), { timeout: 2_500, interval: 50 }).toBe(503);
        expect((await fetch(`${program.url}/report`)).status).toBe(200);
        // the proxy has noticed by now
        node.program = null;
        expect(await stopped).toBe(0);
        node.program = await mustStart(env);
      }
      const enough = acknowledged.length + 100;
      await expect.poll(() => acknowledged.length).toBeGreaterThan(enough);
      over = true;
      await Promise.all(reporters);
      expect(await Promise.all(nodes.map(async ({ program }) => program?.stop()))).toEqual([0, 0]);

      expect([...outcomes.keys()].filter((outcome) => ![200, 201, 503, 'refused'].includes(outcome))).toEqual([]);
      expect(goodbyes).toBeGreaterThan(0);
      const database = await openDatabase({ ...stored.options, log: quiet });
      const stayed = await rows<{ id: string; facts: number }>(
        database.knex,
        `select g.id, (select count(*)::integer from events e where e.type = 'sighting.reported' and e.payload->'rows'->'incidents'->0->'sightingIds'->>0 = g.id::text) as facts from sightings g`,
      );
      await database.close();
      expect(stayed.filter(({ facts }) => facts !== 1)).toEqual([]);
      expect(stayed.map(({ id }) => id).sort()).toEqual([...acknowledged].sort());
      expect(new Set(acknowledged).size).toBe(acknowledged.length);
    });

    it('that start at once on an empty database migrate it once, and all come up', async () => {
      const database = await openDatabase({ ...stored.options, log: quiet });
      const name = `warmpath_test_start_${String(process.pid)}`;
      await rows(database.knex, `create database ${name} template template0`);
      made.push(async () => {
        const again = await openDatabase({ ...stored.options, log: quiet });
        await rows(again.knex, `drop database ${name} with (force)`);
        await again.close();
      });
      await database.close();
      const url = new URL(stored.options.databaseUrl ?? '');
      url.pathname = `/${name}`;
      const options = { databaseUrl: url.href, log: quiet };
      const opened = await Promise.all([openDatabase(options), openDatabase(options), openDatabase(options)]);
      for (const each of opened) {
        expect(await rows(each.knex, `select name from knex_migrations group by name having count(*) <> 1`)).toEqual(
          [],
        );
        expect((await rows(each.knex, `select key from rules where key = 'holds.duration'`)).length).toBe(1);
      }
      await Promise.all(opened.map((each) => each.close()));
    });

    it('stops with exit code 4 on a database of a newer version, and changes nothing', async () => {
      const change = async (sql: string): Promise<void> => {
        const database = await openDatabase({ ...stored.options, log: quiet, migrate: false });
        await rows(database.knex, sql);
        await database.close();
      };
      await change(
        `insert into knex_migrations (name, batch, migration_time) values ('999901010001_future', 99, '2026-11-22T00:00:00Z')`,
      );
      const ended = await startProgram(env);
      if (isRunning(ended)) await ended.kill();
      expect(ended).toMatchObject({
        code: 4,
        errors: expect.stringMatching(/newer version of Warmpath \(migration 999901010001_future/),
      });
      await change(`delete from knex_migrations where name = '999901010001_future'`);
    });
  },
);
