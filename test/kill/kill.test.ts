/** kill -9 under load: what was acknowledged is there, once; what was not may be sent again. And two never share a folder. */
import { randomUUID } from 'node:crypto';
import { generateSync } from 'otplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../server/db/open.ts';
import { row, rows } from '../../server/db/rows.ts';
import type { Changes } from '../../shared/events.ts';
import { listSightings, type Receipt, reportSighting, type SightingBody } from '../../shared/sightings.ts';
import { applyAll, fromSnapshot } from '../../shared/state.ts';
import { createUser, whoAmI } from '../../shared/users.ts';
import { sighting } from '../kit/builders.ts';
import { DATABASE_HOOK_MS, quiet, type TestDatabase, testDatabase, testKind } from '../kit/database.ts';
import { person, type Person } from '../kit/people.ts';
import { tablesOf } from '../realtime/picture.ts';
import { endAll, isRunning, mustStart, type Program, startProgram } from './program.ts';

const CLIENTS = 24;
/** Acknowledged reports after which it is killed, in the middle of more. */
const KILL_AFTER = testKind === 'postgres' ? [60, 150, 90] : [75];
const SECONDS = 1_000;
const password = 'a long enough password';

let stored: TestDatabase;
let env: Record<string, string>;
beforeAll(async () => {
  stored = await testDatabase();
  env =
    stored.options.databaseUrl === undefined
      ? { DATA_DIR: stored.options.dataDir ?? '' }
      : { DATABASE_URL: stored.options.databaseUrl };
}, DATABASE_HOOK_MS);
afterAll(async () => {
  await endAll();
  await stored.drop();
}, DATABASE_HOOK_MS);

/** Whoever the cookie of this answer signs in. */
async function sessionIn(url: string, response: Response): Promise<Person> {
  const cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? null;
  const { user } = await person(url, { id: '', role: 'dispatcher', stationId: '', cookie }).does(whoAmI);
  return person(url, { id: user.id, role: user.role, stationId: user.stationId, cookie });
}

async function signedIn(url: string, username: string): Promise<Person> {
  const response = await fetch(`${url}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-requested-with': 'warmpath' },
    body: JSON.stringify({ username, password }),
  });
  return sessionIn(url, response);
}

/** Through the link that the program prints, as the operator does it, with the authenticator's key that the page shows. */
async function setUp(program: Program): Promise<void> {
  await expect.poll(() => program.setup, { timeout: 20 * SECONDS }).not.toBeNull();
  const link = `${program.url}${program.setup ?? ''}`;
  const key = /<code class="key">([^<]+)</.exec(await (await fetch(link)).text())?.[1]?.replaceAll(' ', '') ?? '';
  const form = new URLSearchParams({
    station: 'Root',
    zone: 'Asia/Shanghai',
    locale: 'en',
    number0: '120',
    service0: 'ambulance',
    username: 'admin',
    name: 'Admin',
    password,
    again: password,
    totp: generateSync({ secret: key }),
  });
  const done = await fetch(link, { method: 'POST', body: form, headers: { origin: program.url } });
  expect(done.status).toBe(200);
  // the code is good once only, so the session that set-up opened goes on
  const admin = await sessionIn(program.url, done);
  await admin.does(createUser, {
    body: {
      id: randomUUID(),
      stationId: admin.stationId,
      username: 'desk',
      name: 'Desk',
      role: 'dispatcher',
      password,
    },
  });
}

/** What all clients together have sent, and what was acknowledged. */
interface Ledger {
  sent: Map<string, SightingBody>;
  acknowledged: Map<string, Receipt>;
}
const unacknowledged = ({ sent, acknowledged }: Ledger): SightingBody[] =>
  [...sent.values()].filter(({ id }) => !acknowledged.has(id));

/** One report as a phone sends it: acknowledged is 201 or 200 with the id in the body, all else is not. */
async function sendOne(url: string, body: SightingBody, ledger: Ledger): Promise<boolean> {
  ledger.sent.set(body.id, body);
  try {
    const { status, body: receipt } = await person(url, { id: '', role: 'public', stationId: '', cookie: null }).call(
      reportSighting,
      { body },
    );
    if ((status !== 201 && status !== 200) || receipt.id !== body.id) return false;
    const before = ledger.acknowledged.get(body.id);
    if (before) expect(receipt).toEqual(before);
    ledger.acknowledged.set(body.id, receipt);
    return true;
  } catch {
    return false;
  }
}

/** Many clients post until the program is gone, which it is after so many acknowledgements. */
async function loadUntilKilled(program: Program, ledger: Ledger, after: number): Promise<void> {
  const enough = ledger.acknowledged.size + after;
  const killed: Promise<void>[] = [];
  const client = async (): Promise<void> => {
    while (killed.length === 0) {
      await sendOne(program.url, sighting(), ledger);
      if (ledger.acknowledged.size >= enough && killed.length === 0) killed.push(program.kill());
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  await Promise.all(killed);
}

async function allSightings(desk: Person): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | null = null;
  do {
    const page: { items: { id: string }[]; nextCursor: string | null } = await desk.does(listSightings, {
      query: { limit: '500', ...(cursor === null ? {} : { cursor }) },
    });
    ids.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor;
  } while (cursor !== null);
  return ids;
}

describe('kill -9', () => {
  it(
    'under load, restart: every acknowledged sighting is there, none twice',
    async () => {
      const ledger: Ledger = { sent: new Map(), acknowledged: new Map() };
      let program = await mustStart(env);
      await setUp(program);
      const start = fromSnapshot(await (await signedIn(program.url, 'desk')).snapshot());
      for (const after of KILL_AFTER) {
        await loadUntilKilled(program, ledger, after);
        expect(unacknowledged(ledger).length, 'it died in the middle of work').toBeGreaterThan(0);
        program = await mustStart(env);
        const there = new Set(await allSightings(await signedIn(program.url, 'desk')));
        expect(
          [...ledger.acknowledged.keys()].filter((id) => !there.has(id)),
          'acknowledged and lost',
        ).toEqual([]);
        // the phones send again what they heard nothing of; some of it is there already
        await Promise.all(unacknowledged(ledger).map((body) => sendOne(program.url, body, ledger)));
        expect(unacknowledged(ledger)).toEqual([]);
      }
      // and some send again what was acknowledged: the same answer, nothing new
      for (const body of [...ledger.sent.values()].slice(0, 20)) await sendOne(program.url, body, ledger);

      const desk = await signedIn(program.url, 'desk');
      const sent = [...ledger.sent.keys()].sort();
      expect((await allSightings(desk)).sort()).toEqual(sent);
      const fresh = fromSnapshot(await desk.snapshot());
      expect(
        Object.values(fresh.incidents)
          .flatMap(({ sightingIds }) => sightingIds)
          .sort(),
      ).toEqual(sent);
      const { changes } = (await (await desk.fetch(`/api/changes?since=${String(start.seq)}`)).json()) as Changes;
      expect(tablesOf(applyAll(start, changes))).toEqual(tablesOf(fresh));
      expect(changes.map(({ seq }) => seq)).toEqual([...changes.map(({ seq }) => seq)].sort((a, b) => a - b));
      expect(await program.stop()).toBe(0);

      const database = await openDatabase({ ...stored.options, log: quiet });
      try {
        const db = database.knex;
        const facts = await rows<{ id: string; facts: number }>(
          db,
          `select g.id, (select count(*)::integer from events e where e.type = 'sighting.reported' and e.payload->'rows'->'incidents'->0->'sightingIds'->>0 = g.id::text) as facts from sightings g`,
        );
        expect(facts).toHaveLength(sent.length);
        expect(facts.filter((each) => each.facts !== 1)).toEqual([]);
        const counts = await row(
          db,
          `select (select count(*)::integer from incidents) as incidents, (select count(*)::integer from incident_entries where kind = 'reported') as entries,
           (select count(*)::integer from audit where command = 'reportSighting') as audit,
           (select count(*)::integer from events where type = 'sighting.reported') as events,
           (select count(*)::integer from incidents i where not exists (select from sightings g where g.incident_id = i.id)) as empty`,
        );
        expect(counts).toEqual({
          incidents: sent.length,
          entries: sent.length,
          audit: sent.length,
          events: sent.length,
          empty: 0,
        });
      } finally {
        await database.close();
      }
    },
    150 * SECONDS,
  );

  it.skipIf(testKind === 'postgres')(
    'a second server on the same folder exits with code 3, and the first loses nothing (not for this database on PostgreSQL: two servers may share one)',
    async () => {
      const first = await mustStart(env);
      const ledger: Ledger = { sent: new Map(), acknowledged: new Map() };
      let over = false;
      const client = async (): Promise<void> => {
        while (!over) expect(await sendOne(first.url, sighting(), ledger)).toBe(true);
      };
      const load = Promise.all(Array.from({ length: 2 }, client));
      const second = await startProgram(env);
      if (isRunning(second)) await second.kill();
      expect(second).toMatchObject({
        code: 3,
        errors: expect.stringMatching(/Another Warmpath process is using the data folder/),
      });
      expect(JSON.stringify(second)).not.toMatch(/\bat .+:\d+:\d+/);
      over = true;
      await load;
      const there = new Set(await allSightings(await signedIn(first.url, 'desk')));
      expect(ledger.acknowledged.size).toBeGreaterThan(0);
      expect([...ledger.acknowledged.keys()].filter((id) => !there.has(id))).toEqual([]);
      expect(await first.stop()).toBe(0);
      // when it is gone, the folder is free, with everything in it
      const next = await mustStart(env);
      expect((await allSightings(await signedIn(next.url, 'desk'))).sort()).toEqual([...there].sort());
      expect(await next.stop()).toBe(0);
    },
    120 * SECONDS,
  );
});
