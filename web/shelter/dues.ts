/** Where a stay stands in its time: which day of how many, and what is due. */
import type { StayDue, StayRow } from '../../shared/stays.ts';

const DAY_MS = 86_400_000;

/** Which day of the stay it is, of how many; past the last one once the end is due. Null when no end is set. */
export function dayOf({ arrivedAt, dues }: Pick<StayRow, 'arrivedAt' | 'dues'>, now: Date) {
  const end = dues.find(({ kind }) => kind === 'max_stay');
  if (!end) return null;
  const from = new Date(arrivedAt).getTime();
  const dueAt = new Date(end.dueAt).getTime();
  const days = Math.round((dueAt - from) / DAY_MS);
  const day = Math.max(1, Math.floor((now.getTime() - from) / DAY_MS) + 1);
  // days are not all of 24 hours: the end says which side of it this is
  return { day: now.getTime() < dueAt ? Math.min(day, days) : Math.max(day, days + 1), days };
}

export type DueState = 'later' | 'soon' | 'overdue' | 'done';
export const dueState = ({ warnAt, dueAt, doneAt }: StayDue, now: Date): DueState =>
  doneAt !== null ? 'done' : now >= new Date(dueAt) ? 'overdue' : now >= new Date(warnAt) ? 'soon' : 'later';
/** What somebody has to see to now, the overdue first. */
export const duesNow = ({ dues }: Pick<StayRow, 'dues'>, now: Date): StayDue[] =>
  dues.filter((due) => ['soon', 'overdue'].includes(dueState(due, now))).sort((a, b) => a.dueAt.localeCompare(b.dueAt));
