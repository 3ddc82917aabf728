/** Taking reports: acknowledged once, on disk, at the right station, whatever is sent beside them. */
import { afterEach, describe, expect, it } from 'vitest';
import { row, rows } from '../../server/db/rows.ts';
import { reportSighting as take } from '../../server/sightings/intake.ts';
import { listIncidents } from '../../shared/incidents.ts';
import type { LonLat } from '../../shared/geo.ts';
import { listSightings, readFollow, reportSighting, type SightingBody } from '../../shared/sightings.ts';
import { useApp } from '../kit/app.ts';
import { sighting } from '../kit/builders.ts';
import { hours, minutes } from '../kit/clock.ts';
import { expectReplay } from '../kit/replay.ts';

const app = useApp();
const send = (body: SightingBody) => app.anyone.call(reportSighting, { body });
const count = async (table: 'sightings' | 'incidents' | 'events', id: string): Promise<number> => {
  const where = {
    sightings: 'id = cast(:id as uuid)',
    incidents: 'id in (select incident_id from sightings where id = cast(:id as uuid))',
    events: `payload #>> '{rows,incidents,0,sightingIds,0}' = :id`,
  };
  return (await rows(app.database.knex, `select 1 from ${table} where ${where[table]}`, { id })).length;
};
const stored = (id: string) =>
  row<{
    observedAt: Date;
    receivedAt: Date;
    clockSuspect: boolean;
    origin: { crs: string; coordinates: LonLat } | null;
    verified: boolean;
    description: string | null;
  }>(
    app.database.knex,
    `select observed_at as "observedAt", received_at as "receivedAt", clock_suspect as "clockSuspect", origin, verified, description from sightings where id = cast(:id as uuid)`,
    { id },
  );

describe('a receipt', () => {
  it('says the number and the link, and every viewer hears of it as they find it later', async () => {
    const body = sighting({
      signs: ['wet', 'elderly'],
      accuracyM: 12.3456789,
      position: { type: 'Point', coordinates: [108.97123456789, 34.26123456789] },
      spoken: false,
      wantsHelp: null,
      placeText: 'under the bridge',
      placeCode: 'L-17',
    });
    const { status, body: receipt, headers } = await expectReplay(app, () => send(body));
    expect(status).toBe(201);
    expect(headers.get('idempotent-replay')).toBeNull();
    expect(receipt).toMatchObject({ id: body.id, version: 1 });
    expect(receipt.code).toMatch(/^[2-9A-HJKMNP-TV-Z]{4}-[2-9A-HJKMNP-TV-Z]{4}$/);
    expect(receipt.followUpUrl).toMatch(/^\/follow\/[\w-]{43}$/);
    const { items } = await app.east.dispatcher.does(listIncidents);
    expect(items.find(({ sightingIds }) => sightingIds.includes(body.id))).toMatchObject({
      code: receipt.code,
      status: 'open',
      priority: 'urgent',
      stationId: app.stations.east,
      areaId: app.areas.east,
      lane: null,
      accuracyM: 12.3,
      version: 1,
    });
    const list = await app.east.dispatcher.does(listSightings);
    expect(list.items[0]).toMatchObject({
      id: body.id,
      code: receipt.code,
      spoken: false,
      wantsHelp: null,
      stillThere: null,
      placeText: 'under the bridge',
      placeCode: 'L-17',
      photos: [],
    });
    expect((await app.west.dispatcher.does(listSightings)).items).toEqual([]);
  });

  it('is the same again for the same report, and for the same id in capitals', async () => {
    const body = sighting();
    const first = await send(body);
    for (const again of [
      body,
      { ...body, id: body.id.toUpperCase() },
      Object.fromEntries(Object.entries(body).reverse()) as SightingBody,
    ]) {
      const replay = await send(again);
      expect([replay.status, replay.headers.get('Idempotent-Replay'), replay.body]).toEqual([200, 'true', first.body]);
    }
    expect(await count('sightings', body.id)).toBe(1);
  });

  it('is not given for other words under the same id', async () => {
    const body = sighting();
    await send(body);
    const other = await send({ ...body, people: 2 });
    expect([other.status, other.body]).toMatchObject([409, { code: 'key_reuse', errors: [{ path: '/id' }] }]);
    expect(await count('sightings', body.id)).toBe(1);
  });

  it('is given once to twenty twins at the same moment', async () => {
    const body = sighting();
    const replies = await Promise.all(Array.from({ length: 20 }, () => send(body)));
    expect(replies.map(({ status }) => status).sort()).toEqual([...Array<number>(19).fill(200), 201]);
    expect(new Set(replies.map((reply) => JSON.stringify(reply.body))).size).toBe(1);
    for (const { status, headers } of replies)
      expect(headers.get('idempotent-replay')).toBe(status === 200 ? 'true' : null);
    expect([
      await count('sightings', body.id),
      await count('incidents', body.id),
      await count('events', body.id),
    ]).toEqual([1, 1, 1]);
  });

  it('is given once by two nodes to twins at the same moment', async () => {
    // Another node is another queue before the same database.
    const nodes = [app.service, { ...app.service }];
    for (let round = 0; round < 5; round += 1) {
      const body = sighting();
      const replies = await Promise.all(
        Array.from({ length: 10 }, (_, n) => take(nodes[n % 2] ?? app.service, { kind: 'public' }, body)),
      );
      expect(replies.map(({ status }) => status).sort()).toEqual([...Array<number>(9).fill(200), 201]);
      expect(await count('sightings', body.id)).toBe(1);
    }
  });
});

describe('many at once', () => {
  it('are each acknowledged once, with their own number and link', async () => {
    const bodies = Array.from({ length: 300 }, (_, n) =>
      sighting({
        people: 1 + (n % 99),
        position: { type: 'Point', coordinates: [108.96 + (n % 20) / 500, 34.21 + n / 5000] },
      }),
    );
    const replies = await Promise.all(bodies.map(send));
    expect(replies.map(({ status }) => status)).toEqual(bodies.map(() => 201));
    expect(replies.map(({ body }) => body.id)).toEqual(bodies.map(({ id }) => id));
    expect(new Set(replies.map(({ body }) => body.code)).size).toBe(300);
    const found = await rows<{
      id: string;
      code: string;
      people: number;
      incidents: number;
      facts: number;
      entries: number;
      audits: number;
    }>(
      app.database.knex,
      `select g.id, g.code, g.people, (select count(*)::integer from incidents i where i.id = g.incident_id and i.people = g.people) as incidents,
         (select count(*)::integer from incident_entries n where n.incident_id = g.incident_id and n.kind = 'reported') as entries,
         (select count(*)::integer from audit a where g.id = any (a.subject_ids)) as audits,
         (select count(*)::integer from events e where e.type = 'sighting.reported' and e.payload #>> '{rows,incidents,0,id}' = cast(g.incident_id as text)) as facts
       from sightings g where g.id = any (cast(:ids as uuid[]))`,
      { ids: bodies.map(({ id }) => id) },
    );
    const byId = new Map(found.map((each) => [each.id, each]));
    for (const [n, { body }] of replies.entries())
      expect(byId.get(body.id)).toEqual({
        id: body.id,
        code: body.code,
        people: bodies[n]?.people,
        incidents: 1,
        facts: 1,
        entries: 1,
        audits: 1,
      });
    for (const { body } of replies.slice(0, 5)) {
      const follow = await app.anyone.does(readFollow, { params: { token: body.followUpUrl.slice(8) } });
      expect(follow).toEqual({
        code: body.code,
        status: 'received',
        updates: [{ status: 'received', at: app.clock.now().toISOString() }],
        question: null,
        questionId: null,
      });
    }
  });
});

describe('a database that fails', () => {
  const break_ = async (sqlstate: string): Promise<void> => {
    await rows(
      app.database.knex,
      `create or replace function fail_here() returns trigger language plpgsql as $f$ begin raise exception 'no' using errcode = '${sqlstate}'; end $f$`,
    );
    await rows(
      app.database.knex,
      `create trigger fail_here before insert on incident_entries for each row execute function fail_here()`,
    );
  };
  afterEach(async () => {
    await rows(app.database.knex, `drop function if exists fail_here cascade`);
  });

  it('is told as 503 with when to come again, and nothing is half written', async () => {
    await break_('53100');
    const bodies = Array.from({ length: 12 }, () => sighting());
    for (const { status, body, headers } of await Promise.all(bodies.map(send))) {
      expect([status, body]).toMatchObject([503, { code: 'unavailable' }]);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    }
    for (const { id } of bodies) expect([await count('sightings', id), await count('events', id)]).toEqual([0, 0]);
    await rows(app.database.knex, `drop function fail_here cascade`);
    expect((await Promise.all(bodies.map(send))).map(({ status }) => status)).toEqual(bodies.map(() => 201));
  });

  it('that will not have one report takes the others of its batch', async () => {
    await rows(
      app.database.knex,
      `create or replace function fail_here() returns trigger language plpgsql as $f$ begin if new.place_code = 'POISON' then raise exception 'no'; end if; return new; end $f$`,
    );
    await rows(
      app.database.knex,
      `create trigger fail_here before insert on sightings for each row execute function fail_here()`,
    );
    const bodies = Array.from({ length: 20 }, (_, n) => sighting(n === 7 ? { placeCode: 'POISON' } : {}));
    const replies = await Promise.all(bodies.map(send));
    expect(replies.map(({ status }) => status)).toEqual(bodies.map((_, n) => (n === 7 ? 500 : 201)));
    expect(await Promise.all(bodies.map(({ id }) => count('incidents', id)))).toEqual(
      bodies.map((_, n) => (n === 7 ? 0 : 1)),
    );
  });
});

describe('the time of seeing', () => {
  const at = (ms: number): string => new Date(app.clock.now().getTime() + ms).toISOString();
  it.each([
    ['now', 0, false],
    ['nine minutes ahead', minutes(9), false],
    ['a day ahead', hours(24), true],
    ['48 h ahead', hours(48), true],
    ['71 h ago', -hours(71), false],
    ['80 h ago', -hours(80), true],
  ])('%s is kept, suspect or not', async (_name, ms, suspect) => {
    const body = sighting({ observedAt: at(ms) });
    expect((await send(body)).status).toBe(201);
    expect(await stored(body.id)).toMatchObject({
      clockSuspect: suspect,
      observedAt: new Date(at(ms)),
      receivedAt: app.clock.now(),
    });
  });
  it.each([
    ['more than 48 h ahead', () => at(hours(48) + 1000), 'range'],
    ['before 2020', () => '2019-12-31T23:59:59Z', 'range'],
    ['year 0', () => '0000-01-01T00:00:00Z', 'range'],
    ['no date', () => 'yesterday', 'format'],
  ])('%s is refused', async (_name, when, code) => {
    const body = sighting({ observedAt: when() });
    const { status, body: problem } = await send(body);
    expect([status, problem]).toMatchObject([422, { errors: [{ path: '/observedAt', code }] }]);
    expect(await count('sightings', body.id)).toBe(0);
  });
  it('may carry any offset that ISO 8601 allows', async () => {
    const body = sighting({ observedAt: '2026-01-16T12:00:00+23:59' });
    expect((await send(body)).status).toBe(201);
    expect((await stored(body.id))?.observedAt.toISOString()).toBe('2026-01-15T12:01:00.000Z');
  });
  it('is the receipt when nothing is said', async () => {
    const body = sighting();
    await send(body);
    expect((await stored(body.id))?.observedAt).toEqual(app.clock.now());
  });
});

describe('words', () => {
  it('with half characters neither fail nor take others with them', async () => {
    const bodies = [sighting({ description: 'a\ud800b', placeText: '\udfff' }), sighting({ description: '桥下🌉' })];
    const [odd, fine] = await Promise.all(bodies.map(send));
    expect(fine?.status).toBe(201);
    expect([201, 422]).toContain(odd?.status);
    expect((await stored(bodies[1]?.id ?? ''))?.description).toBe('桥下🌉');
  });
});
