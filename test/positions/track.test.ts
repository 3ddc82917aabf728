/** A track is the same whatever order its fixes arrive in: played against a plain list as storage. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JudgedFix } from '../../server/positions/marks.ts';
import { judgeTrack, type StoredFix } from '../../server/positions/track.ts';
import { isBelieved } from '../../shared/positions.ts';

const now = Date.parse('2026-01-15T13:00:00.000Z');
const limits = { maxAheadMs: 120_000, maxSpeedMps: 50, worstAccuracyM: 5000, slackM: 100 };

/** Storage as the database is one: rows by time, a latest, and the part of the track that late fixes fall into. */
function storage(ahead: number) {
  const rows = new Map<number, StoredFix>();
  const inOrder = (): StoredFix[] => [...rows.values()].sort((a, b) => a.at - b.at);
  let latest: JudgedFix | null = null;
  return {
    rows: inOrder,
    latest: () => latest,
    put(batch: readonly JudgedFix[]): { repeated: number; looked: number } {
      const fresh = [...batch].sort((a, b) => a.at - b.at).map((fix) => ({ fix }));
      const [since, until] = [fresh[0]?.fix.at ?? 0, fresh.at(-1)?.fix.at ?? 0];
      const tail = Math.max(-Infinity, ...[...rows.keys()].filter((at) => at <= now + limits.maxAheadMs));
      const latestAt = latest?.at ?? null;
      const late = since <= tail || until > now + limits.maxAheadMs;
      const later = inOrder().filter(({ at }) => at >= since);
      const before = !late
        ? latest
        : (inOrder()
            .filter(({ at, marks }) => at < since && isBelieved(marks))
            .at(-1) ?? null);
      let looked = ahead;
      const look = (): ReturnType<typeof judgeTrack<{ fix: JudgedFix }>> => {
        const within = later.filter(({ at }) => at <= until);
        const stored = !late ? [] : [...within, ...later.slice(within.length, within.length + looked)];
        return judgeTrack({ before, stored, latestAt }, fresh, limits, now);
      };
      let verdict = look();
      while (!verdict.settled && late && looked < later.length) {
        looked *= 20;
        verdict = look();
      }
      for (const { fresh: each, at, marks } of verdict.placed) {
        expect(rows.has(at)).toBe(false);
        rows.set(at, { ...each.fix, at, marks });
      }
      for (const { at, marks } of verdict.changed) {
        const known = rows.get(at);
        if (!known) throw new Error('changed what is not there');
        rows.set(at, { ...known, marks });
      }
      if (!verdict.settled) latest = verdict.last;
      return { repeated: verdict.repeated.length, looked };
    },
  };
}
type Plain = [at: number, lon: number, lat: number];
const plausible = (rows: readonly StoredFix[]): Plain[] =>
  rows.filter(({ marks }) => isBelieved(marks)).map(({ at, position: [lon, lat] }) => [at, lon, lat]);

/** A patrol as receivers tell of it: steps of some metres, now and then a jump, 0,0, a wide circle or a clock ahead. */
const told = fc.record({
  second: fc.integer({ min: 0, max: 400 }),
  east: fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 0, max: 60 }) }, fc.integer({ min: 0, max: 40_000 })),
  odd: fc.option(fc.constantFrom('zero', 'wide', 'ahead', 'fast'), { nil: null, freq: 6 }),
});
const fixes = fc.uniqueArray(told, { minLength: 1, maxLength: 40, selector: ({ second }) => second }).map((list) =>
  list.map(({ second, east, odd }): JudgedFix => ({
    position: odd === 'zero' ? [0, 0] : [108.9 + east / 100_000, 34.2],
    at: now - 600_000 + second * 1000 + (odd === 'ahead' ? 86_400_000 : 0),
    accuracyM: odd === 'wide' ? 9_000 : Math.fround(12.3),
    speedMps: odd === 'fast' ? 90 : null,
  })),
);
/** The same fixes in another order, in batches of some sizes. */
const arrival = fixes.chain((list) =>
  fc.tuple(
    fc.constant(list),
    fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length }),
    fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 40, maxLength: 40 }),
  ),
);

describe('a track', () => {
  it('is the same in any order of arrival, one by one or in batches; nothing is lost, and the latest is the last believed', () => {
    fc.assert(
      fc.property(arrival, fc.constantFrom(1, 3, 50), ([list, shuffled, sizes], ahead) => {
        const live = storage(ahead);
        for (const fix of [...list].sort((a, b) => a.at - b.at)) live.put([fix]);
        const replayed = storage(ahead);
        const queue = [...shuffled];
        for (const size of sizes) if (queue.length > 0) replayed.put(queue.splice(0, size));
        expect(replayed.rows().map(({ at }) => at)).toEqual(live.rows().map(({ at }) => at));
        expect(plausible(replayed.rows())).toEqual(plausible(live.rows()));
        for (const each of [live, replayed]) {
          expect(each.rows()).toHaveLength(list.length);
          const last = plausible(each.rows()).at(-1);
          expect(each.latest() && [each.latest()?.at, ...(each.latest()?.position ?? [])]).toEqual(last ?? null);
        }
        // all of it a second time: known, and nothing else
        const before = replayed.rows();
        for (const fix of shuffled) expect(replayed.put([fix]).repeated).toBe(1);
        expect(replayed.rows()).toEqual(before);
      }),
      { numRuns: 300 },
    );
  });

  it('is settled by the next fix that stands, however long it is', () => {
    const long = storage(50);
    const step = (n: number): JudgedFix => ({
      position: [108.9 + n / 10_000, 34.2],
      at: now - 3_600_000 + n * 2000,
      accuracyM: null,
      speedMps: null,
    });
    for (let n = 0; n < 1_000; n += 1) if (n !== 500) long.put([step(n)]);
    expect(long.put([step(500)])).toEqual({ repeated: 0, looked: 50 });
    expect(long.rows()).toHaveLength(1_000);
    expect(plausible(long.rows())).toHaveLength(1_000);
  });

  it('takes back what it believed when a late fix shows it cannot be', () => {
    const kept = storage(50);
    const at = (metres: number, seconds: number): JudgedFix => ({
      position: [108.9, 34.2 + metres / 111_195],
      at: now + (seconds - 600) * 1000,
      accuracyM: null,
      speedMps: null,
    });
    kept.put([at(0, 0)]);
    kept.put([at(4_900, 100)]);
    expect(kept.rows().map(({ marks }) => marks)).toEqual([[], []]);
    // 90 s later it was still where it had been: 4.9 km in 10 s were none
    kept.put([at(0, 90)]);
    expect(kept.rows().map(({ marks }) => marks)).toEqual([[], ['backwards'], ['speed']]);
    expect(kept.latest()?.at).toBe(at(0, 90).at);
  });

  it('keeps both of two devices that speak of the same moment, believes the first, and knows each again', () => {
    const two = storage(50);
    const device = (lon: number): JudgedFix => ({ position: [lon, 34.2], at: now, accuracyM: null, speedMps: null });
    two.put([device(108.9)]);
    two.put([device(108.9001)]);
    two.put([device(108.9002), device(108.9001)]);
    expect(two.rows().map(({ at, marks }) => [at - now, marks])).toEqual([
      [0, []],
      [1, ['duplicate']],
      [2, ['duplicate']],
    ]);
    for (const lon of [108.9, 108.9001, 108.9002]) expect(two.put([device(lon)]).repeated).toBe(1);
    // a good one beside one without a fix is no duplicate
    const good = storage(50);
    good.put([{ ...device(0), position: [0, 0] }]);
    good.put([device(108.9)]);
    expect(good.rows().map(({ marks }) => marks)).toEqual([['zero_island'], []]);
  });
});
