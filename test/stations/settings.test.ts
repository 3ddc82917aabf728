/** What a city changes of itself: its stations, their areas, and the rules that hold in them. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { one, row, rows } from '../../server/db/rows.ts';
import { ruleAt } from '../../server/stations/queries.ts';
import { closeIncident, readIncident } from '../../shared/incidents.ts';
import { isRuleKey, risingRules, rootRules, ruleKeys, ruleSchemas } from '../../shared/rules.ts';
import {
  createStation,
  listAreas,
  listRules,
  listStations,
  removeArea,
  resetRule,
  setRule,
  updateArea,
  updateStation,
} from '../../shared/stations.ts';
import { readTally } from '../../shared/tally.ts';
import { useApp } from '../kit/app.ts';
import { report } from '../kit/builders.ts';
import { expectReplay } from '../kit/replay.ts';

const app = useApp();
type Answer = { status: number; body: unknown };
const said = ({ status, body }: Answer): unknown => {
  const { code, errors } = body as { code?: string; errors?: { path: string; code: string }[] };
  return [status, code, ...(errors ?? []).map((error) => `${error.path} ${error.code}`)];
};

describe('a station', () => {
  it('takes another name, zone and language, and every picture hears of it', async () => {
    const id = randomUUID();
    await app.east.admin.does(createStation, { body: { id, parentId: app.stations.east, name: 'Old name' } });
    const changed = await expectReplay(app, () =>
      app.east.admin.does(updateStation, { params: { id }, body: { version: 1, name: ' New name ' } }),
    );
    expect(changed).toMatchObject({ id, version: 2, name: 'New name', timeZone: 'Asia/Shanghai', locale: 'zh-CN' });
    const again = await app.root.admin.does(updateStation, {
      params: { id },
      body: { version: 2, timeZone: 'Asia/Urumqi', locale: 'en' },
    });
    expect(again).toMatchObject({ version: 3, name: 'New name', timeZone: 'Asia/Urumqi', locale: 'en' });
    expect((await app.east.crew.snapshot()).stations.find((station) => station.id === id)).toEqual(again);
    const fact = await row<{ type: string }>(
      app.database.knex,
      `select type from events where payload #>> '{rows,stations,0,id}' = :id order by seq desc limit 1`,
      { id },
    );
    expect(fact?.type).toBe('station.changed');
  });

  it('cuts the days of its tally by the new zone at once', async () => {
    const tally = () => app.west.manager.does(readTally, { query: { from: '2026-11-01', to: '2026-11-01' } });
    const before = await tally();
    const { version } = (await app.west.admin.does(listStations)).items[0] ?? { version: 0 };
    await app.west.admin.does(updateStation, {
      params: { id: app.stations.west },
      body: { version, timeZone: 'Asia/Tokyo' },
    });
    expect([before.timeZone, (await tally()).timeZone]).toEqual(['Asia/Shanghai', 'Asia/Tokyo']);
  });

  it('is changed by its own admin or one above, from the row as it is', async () => {
    const change = (by: typeof app.east.admin, id: string, body: object) =>
      by.call(updateStation, { params: { id }, body: body as never });
    expect(said(await change(app.west.admin, app.stations.east, { version: 1, name: 'x' }))).toEqual([
      404,
      'not_found',
    ]);
    expect(said(await change(app.east.admin, app.stations.root, { version: 1, name: 'x' }))).toEqual([
      404,
      'not_found',
    ]);
    const stale = await change(app.east.admin, app.stations.east, { version: 99, name: 'x' });
    expect([stale.status, stale.body]).toMatchObject([409, { code: 'version_conflict', current: { name: 'east' } }]);
    expect(said(await change(app.east.admin, app.stations.east, { version: 1, timeZone: '+08:00' }))).toEqual([
      422,
      'invalid',
      '/timeZone invalid',
    ]);
    expect(said(await change(app.east.admin, app.stations.east, { version: 1, parentId: app.stations.west }))).toEqual([
      422,
      'invalid',
      '/parentId unknown_field',
    ]);
  });
});

describe('an area', () => {
  /** The same outline as the east station's own area, a little larger on paper. */
  async function plant(name: string = randomUUID()): Promise<string> {
    const id = randomUUID();
    await rows(
      app.database.knex,
      `insert into areas (id, station_id, name, outline, size_m2, created_at)
       select cast(:id as uuid), station_id, :name, outline, size_m2 + 1, created_at from areas where id = cast(:east as uuid)`,
      { id, name, east: app.areas.east },
    );
    return id;
  }
  const lie = (incidentId: string, area: string): Promise<unknown[]> =>
    rows(
      app.database.knex,
      `update incidents set area_id = cast(:area as uuid), lane = null where id = cast(:incidentId as uuid)`,
      { incidentId, area },
    );

  it('takes another name and another station', async () => {
    const [id, below] = [await plant(), randomUUID()];
    await app.east.admin.does(createStation, { body: { id: below, parentId: app.stations.east, name: 'Below' } });
    const renamed = await app.east.admin.does(updateArea, { params: { id }, body: { version: 1, name: 'North' } });
    expect(renamed).toMatchObject({ id, version: 2, name: 'North', stationId: app.stations.east });
    const moved = await app.east.admin.does(updateArea, { params: { id }, body: { version: 2, stationId: below } });
    expect(moved).toMatchObject({ version: 3, name: 'North', stationId: below });
    expect((await app.east.admin.does(listAreas)).items.find((area) => area.id === id)).toEqual(moved);
    const change = (body: object, by = app.east.admin) => by.call(updateArea, { params: { id }, body: body as never });
    expect(said(await change({ version: 3, stationId: app.stations.west }))).toEqual([
      404,
      'not_found',
      '/stationId not_found',
    ]);
    expect(said(await change({ version: 3 }, app.west.admin))).toEqual([404, 'not_found']);
    const stale = await change({ version: 1, name: 'x' });
    expect([stale.status, stale.body]).toMatchObject([409, { code: 'version_conflict', current: { version: 3 } }]);
    expect(said(await change({ version: 3, stationId: app.stations.east, name: 'east' }))).toEqual([
      409,
      'taken',
      '/name taken',
    ]);
    await app.east.admin.does(removeArea, { params: { id } });
  });

  it('goes, and what happened in it keeps its station: in the next area there, or outside all', async () => {
    const id = await plant();
    const [inside, alone, closed] = [await report(app), await report(app), await report(app)];
    for (const { incidentId } of [inside, alone, closed]) await lie(incidentId, id);
    // nothing of the station covers this one
    await rows(
      app.database.knex,
      `update incidents set position = st_setsrid(st_makepoint(100, 30), 4326)::geography where id = cast(:id as uuid)`,
      { id: alone.incidentId },
    );
    await app.east.dispatcher.does(closeIncident, {
      params: { id: closed.incidentId },
      body: { reason: 'nobody there' },
    });
    expect(await expectReplay(app, () => app.east.admin.does(removeArea, { params: { id } }))).toEqual({});
    const where = async (incidentId: string) => {
      const incident = await app.east.dispatcher.does(readIncident, { params: { id: incidentId } });
      return { stationId: incident.stationId, areaId: incident.areaId, lane: incident.lane };
    };
    const east = { stationId: app.stations.east };
    expect(await where(inside.incidentId)).toEqual({ ...east, areaId: app.areas.east, lane: null });
    expect(await where(alone.incidentId)).toEqual({ ...east, areaId: null, lane: 'outside' });
    expect(await where(closed.incidentId)).toEqual({ ...east, areaId: app.areas.east, lane: null });
    expect((await app.east.admin.does(listAreas)).items.map((area) => area.id)).not.toContain(id);
    expect(said(await app.east.admin.call(removeArea, { params: { id } }))).toEqual([404, 'not_found']);
    expect(said(await app.west.admin.call(removeArea, { params: { id: app.areas.east } }))).toEqual([404, 'not_found']);
  });

  it('goes while people report from it, and no report is lost', async () => {
    const id = await plant();
    await rows(app.database.knex, `update areas set size_m2 = 1 where id = cast(:id as uuid)`, { id });
    const [first, , ...others] = await Promise.all([
      report(app),
      app.east.admin.does(removeArea, { params: { id } }),
      ...Array.from({ length: 10 }, () => report(app)),
    ]);
    const left = await one<{ n: number; placed: number }>(
      app.database.knex,
      `select cast(count(*) as integer) as n, cast(count(area_id) as integer) as placed from incidents where id = any (cast(:ids as uuid[]))`,
      { ids: [first, ...others].map(({ incidentId }) => incidentId) },
    );
    expect(left).toEqual({ n: 11, placed: 11 });
  });
});

describe('a rule', () => {
  afterEach(() => rows(app.database.knex, `delete from rules where station_id is not null`));
  const set = (
    key: string,
    value: unknown,
    { by = app.east.admin, version = 0, at }: { by?: typeof app.east.admin; version?: number; at?: string } = {},
  ) => by.call(setRule, { params: { key }, body: { version, value, ...(at === undefined ? {} : { stationId: at }) } });
  const held = (key: string, at: string): Promise<unknown> => ruleAt(app.database.knex, key, at);

  it('is laid over the one from above, changed, and taken away again', async () => {
    const first = await expectReplay(app, () => set('holds.duration', 60));
    expect([first.status, first.body]).toEqual([
      200,
      {
        key: 'holds.duration',
        stationId: app.stations.east,
        version: 1,
        value: 60,
        unit: 'min',
        source: 'Set by the station',
      },
    ]);
    expect([await held('holds.duration', app.stations.east), await held('holds.duration', app.stations.west)]).toEqual([
      60, 90,
    ]);
    expect((await set('holds.duration', 45, { version: 1 })).body).toMatchObject({ version: 2, value: 45 });
    const listed = (await app.east.crew.does(listRules)).items.filter(({ key }) => key === 'holds.duration');
    expect(listed.map(({ stationId, version, value }) => [stationId, version, value])).toEqual([
      [null, 1, 90],
      [app.stations.east, 2, 45],
    ]);
    expect(await app.east.admin.does(resetRule, { params: { key: 'holds.duration' } })).toEqual({});
    expect(await held('holds.duration', app.stations.east)).toBe(90);
    expect(said(await app.east.admin.call(resetRule, { params: { key: 'holds.duration' } }))).toEqual([
      404,
      'not_found',
    ]);
    // and again from nothing
    expect((await set('holds.duration', 30)).body).toMatchObject({ version: 1, value: 30 });
  });

  it('is set for a station below from above, and never sideways', async () => {
    expect((await set('eta.speed', 33, { by: app.root.admin, at: app.stations.west })).status).toBe(200);
    expect(await held('eta.speed', app.stations.west)).toBe(33);
    for (const at of [app.stations.west, app.stations.root])
      expect(said(await set('eta.speed', 34, { at, version: 1 }))).toEqual([404, 'not_found', '/stationId not_found']);
    const reset = (stationId: string) =>
      app.east.admin.call(resetRule, { params: { key: 'eta.speed' }, query: { stationId } });
    expect(said(await reset(app.stations.west))).toEqual([404, 'not_found', '/query/stationId not_found']);
    expect(await held('eta.speed', app.stations.west)).toBe(33);
  });

  it('is changed from the value one has seen', async () => {
    await set('eta.speed', 30);
    const blind = await set('eta.speed', 31);
    expect([blind.status, blind.body]).toMatchObject([
      409,
      { code: 'version_conflict', current: { value: 30, version: 1 } },
    ]);
    await app.east.admin.does(resetRule, { params: { key: 'eta.speed' } });
    const late = await set('eta.speed', 31, { version: 1 });
    expect([late.status, late.body]).toMatchObject([409, { code: 'version_conflict', current: null }]);
    const both = await Promise.all([
      set('eta.speed', 40),
      set('eta.speed', 41, { by: app.root.admin, at: app.stations.east }),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
  });

  it('has the form its schema says', async () => {
    for (const [key, value, ...findings] of [
      ['holds.duration', 4, '/value range'],
      ['holds.duration', 60.5, '/value type'],
      ['holds.duration', '60', '/value type'],
      ['holds.duration', undefined, '/value required'],
      ['holds.duration', null, '/value type'],
      ['signs.urgent', ['child', 'child'], '/value invalid'],
      ['signs.urgent', ['child', 'rich'], '/value/1 enum'],
      ['emergency.numbers', [], '/value range'],
      ['emergency.numbers', [{ number: '120', service: 'pizza' }], '/value/0/service enum'],
      ['emergency.numbers', [{ number: 'javascript:1', service: 'police' }], '/value/0/number format'],
      ['emergency.numbers', [{ number: '120', service: 'police', note: 'x' }], '/value/0/note unknown_field'],
      ['sign_in.second_factor', ['public'], '/value/0 enum'],
    ] as const)
      expect([key, said(await set(key, value))]).toEqual([key, [422, 'invalid', ...findings]]);
    for (const key of ['no.such.rule', 'toString', '__proto__', 'holds.duration ', "x'; drop table rules"]) {
      expect(said(await set(key, 1))).toEqual([404, 'not_found']);
      expect(said(await app.east.admin.call(resetRule, { params: { key } }))).toEqual([404, 'not_found']);
    }
  });

  it("that holds for the whole service is the root station's", async () => {
    for (const key of rootRules) {
      const value = key === 'coverage.cell' ? 200 : key === 'outside.hosts' ? [{ host: 'api.example.org' }] : 20;
      expect(said(await set(key, value))).toEqual([422, 'invalid', '/stationId root_only']);
      expect(said(await set(key, value, { by: app.root.admin, at: app.stations.east }))).toEqual([
        422,
        'invalid',
        '/stationId root_only',
      ]);
      expect((await set(key, value, { by: app.root.admin })).status).toBe(200);
    }
  });

  it.each(risingRules)('%s stays below %s, here and below', async (low, high) => {
    const root = { by: app.root.admin };
    const [usualLow, usualHigh] = [
      Number(await held(low, app.stations.root)),
      Number(await held(high, app.stations.root)),
    ];
    expect(said(await set(low, usualHigh))).toEqual([422, 'invalid', '/value not_below']);
    expect(said(await set(high, usualLow, root))).toEqual([422, 'invalid', '/value not_above']);
    // the station below has its own upper value, which one set above would cross
    expect((await set(high, usualLow + 1)).status).toBe(200);
    const crossing = await set(low, usualLow + 2, root);
    expect(said(crossing)).toEqual([422, 'invalid', '/value not_below']);
    expect(JSON.stringify(crossing.body)).toContain('east');
    expect(await held(low, app.stations.root)).toBe(usualLow);
    // taking away what makes room
    await rows(app.database.knex, `delete from rules where station_id is not null`);
    expect((await set(high, usualHigh * 2)).status).toBe(200);
    expect((await set(low, usualHigh + 1)).status).toBe(200);
    expect(said(await app.east.admin.call(resetRule, { params: { key: high } }))).toEqual([
      422,
      'invalid',
      '/key not_above',
    ]);
    expect(await held(high, app.stations.east)).toBe(usualHigh * 2);
    expect((await app.east.admin.call(resetRule, { params: { key: low } })).status).toBe(200);
    expect((await app.east.admin.call(resetRule, { params: { key: high } })).status).toBe(200);
  });

  it('of a pair that two set at once never ends up crossed', async () => {
    await set('positions.stale', 1_000);
    const both = await Promise.all([set('positions.fresh', 900), set('positions.stale', 800, { version: 1 })]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 422]);
    expect(Number(await held('positions.fresh', app.stations.east))).toBeLessThan(
      Number(await held('positions.stale', app.stations.east)),
    );
  });

  it('says in the audit log which one and by whom, and never in its source', async () => {
    await set('targets.seen', 90);
    const audited = await row<{ actorId: string; fields: string[] }>(
      app.database.knex,
      `select actor_id as "actorId", fields from audit where command = 'setRule' order by at desc, id desc limit 1`,
    );
    expect(audited).toEqual({ actorId: app.east.admin.id, fields: ['targets.seen', 'version', 'value'] });
  });

  it('has a default that its own schema takes, and none that is not in the table', async () => {
    const defaults = (await app.root.admin.does(listRules)).items.filter(({ stationId }) => stationId === null);
    expect(defaults.map(({ key }) => key).sort()).toEqual([...ruleKeys].sort());
    for (const { key, value } of defaults)
      expect(isRuleKey(key) && ruleSchemas[key].safeParse(value).success, key).toBe(true);
  });

  it('takes any value at all or says what is wrong with it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...ruleKeys), fc.jsonValue({ maxDepth: 3 }), async (key, value) => {
        const { status } = await set(key, value, { by: app.root.admin, version: 7 });
        expect([409, 422, 400]).toContain(status);
      }),
      { numRuns: 60 },
    );
  });
});
