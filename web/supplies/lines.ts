/** What lies in a store, as lists show it: named, and what must be given out first on top. Pure. */
import type { Locale } from '../../shared/stations.ts';
import type { Batch, ItemRow, StockRow } from '../../shared/supplies.ts';
import { firstDate, nearness, type Today } from './expiry.ts';
import { itemName } from './words.ts';

export type Items = Readonly<Record<string, ItemRow>>;
interface StockLine {
  id: string;
  itemId: string;
  name: string;
  unit: string;
  quantity: number;
  batches: readonly Batch[];
}

/** `gone` names an item that the catalogue does not have any more: what lies there is shown all the same. */
export function stockLines(
  rows: readonly StockRow[],
  items: Items,
  { locale, today, gone }: { locale: Locale; today: Today; gone: string },
): StockLine[] {
  const urgent = (row: StockRow): string => {
    const on = firstDate(row);
    const near = nearness({ expiresOn: on }, today);
    return near === 'expired' || near === 'soon' ? (on ?? '') : '9';
  };
  return rows
    .map((row) => {
      const item = items[row.itemId];
      const name = item ? itemName(item, locale) : gone;
      return { row, first: urgent(row), name, unit: item?.unit ?? '' };
    })
    .sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : a.name.localeCompare(b.name, locale)))
    .map(({ row, name, unit }) => ({
      id: row.id,
      itemId: row.itemId,
      name,
      unit,
      quantity: row.quantity,
      batches: row.batches,
    }));
}
