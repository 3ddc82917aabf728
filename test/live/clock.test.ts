/** The phone's clock may be hours wrong, and may be set while the page lives. */
import { expect, test } from 'vitest';
import { createClock } from '../../web/live/clock.ts';

const START = Date.parse('2026-01-15T13:00:00.000Z');
const HOUR = 3_600_000;

/** A phone whose clock is `behind` ms late, and the server's true time. */
function phone(behind: number, keptMs = 0) {
  let true_ = START;
  let mono = 5_000;
  let wrong = behind;
  const written: number[] = [];
  const clock = createClock({
    wall: () => true_ - wrong,
    mono: () => mono,
    kept: { read: () => keptMs, write: (ms) => written.push(ms) },
  });
  return {
    clock,
    written,
    pass: (ms: number) => {
      true_ += ms;
      mono += ms;
    },
    sleep: (ms: number) => {
      true_ += ms;
    },
    set: (by: number) => {
      wrong -= by;
    },
    /** an answer that was `latencyMs` on its way, half of it back */
    hear: (latencyMs = 0) => {
      const sent = new Date(Math.floor((true_ + latencyMs / 2) / 1000) * 1000).toUTCString();
      true_ += latencyMs;
      mono += latencyMs;
      clock.note(sent, latencyMs);
    },
    error: () => true_ - wrong + clock.state().offsetMs - true_,
  };
}

test.each([
  ['right', 0],
  ['two hours behind', 2 * HOUR],
  ['two hours ahead', -2 * HOUR],
  ['a minute behind', 60_000],
])('a clock that is %s is measured', (_, behind) => {
  for (const latency of [40, 900, 6_000]) {
    const { clock, hear, error } = phone(behind);
    expect(clock.state()).toEqual({ offsetMs: 0, certain: false });
    hear(latency);
    expect(clock.state().certain).toBe(true);
    expect(Math.abs(error())).toBeLessThanOrEqual(1_500);
  }
});

test('what was measured is written down, and used after a restart until it is measured again', () => {
  const before = phone(2 * HOUR);
  before.hear();
  expect(before.written).toHaveLength(1);
  const after = phone(2 * HOUR, before.written[0]);
  expect(after.clock.state().certain).toBe(false);
  expect(Math.abs(after.error())).toBeLessThanOrEqual(1_500);
});

test('a clock that is set back is followed at once; one that is set ahead, or a phone that slept, is in doubt', () => {
  const back = phone(0);
  back.hear();
  back.pass(60_000);
  back.set(-HOUR);
  expect(Math.abs(back.error())).toBeLessThanOrEqual(1_500);
  expect(back.clock.state().certain).toBe(false);
  for (const happens of ['set', 'sleep'] as const) {
    const doubtful = phone(0);
    doubtful.hear();
    doubtful[happens](HOUR);
    expect(doubtful.clock.state().certain).toBe(false);
    doubtful.hear();
    expect(doubtful.clock.state().certain).toBe(true);
    expect(Math.abs(doubtful.error())).toBeLessThanOrEqual(1_500);
  }
});

test('a slow answer does not replace a better one, and no date tells nothing', () => {
  const { clock, hear, error } = phone(2 * HOUR);
  clock.note(null, 0);
  clock.note('tomorrow', 0);
  expect(clock.state().certain).toBe(false);
  hear();
  const better = error();
  hear(19_000);
  expect(error()).toBe(better);
});
