/** How near another incident is, in words. */
import type { DuplicateRow } from '../../shared/incidents.ts';
import { distance, duration, number } from '../ui/format.ts';
import { t } from '../ui/words.ts';

export const alike = ({ likeness }: Pick<DuplicateRow, 'likeness'>): string =>
  t('duplicate.alike', { percent: number(Math.round(likeness * 100)) });

/** Distance and time between, and how alike the words are where they are at all. */
export function nearness(row: DuplicateRow): string[] {
  const time = row.minutesApart === 0 ? t('duplicate.under_minute') : duration(row.minutesApart * 60_000);
  return [
    row.distanceM === null
      ? t('duplicate.apart_time', { time })
      : t('duplicate.apart', { distance: distance(row.distanceM), time }),
    ...(row.likeness > 0 ? [alike(row)] : []),
  ];
}
