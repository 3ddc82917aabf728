import type { Locale } from '../../shared/stations.ts';
import type { ItemRow } from '../../shared/supplies.ts';

/** An item's name in the page's language; the catalogue is the station's own data. */
export const itemName = (item: ItemRow, locale: Locale): string =>
  locale === 'zh-CN' ? (item.nameZh ?? item.name) : item.name;
