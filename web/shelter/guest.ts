/** A guest in words: whoever needs no name is called by the bed, else by when they came. */
import type { StayDue, StayRow } from '../../shared/stays.ts';
import { moment } from '../ui/format.ts';
import type { Look } from '../ui/statuses.ts';
import { t } from '../ui/words.ts';
import { dayOf, dueState, type DueState } from './dues.ts';

/** What kind of place somebody has or will have; a bed is what goes without saying. */
export const placeWords = ({ unit, kind }: Pick<StayRow, 'unit' | 'kind'>): string =>
  unit === 'bed' ? t(`bed.${kind}`) : t('house.place.seat', { kind: t(`bed.${kind}`) });

export function guestWords({ bed, people: count, arrivedAt }: StayRow, now: Date): string {
  if (bed !== null) return t(count === 1 ? 'house.guest.bed' : 'house.guest.bed_many', { bed, count });
  const time = moment(arrivedAt, now);
  return t(count === 1 ? 'house.guest.since' : 'house.guest.since_many', { time, count });
}
/** What their name does not say yet: the kind of place, and since when where the bed is the name. */
export const aboutGuest = (stay: StayRow, now: Date): string =>
  stay.bed === null
    ? placeWords(stay)
    : `${placeWords(stay)} · ${t('house.guests.since', { time: moment(stay.arrivedAt, now) })}`;

export function dayWords(stay: StayRow, now: Date): string | null {
  const found = dayOf(stay, now);
  if (!found) return null;
  const { day, days } = found;
  return t(day > days ? 'house.guest.past' : day === days ? 'house.guest.last_day' : 'house.guest.day', { day, days });
}

export const dueLooks: Record<DueState, Look> = {
  later: { shape: 'clock', tone: 'quiet', word: 'house.due.later' },
  soon: { shape: 'triangle', tone: 'warn', word: 'house.due.soon' },
  overdue: { shape: 'octagon', tone: 'danger', word: 'house.due.overdue' },
  done: { shape: 'check', tone: 'ok', word: 'house.due.done' },
};
export const dueWords = (due: StayDue, now: Date): string =>
  t(dueLooks[dueState(due, now)].word, { kind: t(`due.${due.kind}`), time: moment(due.doneAt ?? due.dueAt, now) });
