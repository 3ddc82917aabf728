/** What the map and the list say: cells passed or called for, weighed by the rules; only the own subtree; only to who is on shift. */
import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { rows } from '../../server/db/rows.ts';
import { cellsIn, looksNext } from '../../server/coverage/queries.ts';
import { listLookHere, readCoverage } from '../../shared/coverage.ts';
import { cellOf, cornersOf, middleOf } from '../../shared/coverage-grid.ts';
import { recordEncounter } from '../../shared/encounters.ts';
import { distanceM } from '../../shared/geo.ts';
import { createSite, updateSite } from '../../shared/sites.ts';
import { addPerson, useApp } from '../kit/app.ts';
import { testKind } from '../kit/database.ts';
import { goOut, report } from '../kit/builders.ts';
import { hours, minutes } from '../kit/clock.ts';
import type { Person } from '../kit/people.ts';
import { at, clear, count, grid, lay, outing } from './tracks.ts';

const app = useApp();
const desk = (): Person => app.east.dispatcher;
const city = '108.9,34.2,109.05,34.3';
const place = (x: number, y: number) => ({ type: 'Point' as const, coordinates: at(x, y) });
const cellsOf = async (who: Person = desk(), bbox = city) =>
  new Map(
    (await who.does(readCoverage, { query: { bbox } })).cells.map(([x, y, h, w]) => [
      `${String(x)}:${String(y)}`,
      [h, w],
    ]),
  );
const looks = async (who: Person = desk(), near?: string) =>
  (await who.does(listLookHere, { query: near === undefined ? {} : { near } })).items;
const meet = async (x: number, y: number, over: object = {}): Promise<void> => {
  await desk().does(recordEncounter, {
    body: { id: randomUUID(), position: place(x, y), people: [{ outcome: 'guided' }], ...over },
  });
};
const site = async (x: number, y: number, visitEveryH?: number): Promise<string> => {
  const id = randomUUID();
  await desk().does(createSite, {
    body: { id, name: 'bridge', position: place(x, y), ...(visitEveryH === undefined ? {} : { visitEveryH }) },
  });
  return id;
};
const visited = (id: string, hoursAgo: number): Promise<unknown> =>
  rows(app.database.knex, `update sites set visited_at = :at where id = cast(:id as uuid)`, {
    id,
    at: new Date(app.clock.now().getTime() - hours(hoursAgo)),
  });

beforeEach(async () => {
  await clear(app);
  await rows(app.database.knex, `delete from encounter_people`);
  await rows(app.database.knex, `delete from encounters`);
  await rows(app.database.knex, `update sites set active = false`);
  await rows(
    app.database.knex,
    `update incidents set status = 'closed', closed_at = opened_at where status <> 'closed'`,
  );
});

describe('the grid', () => {
  it('is the same plane there and back, and its metres are metres', () => {
    for (const [x, y] of [
      [0, 0],
      [-7, 3],
      [250, -180],
    ] as const) {
      expect(cellOf(grid, middleOf(grid, x, y))).toEqual([x, y]);
      const [[west, south], [east, north]] = cornersOf(grid, x, y);
      expect(Math.abs(distanceM([west, south], [east, south]) / 100 - 1)).toBeLessThan(0.01);
      expect(Math.abs(distanceM([west, south], [west, north]) / 100 - 1)).toBeLessThan(0.01);
    }
    expect(
      cellOf({ ...grid, origin: { type: 'Point', coordinates: [0, 90] } }, [180, -90]).every(Number.isFinite),
    ).toBe(true);
  });
});

describe('the map', () => {
  it('has cells that were passed, and cells that something calls to; never passed and nothing there is no cell', async () => {
    await lay(app, await outing(app), [{ s: 0, x: 50, y: 50 }], app.clock.now());
    await count(app);
    app.clock.advance(minutes(59) + hours(1));
    await meet(250, 50);
    await meet(260, 60);
    await meet(270, 60, { people: [], notFoundReason: 'gone' });
    await report(app, { position: place(250, 50) });
    await report(app, { position: place(50, 50) });
    await site(450, 50, 12);
    await site(650, 50);
    const answer = await desk().does(readCoverage, { query: { bbox: city } });
    expect(answer).toMatchObject({ grid, more: false });
    expect(answer.upTo).toMatch(/^2026-01-15T1/);
    expect(Object.fromEntries(await cellsOf())).toEqual({
      '0:0': [2, 3],
      // two meetings and a report; a visit never made
      '2:0': [-1, 5],
      '4:0': [-1, 5],
    });
    expect([...(await cellsOf(desk(), [...at(201, 1), ...at(299, 99)].join(','))).keys()]).toEqual(['2:0']);
    expect((await cellsOf(desk(), '108,33,108.1,33.1')).size).toBe(0);
  });

  it('forgets meetings after the rule `coverage.look_back`', async () => {
    await meet(50, 50);
    await meet(50, 50);
    await rows(app.database.knex, `update encounters set at = :at where id = (select id from encounters limit 1)`, {
      at: new Date(app.clock.now().getTime() - hours(24 * 365) - 1),
    });
    expect((await cellsOf()).get('0:0')).toEqual([-1, 1]);
  });

  it('answers a bbox that is none with 422, and the whole world with what there is', async () => {
    await meet(50, 50);
    for (const bbox of ['1,2,3', 'NaN,1,2,3', '1,2,3,four', '', '-181,0,1,1', '0,10,1,9', '1e9,0,1,1', "1,2,3,4'--"])
      expect(await desk().call(readCoverage, { query: { bbox } })).toMatchObject({
        status: 422,
        body: { errors: [{ path: '/query/bbox', code: 'bbox' }] },
      });
    expect(await desk().call(readCoverage, { query: {} })).toMatchObject({ status: 422 });
    expect((await cellsOf(desk(), '-180,-90,180,90')).get('0:0')).toEqual([-1, 1]);
    for (const near of ['1', '1,2,3', 'NaN,1', '200,1', '34.2,108.9', ''])
      expect(await desk().call(listLookHere, { query: { near } })).toMatchObject({
        status: 422,
        body: { errors: [{ path: '/query/near' }] },
      });
  });

  it('holds 20,000 cells and says when there are more, what weighs most first', async () => {
    await count(app);
    await rows(
      app.database.knex,
      `insert into coverage_cells (station_id, x, y, passed_at) select cast(:east as uuid), n % 150, n / 150, :now from generate_series(0, 20000) n`,
      { east: app.stations.east, now: app.clock.now() },
    );
    await meet(5_050, 13_350);
    const answer = await desk().does(readCoverage, { query: { bbox: '108.9,34.2,109.3,34.5' } });
    expect([answer.cells.length, answer.more, answer.cells[0]]).toEqual([20_000, true, [50, 133, 0, 1]]);
  });
});

describe('who sees it', () => {
  it('sees the own subtree: what its patrols passed, its meetings, reports and places', async () => {
    await lay(app, await outing(app, app.stations.west), [{ s: 0, x: 50, y: 50 }]);
    await lay(app, await outing(app), [{ s: 0, x: 350, y: 50 }]);
    await count(app);
    await meet(650, 50);
    const due = await site(950, 50, 1);
    const seen = async (who: Person): Promise<string[]> => [...(await cellsOf(who)).keys()].sort();
    expect(await seen(app.west.dispatcher)).toEqual(['0:0']);
    expect(await seen(desk())).toEqual(['3:0', '6:0', '9:0']);
    expect(await seen(app.root.dispatcher)).toEqual(['0:0', '3:0', '6:0', '9:0']);
    expect(await looks(app.west.manager)).toEqual([]);
    expect((await looks()).map(({ id }) => id)).toEqual([due, '6:0']);
    const crew = await addPerson(app, 'crew', app.stations.east);
    expect([await seen(crew), await looks(crew)]).toEqual([[], []]);
    await goOut(app, [crew], null);
    expect([await seen(crew), (await looks(crew)).length]).toEqual([['3:0', '6:0', '9:0'], 2]);
    for (const who of [app.anyone, app.east.partner, app.east.shelter, app.east.admin, app.east.inspector])
      for (const path of [`/api/coverage?bbox=${city}`, '/api/coverage/next', '/api/rounds', '/api/runs'])
        if (who !== app.east.inspector || !path.includes('/r'))
          expect([401, 403], `${who.role} ${path}`).toContain((await who.fetch(path)).status);
  });
});

describe('where to look next', () => {
  it('begins with places whose visit is due, then what weighs most and was unseen longest, the nearest among equals', async () => {
    const [overdue, never, soon, fresh] = [
      await site(50, 50, 12),
      await site(450, 50, 12),
      await site(850, 50, 12),
      await site(1_250, 50, 12),
    ];
    await visited(overdue, 36);
    await visited(soon, 6);
    await visited(fresh, 5.9);
    for (let n = 0; n < 40; n += 1) await meet(2_050, 50);
    await meet(2_450, 50);
    await meet(2_850, 50);
    await lay(app, await outing(app), [{ s: 0, x: 2_050, y: 50 }], new Date(app.clock.now().getTime() - hours(24)));
    await count(app);
    const found = await looks(desk(), at(2_850, 50).join(','));
    expect(found.map(({ kind, siteId, id }) => (kind === 'site' ? siteId : id))).toEqual([
      never,
      overdue,
      '20:0',
      soon,
      '28:0',
      '24:0',
    ]);
    const [first, second, third, fourth, fifth] = found;
    expect(first).toMatchObject({ reasons: ['visit_due', 'never'], lastAt: null, score: 5, name: 'bridge' });
    expect(second).toMatchObject({
      reasons: ['visit_due', 'long_ago'],
      score: 3.8,
      dueAt: new Date(Date.parse(second?.lastAt ?? '') + hours(12)).toISOString(),
    });
    // seen as long ago as the rule says is long: half of its weight
    expect(third).toMatchObject({
      reasons: ['encounters', 'long_ago'],
      score: 20,
      position: { coordinates: middleOf(grid, 20, 0) },
      siteId: null,
    });
    expect(fourth).toMatchObject({ reasons: [], score: 1.7 });
    expect(fifth).toMatchObject({ reasons: ['encounters', 'never'], score: 1, distanceM: 0 });
    expect(found[5]?.distanceM).toBe(400);
    expect((await looks()).every(({ distanceM: metres }) => metres === null)).toBe(true);
    await desk().does(updateSite, { params: { id: never }, body: { version: 1, visitEveryH: null } });
    expect((await looks()).map(({ siteId }) => siteId)).not.toContain(never);
  });

  it('grows with the time nobody was there, and never without bound; at most 50', async () => {
    const place = await site(50, 50, 10);
    const scores = [];
    for (const h of [5, 10, 20, 200, 8_000]) {
      await visited(place, h);
      scores.push((await looks())[0]?.score ?? 0);
    }
    expect(scores).toEqual([1.7, 2.5, 3.3, 4.8, 5]);
    for (let n = 0; n < 60; n += 1) await meet(50 + 100 * n, 950);
    expect(await looks()).toHaveLength(50);
  });
});

describe.skipIf(testKind !== 'postgres')('in a large city', () => {
  it('finds what it asks for by indexes', async () => {
    await count(app);
    const db = app.database.knex;
    await rows(
      db,
      `insert into coverage_cells (station_id, x, y, passed_at) select cast(:east as uuid), n % 400, n / 400, :now from generate_series(0, 79999) n on conflict do nothing`,
      { east: app.stations.east, now: app.clock.now() },
    );
    await rows(
      db,
      `insert into encounters (id, station_id, position, at, recorded_at, set_by_desk)
       select gen_random_uuid(), cast(:east as uuid), st_setsrid(st_makepoint(108.8 + 0.4 * (n % 200) / 200, 34.1 + 0.3 * (n / 200) / 150), 4326)::geography, :now, :now, false from generate_series(1, 30000) n`,
      { east: app.stations.east, now: app.clock.now() },
    );
    await rows(db, 'analyze');
    const sql: string[] = [];
    const listen = ({ sql: text, bindings }: { sql: string; bindings: unknown[] }): void => {
      sql.push(JSON.stringify({ text, bindings }));
    };
    db.on('query', listen);
    await cellsIn(db, app.stations.east, grid, { x0: 0, y0: 0, x1: 20, y1: 20 }, app.clock.now(), 20_001);
    await looksNext(db, app.stations.east, grid, at(0, 0), app.clock.now(), 50);
    db.off('query', listen);
    const plans: string[] = [];
    for (const each of sql) {
      const { text, bindings } = JSON.parse(each) as { text: string; bindings: unknown[] };
      const found = await rows<{ 'QUERY PLAN': string }>(db, `explain ${text.replaceAll(/\$\d+/g, '?')}`, bindings);
      plans.push(found.map((line) => line['QUERY PLAN']).join('\n'));
    }
    expect(plans[0]).toMatch(/coverage_cells_pkey/);
    expect(plans[0]).toMatch(/encounters_position/);
  });
});
