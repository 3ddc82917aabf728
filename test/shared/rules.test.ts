import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DispatchStatus, dispatchStatuses, isEnded, judgeStep, nextStep } from '../../shared/dispatches.ts';
import { followSteps } from '../../shared/follow.ts';
import { awaitsClosing, byUrgency, type IncidentRow, isResting, priorities } from '../../shared/incidents.ts';
import { availability, type Beds, bedKinds, freshness, noBeds } from '../../shared/shelters.ts';

describe('a step of a job', () => {
  // Rows: from. Columns: to, in the order of dispatchStatuses. s step, = same, e dispatch_ended, b step_back, f forbidden.
  const words = { s: 'step', '=': 'same', e: 'dispatch_ended', b: 'step_back', f: 'forbidden' } as const;
  const table: Record<'crew' | 'desk', Record<DispatchStatus, string>> = {
    crew: {
      dispatched: '=ssssssf',
      accepted: 'b=ssssbf',
      en_route: 'bb=sssbf',
      on_scene: 'bbb=ssbf',
      transporting: 'bbbb=sbf',
      done: 'eeeee=ee',
      declined: 'eeeeee=e',
      recalled: 'eeeeeee=',
    },
    desk: {
      dispatched: '=sssssss',
      accepted: 's=ssssss',
      en_route: 'ss=sssss',
      on_scene: 'sss=ssss',
      transporting: 'ssss=sss',
      done: 'eeeee=ee',
      declined: 'eeeeee=e',
      recalled: 'eeeeeee=',
    },
  };
  for (const who of ['crew', 'desk'] as const)
    it.each(dispatchStatuses)(`of the ${who} from %s`, (from) => {
      const got = dispatchStatuses.map((to) => judgeStep(from, to, who === 'desk'));
      expect(got).toEqual([...table[who][from]].map((letter) => words[letter as keyof typeof words]));
    });

  it('on the big button leads forward to the end, and is always allowed', () => {
    for (const from of dispatchStatuses) {
      const next = nextStep(from);
      expect(next === null).toBe(isEnded(from));
      if (next) expect(judgeStep(from, next, false)).toBe('step');
    }
  });
});

describe('beds', () => {
  const now = new Date('2026-01-15T13:00:00.000Z');
  const later = '2026-01-15T13:00:00.001Z';
  const counts = fc.record(
    Object.fromEntries(bedKinds.map((kind) => [kind, fc.integer({ min: 0, max: 50 })])) as unknown as Record<
      keyof Beds,
      fc.Arbitrary<number>
    >,
  );
  const holds = fc.array(
    fc.record({
      kind: fc.constantFrom(...bedKinds),
      people: fc.integer({ min: 1, max: 9 }),
      status: fc.constantFrom('held' as const, 'used' as const, 'cancelled' as const, 'expired' as const),
      expiresAt: fc.constantFrom(later, now.toISOString()),
    }),
  );

  it('are never fewer than none, by kind total - occupied - held, and none at all unless open', () => {
    fc.assert(
      fc.property(
        counts,
        counts,
        holds,
        fc.constantFrom('open' as const, 'full' as const, 'closed' as const),
        (beds, occupiedBeds, list, status) => {
          const got = availability({ beds, occupiedBeds, status }, list, now);
          const live = list.filter((hold) => hold.status === 'held' && hold.expiresAt === later);
          let total = 0;
          for (const kind of bedKinds) {
            const held = live.filter((hold) => hold.kind === kind).reduce((sum, hold) => sum + hold.people, 0);
            const free = status === 'open' ? Math.max(0, beds[kind] - occupiedBeds[kind] - held) : 0;
            expect(got.available[kind]).toBe(free);
            total += free;
          }
          expect(got.available.total).toBe(total);
          expect(got.held).toBe(live.reduce((sum, hold) => sum + hold.people, 0));
          expect(got.capacity.total).toBe(bedKinds.reduce((sum, kind) => sum + beds[kind], 0));
        },
      ),
    );
  });

  it('a hold ends at its stored moment, not after it', () => {
    const shelter = { beds: { ...noBeds(), any: 1 }, occupiedBeds: noBeds(), status: 'open' as const };
    expect(
      availability(shelter, [{ kind: 'any', people: 1, status: 'held', expiresAt: now.toISOString() }], now).available
        .total,
    ).toBe(1);
    expect(
      availability(shelter, [{ kind: 'any', people: 1, status: 'held', expiresAt: later }], now).available.total,
    ).toBe(0);
  });

  it.each([
    [0, 'fresh'],
    [1.99, 'fresh'],
    [2, 'ageing'],
    [8, 'ageing'],
    [8.01, 'stale'],
    [-1, 'fresh'],
  ])('a count %f h old is %s', (hours, word) => {
    expect(freshness(new Date(now.getTime() - hours * 3_600_000), now, { fresh: 2, stale: 8 })).toBe(word);
  });
});

describe('the queue', () => {
  const rows = fc.array(
    fc.record({
      id: fc.uuid(),
      priority: fc.constantFrom(...priorities),
      openedAt: fc.constantFrom('2026-01-15T13:00:00.000Z', '2026-01-15T13:05:00.000Z'),
    }),
  );
  it('puts danger first, then the longest waiting, the same way round however it came', () => {
    fc.assert(
      fc.property(rows, (list) => {
        const sorted = [...(list as IncidentRow[])].sort(byUrgency);
        expect([...(list as IncidentRow[])].reverse().sort(byUrgency)).toEqual(sorted);
        for (const [n, row] of sorted.entries()) {
          const next = sorted[n + 1];
          if (next)
            expect(
              priorities.indexOf(row.priority) - priorities.indexOf(next.priority) ||
                row.openedAt.localeCompare(next.openedAt),
            ).toBeLessThanOrEqual(0);
        }
      }),
    );
  });
  it('knows what only waits to be closed', () => {
    const row = { status: 'open', outcome: 'found', patrolIds: [], recheck: null } as unknown as IncidentRow;
    const recheck = (status: 'waiting' | 'same_crew') => ({ status, dueAt: '2026-01-15T17:00:00.000Z' });
    expect([
      awaitsClosing(row),
      awaitsClosing({ ...row, patrolIds: ['x'] }),
      awaitsClosing({ ...row, outcome: null }),
      awaitsClosing({ ...row, status: 'closed' }),
      awaitsClosing({ ...row, recheck: recheck('same_crew') }),
      isResting({ ...row, recheck: recheck('waiting') }),
      isResting({ ...row, recheck: recheck('same_crew') }),
    ]).toEqual([true, false, false, false, false, true, false]);
  });
});

describe('the steps a reporter sees', () => {
  const at = '2026-01-15T13:00:00.000Z';
  const names = (status: Parameters<typeof followSteps>[0]['status'], happened: readonly string[]): string[] =>
    followSteps({ status, updates: happened.map((name) => ({ status: name as typeof status, at })) }).map(
      (step) => `${step.name} ${step.state}`,
    );
  it.each([
    ['received', ['received'], ['received now', 'seen ahead', 'on_the_way ahead', 'outcome ahead']],
    ['on_the_way', ['received', 'on_the_way'], ['received done', 'on_the_way now', 'outcome ahead']],
    ['found', ['received', 'seen', 'found'], ['received done', 'seen done', 'found now']],
    [
      'closed',
      ['received', 'seen', 'not_found', 'closed'],
      ['received done', 'seen done', 'not_found done', 'closed now'],
    ],
    ['closed', ['received', 'closed'], ['received done', 'closed now']],
  ] as const)('%s after %j', (status, happened, wanted) => {
    expect(names(status, happened)).toEqual(wanted);
  });
});
