import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyTick, type Fix, packFix, unpackFix } from '../../shared/positions.ts';

const TICK = Date.UTC(2026, 0, 15, 13) / 1000;
const fixes = fc.record({
  position: fc.tuple(fc.double({ min: -180, max: 180, noNaN: true }), fc.double({ min: -90, max: 90, noNaN: true })),
  /** a fix of the last ten days, or up to two minutes ahead */
  at: fc.integer({ min: (TICK - 864_000) * 1000, max: (TICK + 120) * 1000 }),
  speedMps: fc.option(fc.double({ min: 0, max: 400, noNaN: true })),
  headingDeg: fc.option(fc.double({ min: 0, max: 360, noNaN: true })),
});

describe('a packed fix', () => {
  it('takes at most 48 bytes and comes back within a metre, a second, 0.1 m/s and a degree', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 99_999_999 }), fixes, (num, fix: Fix) => {
        const packed = packFix(num, fix, TICK);
        expect(JSON.stringify(packed).length).toBeLessThanOrEqual(48);
        const back = unpackFix(JSON.parse(JSON.stringify(packed)) as typeof packed, TICK);
        expect(back.num).toBe(num);
        expect(back.fix.position[0]).toBeCloseTo(fix.position[0], 4);
        expect(back.fix.position[1]).toBeCloseTo(fix.position[1], 4);
        expect(Math.abs(back.fix.at - fix.at)).toBeLessThanOrEqual(500);
        for (const [key, error] of [
          ['speedMps', 0.0501],
          ['headingDeg', 0.501],
        ] as const) {
          const [was, is] = [fix[key], back.fix[key]];
          if (was === null) expect(is).toBeNull();
          else expect(Math.abs((is ?? NaN) - was)).toBeLessThanOrEqual(error);
        }
      }),
    );
  });
});

describe('a tick', () => {
  const fix = (at: number, lon = 1): Fix => ({ position: [lon, 2], at: at * 1000, speedMps: null, headingDeg: null });
  it('never puts an older fix over a newer one, whatever the order of arrival', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 0, max: 100 })), { maxLength: 30 }),
        (arrivals) => {
          let latest: ReadonlyMap<number, Fix> = new Map();
          for (const [num, age] of arrivals)
            latest = applyTick(latest, { at: TICK, fixes: [packFix(num, fix(TICK - age), TICK)] });
          for (const [num, known] of latest) {
            const youngest = Math.min(...arrivals.filter(([other]) => other === num).map(([, age]) => age));
            expect(known.at).toBe((TICK - youngest) * 1000);
          }
        },
      ),
    );
  });

  it('leaves the picture before as it was', () => {
    const before = applyTick(new Map(), { at: TICK, fixes: [packFix(1, fix(TICK), TICK)] });
    const after = applyTick(before, { at: TICK + 1, fixes: [packFix(1, fix(TICK + 1, 5), TICK + 1)] });
    expect([before.get(1)?.position[0], after.get(1)?.position[0]]).toEqual([1, 5]);
  });
});
