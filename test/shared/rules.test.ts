import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DispatchStatus, dispatchStatuses, isEnded, judgeStep, nextStep } from '../../shared/dispatches.ts';
import { followSteps } from '../../shared/follow.ts';
import { awaitsClosing, byUrgency, type IncidentRow, isResting, priorities } from '../../shared/incidents.ts';

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
