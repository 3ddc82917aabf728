/** What a patrol lacks of a list, and what of it can go over. Pure: the phone knows it without a network, too. */
import type { LoadLine, LoadListRow } from '../../shared/loads.ts';
import type { Locale } from '../../shared/stations.ts';
import type { StockRow } from '../../shared/supplies.ts';
import type { Items } from './lines.ts';
import { itemName } from './words.ts';

export interface FillLine {
  itemId: string;
  name: string;
  unit: string;
  wanted: number;
  has: number;
  missing: number;
  /** null while the depot has not been asked */
  inDepot: number | null;
  /** so many go over */
  goes: number;
}

export function fillLines(
  list: Pick<LoadListRow, 'lines'>,
  stock: readonly StockRow[],
  depot: readonly LoadLine[] | null,
  items: Items,
  { locale, gone }: { locale: Locale; gone: string },
): FillLine[] {
  const held = new Map(stock.map((row) => [row.itemId, row.quantity]));
  const there = new Map(depot?.map((line) => [line.itemId, line.inDepot]));
  return list.lines
    .map(({ itemId, quantity: wanted }) => {
      const item = items[itemId];
      const has = Math.max(0, held.get(itemId) ?? 0);
      const missing = Math.max(0, wanted - has);
      const inDepot = depot ? Math.max(0, there.get(itemId) ?? 0) : null;
      return {
        itemId,
        name: item ? itemName(item, locale) : gone,
        unit: item?.unit ?? '',
        wanted,
        has,
        missing,
        inDepot,
        goes: inDepot === null ? missing : Math.min(missing, inDepot),
      };
    })
    .sort((a, b) => a.name.localeCompare(b.name, locale));
}
