/** How near the last day of what lies somewhere is. Pure. */
import type { Batch, StockRow } from '../../shared/supplies.ts';
import type { Look } from '../ui/statuses.ts';

type Nearness = 'expired' | 'soon' | 'fine';
const DAY_MS = 86_400_000;
/** A date, `YYYY-MM-DD`, and how many days before its last one something must be told of. */
export interface Today {
  on: string;
  warn: number;
}

/** Whole days from today to another date. */
export const daysUntil = (on: string, today: Today): number => (Date.parse(on) - Date.parse(today.on)) / DAY_MS;

/** The last day itself still counts; null for what has no date. */
export function nearness({ expiresOn }: Pick<Batch, 'expiresOn'>, today: Today): Nearness | null {
  if (expiresOn === null) return null;
  const days = daysUntil(expiresOn, today);
  return days < 0 ? 'expired' : days <= today.warn ? 'soon' : 'fine';
}

export const expiryLooks: Readonly<Record<Nearness, Look>> = {
  expired: { shape: 'octagon', tone: 'danger', word: 'supplies.expired' },
  soon: { shape: 'triangle', tone: 'warn', word: 'supplies.expires_soon' },
  fine: { shape: 'dot', tone: 'quiet', word: 'supplies.expires_later' },
};

/** The first date among what lies there, or null. */
export const firstDate = ({ batches }: Pick<StockRow, 'batches'>): string | null =>
  batches.reduce<string | null>(
    (first, { expiresOn }) => (expiresOn !== null && (first === null || expiresOn < first) ? expiresOn : first),
    null,
  );
