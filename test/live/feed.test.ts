import { describe, expect, test } from 'vitest';
import type { Change, Changes } from '../../shared/events.ts';
import { emptyState, type State } from '../../shared/state.ts';
import type { TaskRow } from '../../shared/tasks.ts';
import { backOffMs, takeChanges } from '../../web/live/feed.ts';

const station = '00000000-0000-4000-8000-000000000001';
const task = (id: string, version: number): TaskRow => ({
  id,
  version,
  stationId: station,
  kind: 'no_bed',
  subject: {},
  createdAt: '2026-11-22T00:00:00Z',
  doneAt: null,
});
const change = (seq: number, row: TaskRow): Change => ({
  seq,
  type: 'task.done',
  at: '2026-11-22T00:00:00Z',
  stationId: station,
  payload: { tasks: [row] },
});
const message = (after: number, upTo: number, ...changes: Change[]): Changes => ({ after, upTo, changes });
const at = (seq: number): State => ({ ...emptyState, seq });

describe('a message of changes', () => {
  test('moves the picture to its upTo, also when nothing in it concerns the viewer', () => {
    const step = takeChanges(at(5), message(5, 9));
    expect(step).toMatchObject({ kind: 'moved', state: { seq: 9 }, news: [] });
  });

  test('is dropped when something lies between, and says from where to fetch', () => {
    expect(takeChanges(at(5), message(7, 9, change(8, task('a', 1))))).toEqual({ kind: 'gap', since: 5, wanted: 9 });
  });

  test('that overlaps is folded only from where the picture stands', () => {
    const step = takeChanges(at(5), message(3, 7, change(4, task('old', 1)), change(7, task('new', 1))));
    expect(step.kind).toBe('moved');
    if (step.kind !== 'moved') return;
    expect(Object.keys(step.state.tasks)).toEqual(['new']);
    expect(step.news.map(({ seq }) => seq)).toEqual([7]);
  });

  test('already known changes nothing', () => {
    expect(takeChanges(at(9), message(3, 9, change(8, task('a', 1))))).toEqual({ kind: 'known' });
  });

  test('in any arrangement of repeats and losses ends in the same picture', () => {
    const all = Array.from({ length: 20 }, (_, index) => change(index + 1, task(`task-${index % 4}`, index)));
    let state = at(0);
    let gaps = 0;
    for (const [from, to] of [
      [0, 3],
      [0, 3],
      [5, 8],
      [2, 6],
      [6, 6],
      [10, 20],
    ] as const) {
      let step = takeChanges(state, message(from, to, ...all.slice(from, to)));
      if (step.kind === 'gap') {
        gaps += 1;
        step = takeChanges(state, message(step.since, step.wanted, ...all.slice(step.since, step.wanted)));
      }
      if (step.kind === 'moved') state = step.state;
    }
    expect(gaps).toBe(2);
    expect(state.seq).toBe(20);
    expect(
      Object.values(state.tasks)
        .map(({ version }) => version)
        .sort((a, b) => a - b),
    ).toEqual([16, 17, 18, 19]);
  });
});

test('the pause before another try grows to half a minute and is spread', () => {
  expect(backOffMs(0, 0)).toBe(500);
  expect(backOffMs(0, 1)).toBe(1000);
  expect(backOffMs(3, 1)).toBe(8000);
  expect(backOffMs(50, 1)).toBe(30_000);
});
