/** Squares passed: at, below and above what the rules say; the same as turf counts; the same in whatever order tracks come in. */
import * as turf from '@turf/turf';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { rows } from '../../server/db/rows.ts';
import { countTracks } from '../../server/coverage/commands-count.ts';
import { pulse } from '../../server/jobs/run.ts';
import { cornersOf } from '../../shared/coverage-grid.ts';
import { setRule } from '../../shared/stations.ts';
import { useApp } from '../kit/app.ts';
import { testKind } from '../kit/database.ts';
import { at, cells, clear, count, type Fix, grid, lay, names, outing } from './tracks.ts';

const app = useApp();
beforeEach(() => clear(app));

const passed = async (fixes: readonly Fix[]): Promise<string[]> => {
  await lay(app, await outing(app), fixes);
  await count(app);
  return names(await cells(app));
};

describe('one track', () => {
  const mid = 50;
  it.each<[string, Fix[], string[]]>([
    ['a lone fix is a point', [{ s: 0, x: mid, y: mid }], ['0:0']],
    ['it reaches 40 m: a neighbour 39 m away', [{ s: 0, x: 61, y: mid }], ['0:0', '1:0']],
    ['but none 41 m away', [{ s: 0, x: 59, y: mid }], ['0:0']],
    ['a corner is farther than the sides', [{ s: 0, x: 75, y: 75 }], ['0:0', '0:1', '1:0', '1:1']],
    ['and a corner 42 m away is not reached', [{ s: 0, x: 70, y: 70 }], ['0:0', '0:1', '1:0']],
    [
      'a way between fixes as far apart as the gap of 180 s',
      [
        { s: 0, x: mid, y: mid },
        { s: 180, x: 350, y: mid },
      ],
      ['0:0', '1:0', '2:0', '3:0'],
    ],
    [
      'none between fixes farther apart',
      [
        { s: 0, x: mid, y: mid },
        { s: 180.001, x: 350, y: mid },
      ],
      ['0:0', '3:0'],
    ],
    [
      'a way as fast as 180 km/h',
      [
        { s: 0, x: mid, y: mid },
        { s: 6.02, x: 350, y: mid },
      ],
      ['0:0', '1:0', '2:0', '3:0'],
    ],
    [
      'none that is faster',
      [
        { s: 0, x: mid, y: mid },
        { s: 5.98, x: 350, y: mid },
      ],
      ['0:0', '3:0'],
    ],
    [
      'what nobody should believe is not there',
      [
        { s: 0, x: mid, y: mid },
        { s: 60, x: 350, y: 550, marks: ['speed'] },
        { s: 120, x: 250, y: mid },
      ],
      ['0:0', '1:0', '2:0'],
    ],
    [
      'what only came late is',
      [
        { s: 0, x: mid, y: mid },
        { s: 60, x: 350, y: mid, marks: ['backwards'] },
      ],
      ['0:0', '1:0', '2:0', '3:0'],
    ],
    [
      'a long way is cut into pieces and none is lost',
      [
        { s: 0, x: mid, y: mid },
        { s: 100, x: 2_550, y: mid },
      ],
      Array.from({ length: 26 }, (_, x) => `${String(x)}:0`),
    ],
  ])('%s', async (_what, fixes, expected) => {
    expect((await passed(fixes)).sort()).toEqual([...expected].sort());
  });

  it('counts for the time its way ended, and an older one never takes that back', async () => {
    const patrol = await outing(app);
    const begins = await lay(app, patrol, [
      { s: 0, x: mid, y: mid },
      { s: 60, x: 150, y: mid },
    ]);
    await count(app);
    const times = (): Promise<number[]> =>
      cells(app).then((found) => found.map((each) => (each.at.getTime() - begins.getTime()) / 1000));
    expect(await times()).toEqual([60, 60]);
    await lay(app, await outing(app), [{ s: 30, x: mid, y: mid }], begins);
    await lay(app, await outing(app), [{ s: 90, x: 150, y: mid }], begins);
    await count(app);
    expect(await times()).toEqual([60, 90]);
  });
});

/** Short tracks: a step every few seconds to some minutes, some tens of metres each. */
const tracks = fc.array(
  fc.array(
    fc.record({
      s: fc.integer({ min: 1, max: 240 }),
      dx: fc.integer({ min: -180, max: 180 }),
      dy: fc.integer({ min: -180, max: 180 }),
      order: fc.integer({ min: 0, max: 5 }),
    }),
    { minLength: 1, maxLength: 8 },
  ),
  { minLength: 1, maxLength: 3 },
);
type Steps = { s: number; dx: number; dy: number; order: number }[];

/** Fixes of a track that begins at a random-looking place, received in so many rounds as `order` says. */
function fixesOf(steps: Steps, n: number): (Fix & { order: number })[] {
  let [s, x, y] = [0, 130 + n * 37, 210 - n * 53];
  return steps.map((step) => {
    [s, x, y] = [s + step.s, x + step.dx, y + step.dy];
    return { s, x, y, order: step.order };
  });
}

/** The ways of a track by the rules: pairs of neighbours, and points without any. */
function waysOf(fixes: readonly Fix[]): [Fix, Fix][] {
  const joined = (a: Fix | undefined, b: Fix | undefined): boolean =>
    a !== undefined && b !== undefined && b.s - a.s <= 180 && Math.hypot(b.x - a.x, b.y - a.y) <= 50 * (b.s - a.s);
  return fixes.flatMap((fix, n): [Fix, Fix][] => {
    const [before, after] = [fixes[n - 1], fixes[n + 1]];
    if (before && joined(before, fix)) return [[before, fix]];
    return joined(fix, after) ? [] : [[fix, fix]];
  });
}

/** What turf says: squares that the way, widened, has a part of, with the time each was passed last. */
function turfCells(ways: readonly [Fix, Fix][], reachM: number): Map<string, number> {
  const found = new Map<string, number>();
  for (const [a, b] of ways) {
    const line = a === b ? turf.point(at(a.x, a.y)) : turf.lineString([at(a.x, a.y), at(b.x + 0.2, b.y)]);
    const wide = turf.buffer(line, reachM, { units: 'meters', steps: 64 });
    if (!wide) throw new Error('no buffer');
    const [x0, x1, y0, y1] = [Math.min(a.x, b.x), Math.max(a.x, b.x), Math.min(a.y, b.y), Math.max(a.y, b.y)];
    for (let x = Math.floor((x0 - 60) / 100); x <= Math.floor((x1 + 60) / 100); x += 1)
      for (let y = Math.floor((y0 - 60) / 100); y <= Math.floor((y1 + 60) / 100); y += 1) {
        const [[west, south], [east, north]] = cornersOf(grid, x, y);
        const name = `${String(x)}:${String(y)}`;
        if ((found.get(name) ?? -1) < b.s && turf.booleanIntersects(wide, turf.bboxPolygon([west, south, east, north])))
          found.set(name, b.s);
      }
  }
  return found;
}

/** Metres at the edge within which the two may differ: a buffer is a polygon, positions have six decimals, the plane is flat. */
const EDGE_M = 1;

describe('any tracks', () => {
  it('pass the squares that turf says, but for a metre at the edge', async () => {
    await fc.assert(
      fc.asyncProperty(tracks, async (drawn) => {
        await clear(app);
        const all = drawn.map(fixesOf);
        let begins = app.clock.now();
        for (const fixes of all)
          begins = await lay(app, await outing(app), fixes, new Date(app.clock.now().getTime() - 3_600_000));
        await count(app);
        const ours = new Map(
          (await cells(app)).map(({ x, y, at: when }) => [
            `${String(x)}:${String(y)}`,
            (when.getTime() - begins.getTime()) / 1000,
          ]),
        );
        const ways = all.flatMap(waysOf);
        const [least, most] = [turfCells(ways, 40 - EDGE_M), turfCells(ways, 40 + EDGE_M)];
        for (const [name, s] of least) expect(ours.get(name) ?? -1, name).toBeGreaterThanOrEqual(s);
        for (const [name, s] of ours) expect(s, name).toBeLessThanOrEqual(most.get(name) ?? -1);
      }),
      { numRuns: 25 },
    );
  });

  it('give the same read as they came in, in whatever order, as read all at once', async () => {
    await fc.assert(
      fc.asyncProperty(tracks, async (drawn) => {
        await clear(app);
        const all = drawn.map(fixesOf);
        const patrols = [];
        for (const _ of all) patrols.push(await outing(app));
        const begins = new Date(app.clock.now().getTime() - 3_600_000);
        for (let order = 0; order <= 5; order += 1) {
          for (const [n, fixes] of all.entries())
            await lay(
              app,
              patrols[n] ?? '',
              fixes.filter((fix) => fix.order === order),
              begins,
            );
          await count(app);
        }
        const asTheyCame = await cells(app);
        await rows(app.database.knex, `delete from coverage_cells`);
        await rows(app.database.knex, `delete from track_readers`);
        await rows(app.database.knex, `delete from coverage_grids`);
        await count(app);
        expect(asTheyCame).toEqual(await cells(app));
        expect(asTheyCame.length).toBeGreaterThan(0);
      }),
      { numRuns: 15 },
    );
  });
});

describe('counting', () => {
  it('waits for what is on its way, and misses nothing that was stamped before and seen after', async () => {
    const patrol = await outing(app);
    await lay(app, patrol, [{ s: 0, x: 50, y: 50, receivedS: 55 }]);
    await count(app);
    expect(await cells(app)).toEqual([]);
    // stamped half a minute before the reader was there, and committed after it
    await lay(app, patrol, [{ s: 5, x: 950, y: 50, receivedS: -40 }]);
    await count(app);
    expect(names(await cells(app))).toContain('0:0');
    expect(names(await cells(app))).toContain('9:0');
  });

  it('by two nodes at once is by one of them, and nothing is lost', async () => {
    if (testKind !== 'postgres') return;
    for (let n = 0; n < 4; n += 1)
      await lay(
        app,
        await outing(app),
        Array.from({ length: 40 }, (_, k) => ({ s: k * 5, x: 50 + k * 20, y: 50 + n * 400 })),
      );
    app.clock.advance(60_000);
    const job = { name: 'count-tracks', schedule: 'pulse' as const, run: countTracks };
    await Promise.all(Array.from({ length: 6 }, () => pulse({ ...app.service }, [job])));
    const together = await cells(app);
    expect(together.length).toBeGreaterThanOrEqual(4 * 9);
    expect(app.logged.filter((line) => line.includes('a timed job failed'))).toEqual([]);
    await rows(app.database.knex, `delete from coverage_cells`);
    await rows(app.database.knex, `delete from track_readers`);
    await rows(app.database.knex, `delete from coverage_grids`);
    await count(app);
    expect(await cells(app)).toEqual(together);
  });

  it('begins anew on a grid of another size, from the tracks that are kept', async () => {
    const patrol = await outing(app);
    await lay(app, patrol, [
      { s: 0, x: 50, y: 50 },
      { s: 60, x: 450, y: 50 },
    ]);
    await count(app);
    expect(await cells(app)).toHaveLength(5);
    await app.root.admin.does(setRule, {
      params: { key: 'coverage.cell' },
      body: { stationId: app.stations.root, value: 200, version: 0 },
    });
    await count(app);
    expect(names(await cells(app)).sort()).toEqual(['0:0', '1:0', '2:0']);
    // what a station does not decide
    await rows(app.database.knex, `delete from rules where key = 'coverage.cell' and station_id is not null`);
  });

  it('keeps to the rules of the station whose patrol it is', async () => {
    await app.east.admin.does(setRule, {
      params: { key: 'coverage.reach' },
      body: { stationId: app.stations.east, value: 5, version: 0 },
    });
    const near: Fix[] = [{ s: 0, x: 90, y: 50 }];
    await lay(app, await outing(app), near);
    await lay(app, await outing(app, app.stations.west), near);
    await count(app);
    expect([names(await cells(app)), names(await cells(app, app.stations.west))]).toEqual([['0:0'], ['0:0', '1:0']]);
    await rows(app.database.knex, `delete from rules where key = 'coverage.reach' and station_id is not null`);
  });
});
