/** Travel times: OSRM when it answers rightly and in time, else the estimate, and never a desk that waits. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Router } from '../../server/dispatches/router.ts';
import { estimateTable, hourAt, paceAt, type PaceRules } from '../../server/dispatches/router-estimate.ts';
import { osrmRouter } from '../../server/dispatches/router-osrm.ts';
import { createRouting, type Routing } from '../../server/dispatches/routing.ts';
import { distanceM, type LonLat } from '../../shared/geo.ts';

const bell: LonLat = [108.9422, 34.2611];
const station: LonLat = [108.9575, 34.2775];
const south: LonLat = [108.94, 34.2];
const pace = { mps: 25 / 3.6, walkMps: 4.5 / 3.6, detour: 1.4 };

type Answer = (req: IncomingMessage, res: ServerResponse) => void;
const servers: Server[] = [];
const asked: string[] = [];
async function osrm(answer: Answer): Promise<string> {
  asked.length = 0;
  const server = createServer((req, res) => {
    asked.push(req.url ?? '');
    answer(req, res);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`;
}
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

const json =
  (body: unknown, status = 200): Answer =>
  (_req, res) => {
    res.writeHead(status, { 'content-type': 'application/json' });
    res.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
/** What OSRM says to a question of the table service: seconds and metres by the places' numbers. */
const right: Answer = (req, res) => {
  const url = new URL(req.url ?? '', 'http://osrm');
  const count = (name: string): number => (url.searchParams.get(name) ?? '').split(';').length;
  const rows = (cell: (y: number, x: number) => number | null): (number | null)[][] =>
    Array.from({ length: count('sources') }, (_, y) =>
      Array.from({ length: count('destinations') }, (_unused, x) => cell(y, x)),
    );
  json({ code: 'Ok', durations: rows((y, x) => 100 + y * 10 + x), distances: rows((y, x) => 1000 + y * 10 + x) })(
    req,
    res,
  );
};
const table = (durations: unknown, distances: unknown = [[1]]): Answer => json({ code: 'Ok', durations, distances });

const logged: object[] = [];
const log = { warn: (fields: object, message: string) => logged.push({ ...fields, message }) };
/** Clock of the rest after a failure; the deadline is short where the test waits for it. */
let clock = 0;
const routing = (router: Router | null, deadlineMs = 5_000): Routing =>
  createRouting({ router, log, deadlineMs, clock: () => clock });

describe('the estimate', () => {
  const rules: PaceRules = {
    speed: 25,
    onFoot: 4.5,
    detour: 1.4,
    speeds: [
      { area: null, from: 7, to: 9, kmh: 18 },
      { area: 'Beilin', from: 8, to: 9, kmh: 12 },
      { area: null, from: 22, to: 6, kmh: 35 },
      { area: 'Yanta', from: 0, to: 0, kmh: 20 },
      { area: null, from: 8, to: 24, kmh: 30 },
    ],
  };
  it.each([
    ['Beilin', 8, 12, 'its own area goes first'],
    ['Beilin', 7, 18, 'its own row does not hold yet'],
    ['Weiyang', 8, 18, 'the first row for any area'],
    ['Weiyang', 9, 30, 'the end of a row is not in it'],
    [null, 23, 35, 'past midnight'],
    [null, 0, 35, 'past midnight'],
    [null, 5, 35, 'past midnight'],
    [null, 6, 25, 'no row holds'],
    ['Yanta', 3, 20, 'all day'],
  ] as const)('in %s at %i h one drives %i km/h: %s', (area, hour, kmh, _why) => {
    const found = paceAt(rules, area, hour);
    expect(found.mps * 3.6).toBeCloseTo(kmh);
    expect(found.detour).toBe(1.4);
  });
  it("goes by the hour on the station's clocks", () => {
    const at = new Date('2026-01-15T16:30:00Z');
    expect([hourAt(at, 'Asia/Shanghai'), hourAt(at, 'UTC'), hourAt(at, 'America/New_York')]).toEqual([0, 16, 11]);
  });
  it('is the great circle times the detour, at the pace of each end', () => {
    const { seconds, metres } = estimateTable(
      [bell, station],
      [south, bell],
      [pace, { mps: 10, walkMps: 1, detour: 1 }],
    );
    expect(metres[0]).toBeCloseTo(distanceM(bell, south) * 1.4, 3);
    expect(seconds[0]).toBeCloseTo((distanceM(bell, south) * 1.4) / (25 / 3.6), 3);
    expect([metres[1], seconds[1]]).toEqual([0, 0]);
    expect(seconds[3]).toBeCloseTo(distanceM(station, bell) / 10, 3);
  });
});

describe('OSRM', () => {
  it('is asked for all pairs at once and believed', async () => {
    const { travel, router } = await routing(osrmRouter(await osrm(right))).table([bell, station], [south], [pace]);
    expect(router).toEqual({ used: 'osrm', note: null });
    expect([...travel.seconds]).toEqual([100, 110]);
    expect([...travel.metres]).toEqual([1000, 1010]);
    expect(asked).toEqual([
      '/table/v1/driving/108.9422,34.2611;108.9575,34.2775;108.94,34.2?sources=0;1&destinations=2&annotations=duration,distance',
    ]);
  });

  it('gets a large table in parts of 100 x 100, and none that it could not answer in time', async () => {
    const ours = routing(osrmRouter(await osrm(right)));
    const many = (count: number): LonLat[] => Array.from({ length: count }, (_, n) => [108 + n * 0.001, 34]);
    const { travel } = await ours.ask(many(150), many(101));
    expect(asked).toHaveLength(4);
    // the last of the last part: row 49, column 0
    expect(travel?.seconds[150 * 101 - 1]).toBe(100 + 49 * 10);
    expect(travel?.seconds.some(Number.isNaN)).toBe(false);
    expect(await ours.ask(many(201), many(200))).toEqual({ travel: null, router: { used: 'estimate', note: 'big' } });
    expect(asked).toHaveLength(4);
  });

  it('leaves to the estimate what it knows no road to', async () => {
    const answer = table([[null, 60]], [[500, 700]]);
    const { travel, router } = await routing(osrmRouter(await osrm(answer))).table(
      [bell],
      [south, station],
      [pace, pace],
    );
    expect(router).toEqual({ used: 'osrm', note: null });
    expect(travel.seconds[0]).toBeCloseTo((distanceM(bell, south) * 1.4) / (25 / 3.6), 3);
    expect(travel.seconds[1]).toBe(60);
    const nowhere = routing(osrmRouter(await osrm(json({ code: 'NoSegment', message: '?' }, 400))));
    expect((await nowhere.table([bell], [south], [pace])).router).toEqual({ used: 'estimate', note: null });
    // that was an answer, so it is asked again
    await nowhere.table([bell], [south], [pace]);
    expect(asked).toHaveLength(2);
  });

  it.each<[string, Answer]>([
    ['a page of HTML', json('<!doctype html><p>hello')],
    ['half an answer', json('{"code":"Ok","durations":[[1')],
    ['nothing', json('')],
    ['another shape', json({ code: 'Ok', durations: { 0: 1 } })],
    ['no distances', json({ code: 'Ok', durations: [[1]] })],
    ['too few rows', table([])],
    ['too many columns', table([[1, 2]])],
    ['a row for distances missing', table([[1]], [])],
    ['a negative time', table([[-1]])],
    ['a time that is no number', json('{"code":"Ok","durations":[[1e999]],"distances":[[1]]}')],
    ['text for a time', table([['60']])],
    ['a drive of a year', table([[31_536_000]])],
    ['a code that says no', json({ code: 'InvalidQuery' }, 400)],
    ['500', json({ code: 'Ok', durations: [[1]], distances: [[1]] }, 500)],
    [
      'a body without end',
      (_req, res) => {
        const more = (): void => {
          while (!res.destroyed && res.write('x'.repeat(65_536)));
          if (!res.destroyed) res.once('drain', more);
        };
        more();
      },
    ],
  ])('answering %s is wrong', async (_what, answer) => {
    const { travel, router } = await routing(osrmRouter(await osrm(answer))).table([bell], [south], [pace]);
    expect(router).toEqual({ used: 'estimate', note: 'wrong' });
    expect(travel.seconds[0]).toBeCloseTo((distanceM(bell, south) * 1.4) / (25 / 3.6), 3);
  });

  it.each<[string, Answer]>([
    ['never answers', () => undefined],
    [
      'drips',
      (_req, res) => {
        res.writeHead(200, { 'content-type': 'application/json' });
        const drop = setInterval(() => res.write(' '), 5);
        res.on('close', () => clearInterval(drop));
      },
    ],
  ])('that %s is slow', async (_what, answer) => {
    const { router } = await routing(osrmRouter(await osrm(answer)), 50).table([bell], [south], [pace]);
    expect(router).toEqual({ used: 'estimate', note: 'slow' });
  });

  it('that is not there is dead, and one that moved elsewhere is not followed', async () => {
    const gone = await osrm(right);
    servers.splice(0).forEach((server) => server.close());
    expect((await routing(osrmRouter(gone)).table([bell], [south], [pace])).router).toEqual({
      used: 'estimate',
      note: 'dead',
    });
    const elsewhere: Answer = (_req, res) => {
      res.writeHead(302, { location: 'http://127.0.0.1:1/' });
      res.end();
    };
    expect((await routing(osrmRouter(await osrm(elsewhere))).table([bell], [south], [pace])).router.used).toBe(
      'estimate',
    );
  });

  it('that hangs costs a desk one second at most, the next ones nothing, and is asked again after a rest', async () => {
    let answer: Answer = () => undefined;
    logged.length = 0;
    const url = await osrm((req, res) => answer(req, res));
    clock = 0;
    const ours = createRouting({ router: osrmRouter(url), log, clock: () => clock });
    const from = performance.now();
    expect((await ours.table([bell], [south], [pace])).router).toEqual({ used: 'estimate', note: 'slow' });
    const waited = performance.now() - from;
    expect(waited).toBeGreaterThan(900);
    expect(waited).toBeLessThan(2_000);
    clock = 14_999;
    expect((await ours.table([bell], [south], [pace])).router).toEqual({ used: 'estimate', note: 'slow' });
    expect(asked).toHaveLength(1);
    answer = right;
    clock = 15_000;
    expect((await ours.table([bell], [south], [pace])).router).toEqual({ used: 'osrm', note: null });
    // said once, without a place
    expect(logged).toEqual([{ note: 'slow', restS: 15, message: expect.stringContaining('router') as string }]);
  });

  it('draws the way, or a straight line where it cannot', async () => {
    const line = [bell, station, south];
    const good = json({ code: 'Ok', routes: [{ duration: 700, distance: 9000, geometry: { coordinates: line } }] });
    const drawn = await routing(osrmRouter(await osrm(good))).way(bell, south, pace);
    expect(drawn).toEqual({ way: { line, seconds: 700, metres: 9000 }, router: { used: 'osrm', note: null } });
    expect(asked[0]).toBe('/route/v1/driving/108.9422,34.2611;108.94,34.2?overview=simplified&geometries=geojson');
    for (const [answer, note] of [
      [json({ code: 'NoRoute' }, 400), null],
      [json({ code: 'Ok', routes: [] }), 'wrong'],
      [json({ code: 'Ok', routes: [{ duration: 1, distance: 1, geometry: { coordinates: [[200, 95]] } }] }), 'wrong'],
    ] as const) {
      const { way, router } = await routing(osrmRouter(await osrm(answer))).way(bell, south, pace);
      expect([way.line, router]).toEqual([[bell, south], { used: 'estimate', note }]);
    }
  });
});

describe('without a router', () => {
  it('everything is estimated and nothing is wrong', async () => {
    expect((await routing(null).table([bell], [south], [pace])).router).toEqual({ used: 'estimate', note: null });
    expect((await routing(null).way(bell, south, pace)).router).toEqual({ used: 'estimate', note: null });
  });
});
