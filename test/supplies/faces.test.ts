/** What the pages make of the books: what goes first, what is missing, where a count differs, and what a phone without a line shows. */
import { describe, expect, it } from 'vitest';
import { loadPatrol, unloadPatrol } from '../../shared/loads.ts';
import { emptyState, type State } from '../../shared/state.ts';
import type { Batch, ItemRow, StockRow } from '../../shared/supplies.ts';
import { countLines, differenceOf } from '../../web/supplies/count.ts';
import { firstDate, nearness } from '../../web/supplies/expiry.ts';
import { stockLines } from '../../web/supplies/lines.ts';
import { fillLines } from '../../web/supplies/load.ts';
import { aboutTask } from '../../web/desk/task-about.ts';
import { shown } from '../../web/live/shown.ts';

const item = (id: string, name: string, nameZh: string | null = null): ItemRow => ({
  id,
  version: 1,
  name,
  nameZh,
  unit: 'piece',
  kind: 'bedding',
  active: true,
});
const items = { quilt: item('quilt', 'Quilt', '棉被'), soup: item('soup', 'Soup'), coat: item('coat', 'Coat') };
const batch = (expiresOn: string | null, quantity: number): Batch => ({
  id: `batch ${expiresOn ?? 'none'}`,
  code: null,
  expiresOn,
  quantity,
});
const lies = (itemId: string, quantity: number, batches: Batch[] = []): StockRow => ({
  id: `patrol:p:${itemId}`,
  stationId: 'station',
  place: { kind: 'patrol', id: 'p' },
  itemId,
  quantity,
  batches,
});
const today = { on: '2026-12-01', warn: 14 };
const words = { locale: 'en', gone: 'gone' } as const;

describe('dates', () => {
  it.each([
    ['2026-11-30', 'expired'],
    ['2026-12-01', 'soon'],
    ['2026-12-15', 'soon'],
    ['2026-12-16', 'fine'],
    [null, null],
  ])('%s is %s on the first of December', (expiresOn, expected) => {
    expect(nearness({ expiresOn }, today)).toBe(expected);
  });

  it('puts what must go first on top, the rest by name, and leaves nothing out', () => {
    const soup = lies('soup', 9, [batch('2026-12-20', 4), batch('2026-12-03', 5)]);
    expect(firstDate(soup)).toBe('2026-12-03');
    const rows = [lies('quilt', 2, [batch('2027-06-01', 2)]), lies('unknown', 1), soup, lies('coat', -1)];
    expect(stockLines(rows, items, { ...words, today }).map(({ name }) => name)).toEqual([
      'Soup',
      'Coat',
      'gone',
      'Quilt',
    ]);
    const chinese = stockLines(rows, items, { ...words, locale: 'zh-CN', today });
    expect(chinese.find(({ itemId }) => itemId === 'quilt')?.name).toBe('棉被');
  });
});

it('fills up what is missing, as far as the depot is known to have it', () => {
  const list = { lines: ['quilt', 'soup', 'coat'].map((itemId) => ({ itemId, quantity: 5 })) };
  const stock = [lies('quilt', 7), lies('soup', -2)];
  const alone = fillLines(list, stock, null, items, words);
  expect(alone.map(({ name, has, missing, goes }) => [name, has, missing, goes])).toEqual([
    ['Coat', 0, 5, 5],
    ['Quilt', 7, 0, 0],
    ['Soup', 0, 5, 5],
  ]);
  const depot = [{ itemId: 'soup', wanted: 5, has: 0, missing: 5, inDepot: 3 }];
  expect(fillLines(list, stock, depot, items, words).map(({ goes, inDepot }) => [goes, inDepot])).toEqual([
    [0, 0],
    [0, 0],
    [3, 3],
  ]);
});

it('names each difference of a count, and none where nobody has counted', () => {
  const lines = countLines([lies('quilt', 4), lies('soup', 2)], items, { quilt: 3, coat: 1 }, ['coat'], words);
  expect(lines.map((line) => [line.name, line.booked, line.counted, differenceOf(line)])).toEqual([
    ['Coat', 0, 1, 1],
    ['Quilt', 4, 3, -1],
    ['Soup', 2, null, 0],
  ]);
});

it('knows where each task is dealt with', () => {
  const about = (kind: 'stock_low' | 'stock_left' | 'stay_due', subject: Record<string, string>) =>
    aboutTask({ kind, subject });
  expect(about('stock_low', { itemId: 'i', placeKind: 'depot', placeId: 'd' })).toMatchObject({
    itemId: 'i',
    store: { kind: 'depot', id: 'd' },
  });
  expect(about('stock_left', { patrolId: 'p' }).store).toEqual({ kind: 'patrol', id: 'p' });
  expect(about('stay_due', { stayId: 's', shelterId: 'h', due: 'notice' })).toMatchObject({
    store: null,
    shelterId: 'h',
  });
});

it('shows a phone without a line what was loaded and brought back, and what of which delivery is left', () => {
  const state: State = {
    ...emptyState,
    stock: { 'patrol:p:soup': lies('soup', 5, [batch('2026-12-03', 2), batch('2027-01-01', 3)]) },
    patrols: { p: { id: 'p', stationId: 'station', crew: ['me'] } as never },
  };
  const own = { userId: 'me', stationId: 'station', vehicleName: () => null };
  const waits = (endpointName: string, body: object) => ({
    endpointName,
    url: '',
    body,
    state: 'waiting' as const,
    madeAt: 0,
  });
  const load = waits(loadPatrol.name, {
    id: 'l',
    patrolId: 'p',
    depotId: 'd',
    lines: [
      { itemId: 'soup', quantity: 4 },
      { itemId: 'coat', quantity: 1 },
    ],
  });
  const loaded = shown(state, [load], [], own).state.stock;
  expect(Object.values(loaded).map(({ itemId, quantity }) => [itemId, quantity])).toEqual([
    ['soup', 9],
    ['coat', 1],
  ]);
  const given = waits('recordEncounter', { handouts: [{ itemId: 'soup', quantity: 3 }] });
  expect(shown(state, [given], [], own).state.stock['patrol:p:soup']).toMatchObject({
    quantity: 2,
    batches: [{ expiresOn: '2027-01-01', quantity: 2 }],
  });
  const back = waits(unloadPatrol.name, { id: 'u', patrolId: 'p', depotId: 'd' });
  expect(shown(state, [load, back], [], own).state.stock).toEqual({});
});
