/** All that lies in the stores of the own subtree, with the names of items and places. */
import { listPatrols, type PatrolRow } from '../../shared/patrols.ts';
import { listShelters } from '../../shared/shelters.ts';
import {
  type ItemRow,
  listDepots,
  listItems,
  listStock,
  type StockRow,
  type StoreKind,
} from '../../shared/supplies.ts';
import { type Fetched, useFetched } from '../live/fetched.ts';
import type { NamedStore, StorePlace } from '../supplies/movements.ts';
import { t } from '../ui/words.ts';
import { ask, everyRow } from './lists.ts';
import { mayCall } from '../live/may.ts';

export interface Stock {
  rows: readonly StockRow[];
  items: Readonly<Record<string, ItemRow>>;
  stores: readonly NamedStore[];
  /** patrols that are out now */
  out: ReadonlySet<string>;
}

const asStores = (kind: StoreKind, rows: readonly { id: string; name?: unknown }[]): NamedStore[] =>
  rows.map(({ id, name }) => ({
    kind,
    id,
    name: typeof name === 'string' && name !== '' ? name : t(`supplies.place.${kind}`),
  }));
/** The newest outings: what lies on an older one is shown without its name. */
async function outings(): Promise<readonly PatrolRow[]> {
  if (!mayCall(listPatrols)) return [];
  return (await ask<{ items: PatrolRow[] }>(listPatrols, { query: { limit: '500', status: 'all' } })).items;
}
async function load(): Promise<Stock> {
  const [rows, items, depots, shelters, patrols] = await Promise.all([
    everyRow(listStock) as Promise<unknown> as Promise<readonly StockRow[]>,
    everyRow(listItems) as Promise<unknown> as Promise<readonly ItemRow[]>,
    everyRow(listDepots),
    everyRow(listShelters),
    outings(),
  ]);
  const named = new Map(patrols.map(({ id, name }) => [id, name]));
  const withStock = rows.flatMap(({ place }) => (place.kind === 'patrol' ? [place.id] : []));
  const out = new Set(patrols.flatMap(({ id, endedAt }) => (endedAt === null ? [id] : [])));
  const patrolIds = [...new Set([...out, ...withStock])];
  return {
    rows,
    items: Object.fromEntries(items.map((item) => [item.id, item])),
    stores: [
      ...asStores('depot', depots),
      ...asStores('shelter', shelters),
      ...asStores(
        'patrol',
        patrolIds.map((id) => ({ id, name: named.get(id) })),
      ),
    ],
    out,
  };
}
export const useStock = (): Fetched<Stock> => useFetched(() => ({ subject: 'stock', stamp: null }), load);

export const isAt =
  (place: StorePlace) =>
  (row: Pick<StockRow, 'place'>): boolean =>
    row.place.kind === place.kind && row.place.id === place.id;
/** How a place is addressed within the page. */
export const placeKey = ({ kind, id }: StorePlace): string => `${kind}:${id}`;
