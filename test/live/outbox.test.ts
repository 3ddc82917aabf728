import { expect, test } from 'vitest';
import { heads, judge, type OutboxItem } from '../../web/live/outbox-rules.ts';

const item = (n: number, lane: string, more: Partial<OutboxItem> = {}): OutboxItem => ({
  n,
  key: `key-${n}`,
  userId: 'me',
  endpointName: 'stepDispatch',
  method: 'PATCH',
  url: '/api/dispatches/x',
  body: {},
  expectId: null,
  label: '',
  lane,
  state: 'waiting',
  tries: 0,
  madeAt: 0,
  problem: null,
  ...more,
});
const keys = (items: OutboxItem[]): number[] => items.map(({ n }) => n);

test('each lane sends its oldest first, whatever order the store gives', () => {
  expect(keys(heads([item(4, 'b'), item(2, 'a'), item(1, 'a'), item(3, 'b')], 'me'))).toEqual([1, 3]);
});

test('a lane goes on past what was refused, and never sends for another person', () => {
  expect(
    keys(heads([item(1, 'a', { state: 'refused' }), item(2, 'a'), item(3, 'b', { userId: 'other' })], 'me')),
  ).toEqual([2]);
});

test.each([
  [401, 'signed_out'],
  [403, 'refused'],
  [404, 'refused'],
  [408, 'again'],
  [409, 'conflict'],
  [413, 'refused'],
  [422, 'refused'],
  [429, 'again'],
  [500, 'again'],
  [503, 'again'],
] as const)('status %i means %s', (status, verdict) => {
  expect(judge(status)).toBe(verdict);
});

test('a second factor that is asked for meanwhile costs nothing that waits', () => {
  expect(judge(403, 'second_factor_needed')).toBe('signed_out');
});
