/** Standing still is not offline, and a timer is the same on the phone and at the desk. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Heard, PositionBody, TrackingReport } from '../../shared/positions.ts';
import { fixTime, MOST_UNSENT, nextBatch, righted, thinned, type Unsent } from '../../web/crew/track.ts';
import { bearingDeg, compassOf } from '../../web/panics/direction.ts';
import { signalOf, type SignalState } from '../../web/patrols/age.ts';
import { rollCallOf, type RollCallState } from '../../web/patrols/roll-call.ts';

const NOW = Date.parse('2026-01-10T20:00:00.000Z');
const LIMITS = { fresh: 120, offline: 180 };
const fix = (ageS: number, speedMps: number | null = null) => ({ at: NOW - ageS * 1000, speedMps });
const heard = (ageS: number, tracking: TrackingReport | null = 'on'): Heard => ({
  at: NOW - ageS * 1000,
  tracking,
  battery: null,
});

describe('how a patrol is heard of', () => {
  it.each<
    [string, ReturnType<typeof fix> | undefined, Heard | undefined, SignalState, number | null, TrackingReport | null]
  >([
    ['nothing ever', undefined, undefined, 'none', null, null],
    ['a fresh fix, no heartbeat', fix(10), undefined, 'moving', 10, null],
    ['a fresh fix that moves', fix(10, 3), heard(5), 'moving', 10, null],
    ['a fresh fix of a phone at rest', fix(10, 0.2), heard(5), 'still', 10, null],
    ['an old fix, and the phone is there', fix(900), heard(20), 'still', 900, null],
    ['the same with a phone that finds none just now', fix(900), heard(20, 'quiet'), 'still', 900, null],
    ['a device that only says that it is there', fix(900), heard(20, null), 'still', 900, null],
    ['the screen went dark', fix(40), heard(30, 'hidden'), 'untracked', 40, 'hidden'],
    ['the same, but a second phone goes on', fix(10), heard(30, 'hidden'), 'moving', 10, null],
    ['not allowed, and never a fix', undefined, heard(30, 'denied'), 'untracked', 30, 'denied'],
    ['still looking for the first fix', undefined, heard(30, 'starting'), 'untracked', 30, 'starting'],
    ['at the limit', fix(900), heard(180), 'still', 900, null],
    ['not heard of, and why', fix(900), heard(181, 'hidden'), 'silent', 181, 'hidden'],
    ['not heard of, without a reason', fix(900), heard(181), 'silent', 181, null],
    ['only a fix, long ago', fix(181), undefined, 'silent', 181, null],
  ])('%s', (_name, place, word, state, ageS, why) => {
    const at = ageS === null ? null : NOW - ageS * 1000;
    expect(signalOf(place, word, NOW, LIMITS)).toEqual({ state, at, why, battery: null });
  });

  it('is silent exactly when neither a fix nor a word is younger than the limit', () => {
    const age = fc.option(fc.integer({ min: 0, max: 1000 }), { nil: undefined });
    const state = fc.constantFrom<TrackingReport | null>('on', 'quiet', 'hidden', 'denied', null);
    fc.assert(
      fc.property(age, age, state, (fixS, heardS, tracking) => {
        const signal = signalOf(
          fixS === undefined ? undefined : fix(fixS),
          heardS === undefined ? undefined : heard(heardS, tracking),
          NOW,
          LIMITS,
        );
        const youngest = Math.min(fixS ?? Infinity, heardS ?? Infinity);
        expect(signal.state === 'silent').toBe(youngest > LIMITS.offline && youngest < Infinity);
      }),
    );
  });
});

describe('the timer', () => {
  const MIN = 60_000;
  const row = (dueMin: number | null, status: 'free' | 'break' = 'free', version = 1) => ({
    status,
    version,
    startedAt: new Date(NOW).toISOString(),
    rollCallDueAt: dueMin === null ? null : new Date(NOW + dueMin * MIN).toISOString(),
  });
  it.each<[string, Parameters<typeof rollCallOf>[0], number, RollCallState, number]>([
    ['no outing', null, -Infinity, 'off', Infinity],
    ['on a break', row(5, 'break'), -Infinity, 'off', Infinity],
    ['not known of an older server', row(null), -Infinity, 'off', Infinity],
    ['an outing that only this phone knows', row(null, 'free', 0), -Infinity, 'running', 20],
    ['running', row(10), -Infinity, 'running', 10],
    ['soon', row(3), -Infinity, 'soon', 3],
    ['due', row(0), -Infinity, 'due', 0],
    ['overdue', row(-4), -Infinity, 'due', -4],
    ['overdue as the server knows it, answered on this phone', row(-4), NOW - MIN, 'running', 19],
    ['what was done before is older than what the server knows', row(10), NOW - 15 * MIN, 'running', 10],
  ])('%s', (_name, patrol, saidAt, state, leftMin) => {
    const timer = rollCallOf(patrol, saidAt, 20 * MIN, NOW);
    expect([timer.state, timer.leftMs / MIN]).toEqual([state, leftMin]);
  });
});

describe('the unsent track', () => {
  const unsent = (n: number, patrolId = 'a', offsetMs: number | null = null): Unsent => ({
    body: { patrolId, at: new Date(NOW + n * 2000).toISOString() } as PositionBody,
    offsetMs,
  });
  const track = (count: number, patrolId = 'a'): Unsent[] =>
    Array.from({ length: count }, (_, n) => unsent(n, patrolId));

  it('goes in batches of one outing, in order, each once', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.integer({ min: 1, max: 700 })), { maxLength: 5 }),
        (runs) => {
          const all = runs.flatMap(([patrolId, count]) => track(count, patrolId));
          const sent: Unsent[] = [];
          for (let rest: readonly Unsent[] = all; rest.length > 0; rest = all.slice(sent.length)) {
            const batch = nextBatch(rest);
            expect(new Set(batch.map(({ body }) => body.patrolId)).size).toBe(1);
            expect(batch.length).toBeLessThanOrEqual(500);
            sent.push(...batch);
          }
          expect(sent).toEqual(all);
        },
      ),
    );
  });
  it('grows coarser, and keeps its beginning, its end and its order', () => {
    const all = track(MOST_UNSENT + 1);
    const kept = thinned(all);
    expect(kept.length).toBeLessThan(MOST_UNSENT);
    expect([kept[0], kept.at(-1)]).toEqual([all[0], all.at(-1)]);
    expect(kept.map(({ body }) => body.at)).toEqual(kept.map(({ body }) => body.at).sort());
    const fits = all.slice(1);
    expect(thinned(fits)).toBe(fits);
  });
  it('has times read off an unmeasured clock put right by what was found out, and no others', () => {
    const wrong = unsent(0, 'a', 0);
    const now = { offsetMs: -7_200_000, certain: true };
    expect(righted(wrong, now).at).toBe(new Date(NOW - 7_200_000).toISOString());
    expect(righted(wrong, { ...now, certain: false }).at).toBe(wrong.body.at);
    expect(righted(unsent(0), now).at).toBe(wrong.body.at);
  });
  it('is timed by the phone or by the satellites, whichever stamped the fix', () => {
    const ahead = 7_200_000;
    const phone = NOW + ahead;
    const measured = { offsetMs: -ahead, certain: true };
    expect(fixTime(phone - 4_000, phone, measured)).toEqual({ at: NOW - 4_000, offsetMs: null });
    expect(fixTime(phone, phone, { ...measured, certain: false })).toEqual({ at: NOW, offsetMs: -ahead });
    // the receiver knows better than the phone
    expect(fixTime(NOW - 4_000, phone, measured)).toEqual({ at: NOW - 4_000, offsetMs: null });
    expect(fixTime(NOW, phone, { offsetMs: 0, certain: false })).toEqual({ at: NOW, offsetMs: null });
  });
});

it.each([
  [[0, 1], 'n'],
  [[1, 1], 'ne'],
  [[1, 0], 'e'],
  [[0, -1], 's'],
  [[-1, 0], 'w'],
  [[-1, 1], 'nw'],
] as const)('the way to %j is %s', ([east, north], said) => {
  const bearing = bearingDeg(
    [108.9, 34.2],
    [108.9 + (east * 0.01) / Math.cos(34.2 * (Math.PI / 180)), 34.2 + north * 0.01],
  );
  expect(compassOf(bearing)).toBe(said);
});
