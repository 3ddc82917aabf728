import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change } from '../../shared/events.ts';
import { apply, applyAll, emptyState, isLive, type State } from '../../shared/state.ts';

/** Rows with only what the fold looks at. */
const task = (id: string, version: number, done: boolean): object => ({
  id,
  version,
  doneAt: done ? '2026-01-15T13:00:00.000Z' : null,
});
const change = (seq: number, payload: object): Change => ({ seq, type: 'task.done', at: '', stationId: '', payload });
const ids = ['a', 'b', 'c', 'd'];
const payloads = fc.oneof(
  fc
    .record({
      tasks: fc.array(
        fc.record({ id: fc.constantFrom(...ids), version: fc.integer({ min: 1, max: 9 }), done: fc.boolean() }),
        { maxLength: 3 },
      ),
    })
    .map(({ tasks }) => ({ tasks: tasks.map(({ id, version, done }) => task(id, version, done)) })),
  fc.constantFrom(...ids).map((id) => ({ gone: { tasks: [id] } })),
);
/** A log as it comes: rising seq with gaps. */
const logs = fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), payloads), { maxLength: 20 }).map((steps) => {
  let seq = 0;
  return steps.map(([step, payload]) => change((seq += step), payload));
});

describe('the picture', () => {
  it('is the same change by change, in one batch, or in any batches', () => {
    fc.assert(
      fc.property(logs, fc.nat(20), (log, cut) => {
        const whole = applyAll(emptyState, log);
        expect(log.reduce<State>(apply, emptyState)).toEqual(whole);
        expect(applyAll(applyAll(emptyState, log.slice(0, cut)), log.slice(cut))).toEqual(whole);
      }),
    );
  });

  it('takes what it has seen before for nothing, also when batches overlap', () => {
    fc.assert(
      fc.property(logs, fc.nat(20), (log, from) => {
        const whole = applyAll(emptyState, log);
        expect(applyAll(whole, log)).toBe(whole);
        expect(applyAll(applyAll(emptyState, log), log.slice(from))).toEqual(whole);
      }),
    );
  });

  it('holds the last word on each row, and no row that ended or left the view', () => {
    fc.assert(
      fc.property(logs, (log) => {
        const state = applyAll(emptyState, log);
        const last = new Map<string, object | null>();
        for (const { payload } of log) {
          for (const row of payload.tasks ?? []) last.set(row.id, row.doneAt === null ? row : null);
          for (const id of payload.gone?.tasks ?? []) last.set(id, null);
        }
        expect(state.tasks).toEqual(Object.fromEntries([...last].filter(([, row]) => row !== null)));
        expect(state.seq).toBe(log.at(-1)?.seq ?? 0);
      }),
    );
  });

  it('does not touch the one before, nor copy tables that nothing happened to', () => {
    const before = apply(emptyState, change(1, { tasks: [task('a', 1, false)] }));
    const after = apply(before, change(2, { tasks: [task('a', 2, true)] }));
    expect(Object.keys(before.tasks)).toEqual(['a']);
    expect(after.tasks).toEqual({});
    expect(after.incidents).toBe(before.incidents);
  });
});

describe('what is over', () => {
  it.each([
    ['incidents', { status: 'closed' }, { status: 'on_scene' }],
    ['patrols', { status: 'ended' }, { status: 'break' }],
    ['dispatches', { status: 'declined' }, { status: 'transporting' }],
    ['dispatches', { status: 'recalled' }, { status: 'dispatched' }],
    ['dispatches', { status: 'done' }, { status: 'accepted' }],
    ['holds', { status: 'expired' }, { status: 'held' }],
    ['stays', { leftAt: 'x' }, { leftAt: null }],
    ['items', { active: false }, { active: true }],
    ['stock', { quantity: 0 }, { quantity: -2 }],
    ['tasks', { doneAt: 'x' }, { doneAt: null }],
  ] as const)('leaves %s', (noun, over, running) => {
    expect([isLive[noun](over as never), isLive[noun](running as never)]).toEqual([false, true]);
  });
});
