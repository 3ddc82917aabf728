import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { IncidentRow } from '../../shared/incidents.ts';
import { movedRows, type QueueView, queueOf, settle } from '../../web/incidents/queue.ts';

const station = '00000000-0000-4000-8000-000000000001';
let made = 0;
function incident(more: Partial<IncidentRow> = {}): IncidentRow {
  made += 1;
  return {
    id: `id-${made}`,
    version: 1,
    code: `C-${made}`,
    stationId: station,
    areaId: null,
    lane: null,
    status: 'open',
    priority: 'normal',
    position: null,
    accuracyM: null,
    placeText: null,
    placeCode: null,
    people: 1,
    signs: [],
    description: null,
    source: 'public',
    verified: false,
    openedAt: `2026-01-10T20:${String(made).padStart(2, '0')}:00.000Z`,
    lastReportedAt: '2026-01-10T20:00:00.000Z',
    seenAt: null,
    firstDispatchedAt: null,
    arrivedAt: null,
    closedAt: null,
    closeReason: null,
    outcome: null,
    mergedInto: null,
    sightingIds: [],
    patrolIds: [],
    lastSeenAt: '2026-01-10T20:00:00.000Z',
    spoken: null,
    wantsHelp: null,
    stillThere: null,
    refusals: 0,
    wants: [],
    acceptedAt: null,
    safeAt: null,
    askedAt: null,
    answeredAt: null,
    claimedBy: null,
    claimedUntil: null,
    snoozedUntil: null,
    recheck: null,
    ...more,
  };
}
const view = (more: Partial<QueueView> = {}): QueueView => ({ filter: 'all', search: '', stationId: null, ...more });
const ids = (rows: readonly IncidentRow[]): string[] => rows.map(({ id }) => id);

/** Everybody has four hours, but those named. */
const minutesOf =
  (named: Record<string, number> = {}) =>
  ({ id }: IncidentRow): number =>
    named[id] ?? 240;

test('who has least time stands first; in danger the gravest, then the longest waiting; then what rests until a re-check, last what only needs closing', () => {
  const older = incident();
  const newer = incident();
  const ready = incident({ outcome: 'found', priority: 'life_risk' });
  const resting = incident({
    outcome: 'found',
    priority: 'life_risk',
    recheck: { status: 'waiting', dueAt: '2026-01-15T17:00:00.000Z' },
  });
  const due = incident({ outcome: 'found', recheck: { status: 'any_crew', dueAt: '2026-01-15T12:00:00.000Z' } });
  const grave = incident({ priority: 'life_risk' });
  const cold = incident();
  const soon = incident();
  const clock = minutesOf({
    [ready.id]: 0,
    [older.id]: 0,
    [newer.id]: 0,
    [grave.id]: 0,
    [soon.id]: 12,
    [due.id]: 30,
    [resting.id]: 0,
  });
  const queue = queueOf([resting, ready, newer, cold, older, due, soon, grave], view(), clock);
  expect(ids(queue.placed)).toEqual(ids([grave, older, newer, soon, due, cold, resting, ready]));
  expect([queue.counts.waiting, queue.counts.to_close]).toEqual([6, 1]);
});

test('closed ones keep the order of the server', () => {
  const rows = [incident({ status: 'closed' }), incident({ status: 'closed', priority: 'life_risk' })];
  expect(ids(queueOf(rows, view({ filter: 'closed' }), minutesOf()).placed)).toEqual(ids(rows));
});

test('what has no place or no area is never lost among the placed', () => {
  const unplaced = incident({ lane: 'unplaced' });
  const outside = incident({ lane: 'outside' });
  const placed = incident();
  const queue = queueOf([placed, unplaced, outside], view(), minutesOf());
  expect(ids(queue.beside)).toEqual(ids([unplaced, outside]));
  expect(ids(queue.placed)).toEqual([placed.id]);
});

test('each filter shows its own, and its number does not depend on the search', () => {
  const waiting = incident();
  const going = incident({ patrolIds: ['p'], status: 'assigned' });
  const ready = incident({ outcome: 'not_found' });
  const rows = [waiting, going, ready];
  expect(ids(queueOf(rows, view({ filter: 'waiting' }), minutesOf()).placed)).toEqual([waiting.id]);
  expect(ids(queueOf(rows, view({ filter: 'under_way' }), minutesOf()).placed)).toEqual([going.id]);
  expect(ids(queueOf(rows, view({ filter: 'to_close' }), minutesOf()).placed)).toEqual([ready.id]);
  expect(queueOf(rows, view({ search: 'nothing like it' }), minutesOf()).counts).toMatchObject({
    all: 3,
    waiting: 1,
    under_way: 1,
    to_close: 1,
  });
});

test('the search finds all its words in number, place and description', () => {
  const bridge = incident({ placeText: '长乐坊天桥下', description: 'Two people, one BLANKET' });
  const rows = [bridge, incident({ placeText: '钟楼' })];
  expect(ids(queueOf(rows, view({ search: '天桥 blanket' }), minutesOf()).placed)).toEqual([bridge.id]);
  expect(ids(queueOf(rows, view({ search: bridge.code.toLowerCase() }), minutesOf()).placed)).toEqual([bridge.id]);
});

test('only the own station, when asked', () => {
  const own = incident();
  const below = incident({ stationId: 'other' });
  expect(ids(queueOf([own, below], view({ stationId: station }), minutesOf()).placed)).toEqual([own.id]);
});

test('a row under the hand keeps its place, and the others close in around it', () => {
  expect(settle(['a', 'b', 'c', 'd'], ['d', 'c', 'b', 'a'], [])).toEqual(['a', 'b', 'c', 'd']);
  expect(settle(['a', 'b', 'c', 'd'], ['d', 'c', 'b', 'a'], ['c'])).toEqual(['a', 'c', 'b', 'd']);
  // more urgent ones came, and one above it was closed
  expect(settle(['new', 'a', 'c', 'b'], ['x', 'a', 'b', 'c'], ['b'])).toEqual(['new', 'a', 'b', 'c']);
  // what is gone is not held; at the end of a shorter list it stands last
  expect(settle(['a', 'b'], ['a', 'gone', 'b'], ['gone'])).toEqual(['a', 'b']);
  expect(settle(['b', 'a'], ['x', 'y', 'z', 'b', 'a'], ['b'])).toEqual(['a', 'b']);
});

const someIds = fc.uniqueArray(fc.constantFrom(...'abcdefghijkl'), { maxLength: 12 });

test('whatever happens: held rows keep their place, the others their order, and nobody is lost', () => {
  fc.assert(
    fc.property(someIds, someIds, someIds, (wanted, shown, hands) => {
      const held = hands.slice(0, 2);
      const order = settle(wanted, shown, held);
      expect([...order].sort()).toEqual([...wanted].sort());
      const free = (list: readonly string[]): string[] =>
        list.filter((id) => !(held.includes(id) && shown.includes(id)));
      expect(free(order)).toEqual(free(wanted));
      for (const id of held)
        if (wanted.includes(id) && shown.includes(id) && shown.indexOf(id) < wanted.length - 1)
          expect(order.indexOf(id)).toBe(shown.indexOf(id));
      // and once it is so, it stays so
      expect(settle(wanted, order, held)).toEqual(order);
    }),
  );
});

test('only what moved is marked, not what made room for it', () => {
  expect([...movedRows(['a', 'b', 'c', 'd'], ['d', 'a', 'b', 'c'])]).toEqual([['d', 'up']]);
  expect([...movedRows(['a', 'b', 'c', 'd'], ['b', 'c', 'd', 'a'])]).toEqual([['a', 'down']]);
  expect([...movedRows(['a', 'b', 'c'], ['new', 'a', 'c'])]).toEqual([]);
  fc.assert(
    fc.property(someIds, someIds, (before, after) => {
      const moved = movedRows(before, after);
      const rest = (list: readonly string[], other: readonly string[]): string[] =>
        list.filter((id) => other.includes(id) && !moved.has(id));
      // without the marked ones nothing has changed
      expect(rest(after, before)).toEqual(rest(before, after));
      for (const id of moved.keys()) expect(before.includes(id) && after.includes(id)).toBe(true);
      expect(movedRows(before, before).size).toBe(0);
    }),
  );
});
