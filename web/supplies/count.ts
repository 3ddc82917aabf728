/** A count while it is taken: what was counted beside what is booked, and where they differ. Pure. */
import type { Locale } from '../../shared/stations.ts';
import type { StockRow } from '../../shared/supplies.ts';
import type { Items } from './lines.ts';
import { itemName } from './words.ts';

export interface CountLine {
  itemId: string;
  name: string;
  unit: string;
  booked: number;
  /** null while nobody has counted it */
  counted: number | null;
}

/** What is booked there, and what was found without being booked (`added`), by name. */
export function countLines(
  stock: readonly StockRow[],
  items: Items,
  counted: Readonly<Record<string, number | null>>,
  added: readonly string[],
  { locale, gone }: { locale: Locale; gone: string },
): CountLine[] {
  const booked = new Map(stock.map((row) => [row.itemId, row.quantity]));
  return [...new Set([...booked.keys(), ...added])]
    .map((itemId) => {
      const item = items[itemId];
      return {
        itemId,
        name: item ? itemName(item, locale) : gone,
        unit: item?.unit ?? '',
        booked: booked.get(itemId) ?? 0,
        counted: counted[itemId] ?? null,
      };
    })
    .sort((a, b) => a.name.localeCompare(b.name, locale));
}

/** Positive: more lies there than is booked. */
export const differenceOf = ({ booked, counted }: CountLine): number => (counted === null ? 0 : counted - booked);
