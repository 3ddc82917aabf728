/** What of the night is drawn from its seed: play time, streets, and who reports what when, whatever the network does. */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { CallFailed, type Person } from '../../server/demo/http.ts';
import { nightPlaces } from '../../server/demo/night/places.ts';
import { passersBy, type Truths } from '../../server/demo/night/phones.ts';
import { Play, steadily } from '../../server/demo/night/play.ts';
import { kerbOf, type Leg, type Step, travel, wayTo } from '../../server/demo/night/streets.ts';
import { chanceOf } from '../../server/demo/random.ts';
import { distanceM, type LonLat } from '../../shared/geo.ts';
import { reportSighting, sightingBody } from '../../shared/sightings.ts';

const HOUR_S = 3600;

interface Said {
  at: number;
  body: Record<string, unknown>;
}

/** Two hours of phones on a line that takes its time. */
async function recorded(seed: number, delay: () => Promise<unknown>): Promise<{ said: Said[]; truths: Truths }> {
  const play = new Play(1, Date.parse('2026-01-15T12:30:00Z'));
  const said: Said[] = [];
  const truths: Truths = new Map();
  const anyone: Person = {
    does: async (endpoint, asked) => {
      expect(endpoint.name).toBe(reportSighting.name);
      said.push({ at: play.now, body: asked?.body as Record<string, unknown> });
      await delay();
      return {} as never;
    },
  };
  play.enter(passersBy({ play, anyone, chance: chanceOf(seed).own('night 1'), truths }));
  await play.until(2 * HOUR_S);
  return { said, truths };
}

describe('the phones', () => {
  it('say the same at the same moments for the same seed, on a fast line and on a slow one', async () => {
    const fast = await recorded(7, () => Promise.resolve());
    let n = 0;
    const slow = await recorded(7, async () => {
      for (n = (n * 31 + 7) % 11; n > 0; n -= 1) await turn();
    });
    expect(slow.said).toEqual(fast.said);
    expect([...slow.truths]).toEqual([...fast.truths]);
    const other = await recorded(8, () => Promise.resolve());
    expect(other.said.map(({ body }) => body['id'])).not.toEqual(fast.said.map(({ body }) => body['id']));
    expect(other.said.map(({ body }) => body['description'])).not.toEqual(
      fast.said.map(({ body }) => body['description']),
    );
  });

  it('report every two or three minutes, in words the form would take', async () => {
    const { said } = await recorded(3, () => Promise.resolve());
    expect(said.length).toBeGreaterThan(45);
    expect(said.length).toBeLessThan(110);
    for (const { body } of said) expect(sightingBody.safeParse(body).error?.issues ?? []).toEqual([]);
    expect(new Set(said.map(({ body }) => body['id'])).size).toBe(said.length);
  });

  it('have the mess of the field in the first hour: twins, no pin, nothing said, nobody there, danger to life', async () => {
    for (const seed of [1, 2, 3]) {
      const { said, truths } = await recorded(seed, () => Promise.resolve());
      const first = said.filter(({ at }) => at < HOUR_S);
      const known = first.map(({ body }) => truths.get(String(body['id'])));
      const people = known.map((truth) => truth?.person);
      expect(new Set(people).size).toBeLessThan(people.length);
      expect(first.some(({ body }) => body['position'] === undefined)).toBe(true);
      expect(known.some((truth) => truth?.misplaced === true)).toBe(true);
      expect(known.some((truth) => truth?.ending.kind === 'nobody')).toBe(true);
      expect(known.some((truth) => truth?.ending.kind === 'settled')).toBe(true);
      expect(first.some(({ body }) => (body['signs'] as string[]).includes('unresponsive'))).toBe(true);
    }
  });
});

describe('play time', () => {
  it('has one thing after the other, in the order of time and of entering', async () => {
    const play = new Play(10, 0);
    const seen: string[] = [];
    async function* actor(name: string, every: number): AsyncGenerator<number, void, void> {
      for (;;) {
        await turn();
        seen.push(`${name} ${play.now.toFixed(1)}`);
        yield every;
      }
    }
    play.enter(actor('a', 2), 1);
    play.enter(actor('b', 3), 1);
    await play.until(5);
    expect(seen).toEqual(['a 1.0', 'b 1.0', 'a 3.0', 'b 4.0', 'a 5.0']);
    expect(play.now).toBe(5);
    // ten seconds of the night are one on the clock
    expect(play.wall()).toBe(500);
  });

  it('goes on after what others did first, and waits longer and longer for a service that is not there', async () => {
    const play = new Play(1, 0);
    const tries: number[] = [];
    const failing = (status: number): ReturnType<typeof steadily> =>
      steadily(async function* () {
        tries.push(play.now);
        await turn();
        throw new CallFailed('anything', status, '');
      });
    play.enter(failing(409));
    await play.until(26);
    expect(tries.length).toBe(6);
    tries.length = 0;
    const late = new Play(1, 0);
    late.enter(
      steadily(async function* () {
        tries.push(late.now);
        await turn();
        throw new CallFailed('anything', 503, '');
      }),
    );
    await late.until(3600);
    const gaps = tries.slice(1).map((at, n) => at - (tries[n] ?? 0));
    expect(gaps[0]).toBeLessThan(20);
    expect(Math.max(...gaps)).toBeCloseTo(300, 3);
    expect(tries.length).toBeLessThan(20);
  });

  it('hears of one who breaks, and plays on without them', async () => {
    const play = new Play(100, 0);
    const broken: unknown[] = [];
    let rounds = 0;
    let clock = 0;
    play.enter(
      (async function* () {
        await turn();
        throw new TypeError('a bug');
      })(),
    );
    play.enter(
      (async function* () {
        for (;;) {
          await turn();
          rounds += 1;
          if (rounds === 20) play.end();
          yield 5;
        }
      })(),
    );
    await play.run(
      () => (clock += 500),
      (error) => broken.push(error),
    );
    expect(broken).toHaveLength(1);
    expect(rounds).toBe(20);
    // the clock ran far ahead, the night did not
    expect(play.now).toBeLessThan(200 * 100);
  });
});

const metres = (legs: readonly Leg[]): number => legs.reduce((sum, { from, to }) => sum + distanceM(from, to), 0);

describe('the streets', () => {
  const pairs = nightPlaces.flatMap(({ at: from }, n) =>
    nightPlaces.filter((_, m) => m !== n && (n + m) % 5 === 0).map(({ at: to }): [LonLat, LonLat] => [from, to]),
  );

  it('lead from every place to every other without a gap, along streets, and not by the moon', () => {
    for (const [from, to] of pairs) {
      const legs = wayTo(from, to);
      expect(legs[0]?.from).toEqual(from);
      expect(legs.at(-1)?.to).toEqual(to);
      legs.slice(1).forEach((leg, n) => {
        expect(distanceM(leg.from, legs[n]?.to ?? [0, 0])).toBeLessThan(2);
      });
      // all but the yards at both ends lies on a street
      for (const leg of legs.slice(1, -1)) {
        const middle: LonLat = [(leg.from[0] + leg.to[0]) / 2, (leg.from[1] + leg.to[1]) / 2];
        expect(kerbOf(middle).metres).toBeLessThan(2);
      }
      const straight = distanceM(from, to);
      expect(metres(legs)).toBeGreaterThanOrEqual(straight - 5);
      expect(metres(legs)).toBeLessThan(straight * 2 + 2500);
    }
  });

  it('are driven at speeds of a city, with red lights, and walked at a walk', () => {
    const stepsOf = (onFoot: boolean): Step[] =>
      pairs
        .slice(0, 40)
        .flatMap(([from, to], n) => [
          ...travel(
            wayTo(from, to),
            { every: onFoot ? 10 : 4, most: onFoot ? 5 : 46, onFoot },
            chanceOf(n).own('wheels'),
          ),
        ]);
    for (const { most, steps } of [
      { most: 46, steps: stepsOf(false) },
      { most: 5, steps: stepsOf(true) },
    ])
      for (const { mps } of steps) expect(mps * 3.6).toBeLessThanOrEqual(most + 0.01);
    expect(stepsOf(false).some(({ mps, seconds }) => mps === 0 && seconds > 8)).toBe(true);
    for (const [from, to] of pairs.slice(0, 20)) {
      const legs = wayTo(from, to);
      const steps = [...travel(legs, { every: 4, most: 46, onFoot: false }, chanceOf(1))];
      const seconds = steps.reduce((sum, step) => sum + step.seconds, 0);
      const kmh = metres(legs) / 1000 / (seconds / 3600);
      expect(kmh).toBeGreaterThan(9);
      expect(kmh).toBeLessThan(46);
      expect(steps.at(-1)?.place).toEqual(to);
      let before = from;
      for (const { seconds: passed, place } of steps) {
        expect(distanceM(before, place)).toBeLessThan((46 / 3.6) * passed + 1);
        before = place;
      }
    }
  });
});
