import { expect, test } from 'vitest';
import type { IncidentRow } from '../../shared/incidents.ts';
import { type QueueView, queueOf } from '../../web/incidents/queue.ts';

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
    ...more,
  };
}
const view = (more: Partial<QueueView> = {}): QueueView => ({ filter: 'all', search: '', stationId: null, ...more });
const ids = (rows: readonly IncidentRow[]): string[] => rows.map(({ id }) => id);

test('danger stands first, then the longest waiting, and last what only needs closing', () => {
  const older = incident();
  const newer = incident();
  const ready = incident({ outcome: 'found', priority: 'life_risk' });
  const danger = incident({ priority: 'life_risk' });
  expect(ids(queueOf([ready, newer, older, danger], view()).placed)).toEqual(ids([danger, older, newer, ready]));
});

test('what has no place or no area is never lost among the placed', () => {
  const unplaced = incident({ lane: 'unplaced' });
  const outside = incident({ lane: 'outside' });
  const placed = incident();
  const queue = queueOf([placed, unplaced, outside], view());
  expect(ids(queue.beside)).toEqual(ids([unplaced, outside]));
  expect(ids(queue.placed)).toEqual([placed.id]);
});

test('each filter shows its own, and its number does not depend on the search', () => {
  const waiting = incident();
  const going = incident({ patrolIds: ['p'], status: 'assigned' });
  const ready = incident({ outcome: 'not_found' });
  const rows = [waiting, going, ready];
  expect(ids(queueOf(rows, view({ filter: 'waiting' })).placed)).toEqual([waiting.id]);
  expect(ids(queueOf(rows, view({ filter: 'under_way' })).placed)).toEqual([going.id]);
  expect(ids(queueOf(rows, view({ filter: 'to_close' })).placed)).toEqual([ready.id]);
  expect(queueOf(rows, view({ search: 'nothing like it' })).counts).toMatchObject({
    all: 3,
    waiting: 1,
    under_way: 1,
    to_close: 1,
  });
});

test('the search finds all its words in number, place and description', () => {
  const bridge = incident({ placeText: '长乐坊天桥下', description: 'Two people, one BLANKET' });
  const rows = [bridge, incident({ placeText: '钟楼' })];
  expect(ids(queueOf(rows, view({ search: '天桥 blanket' })).placed)).toEqual([bridge.id]);
  expect(ids(queueOf(rows, view({ search: bridge.code.toLowerCase() })).placed)).toEqual([bridge.id]);
});

test('only the own station, when asked', () => {
  const own = incident();
  const below = incident({ stationId: 'other' });
  expect(ids(queueOf([own, below], view({ stationId: station })).placed)).toEqual([own.id]);
});
