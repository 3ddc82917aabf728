/** An incident in words, for lists, markers and announcements. */
import type { IncidentRow } from '../../shared/incidents.ts';
import { place } from '../ui/format.ts';
import { t } from '../ui/words.ts';

/** The best words there are for where it is. */
export function placeWords(row: Pick<IncidentRow, 'placeText' | 'placeCode' | 'position'>): string {
  const words = [row.placeText, row.placeCode].filter((part) => part !== null && part !== '').join(' · ');
  if (words !== '') return words;
  return row.position ? place(row.position.coordinates) : t('incident.no_place');
}

/** One line that says all that matters. */
export function sentence(row: IncidentRow): string {
  const signs = row.signs.map((sign) => t(`sign.${sign}`));
  return [
    row.code,
    t(`priority.${row.priority}`),
    placeWords(row),
    t('incident.people', { count: row.people }),
    ...signs,
    t(`incident.status.${row.status}`),
  ].join(t('list.comma'));
}
