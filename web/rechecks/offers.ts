/** Which re-checks a crew is asked for, and which still wait: also while the phone cannot hear what has become due. Pure. */
import type { RecheckRow } from '../../shared/rechecks.ts';

export interface Offers {
  /** may be taken now: the own ones first, then the longest due */
  due: RecheckRow[];
  /** the own ones whose time has not come */
  waiting: RecheckRow[];
}
/** Whether it is due at a time, whatever the server has said of it so far. */
export const isDue = (row: RecheckRow, now: Date): boolean =>
  row.status === 'same_crew' || row.status === 'any_crew' || (row.status === 'waiting' && new Date(row.dueAt) <= now);

export function offersOf(rows: Iterable<RecheckRow>, patrolId: string | null, now: Date): Offers {
  const own = (row: RecheckRow): boolean => patrolId !== null && row.patrolId === patrolId;
  const open = [...rows].filter((row) => row.endedAt === null && (own(row) || row.status === 'any_crew'));
  const byTime = (a: RecheckRow, b: RecheckRow): number => a.dueAt.localeCompare(b.dueAt) || a.id.localeCompare(b.id);
  return {
    due: open.filter((row) => isDue(row, now)).sort((a, b) => Number(own(b)) - Number(own(a)) || byTime(a, b)),
    waiting: open.filter((row) => row.status === 'waiting' && !isDue(row, now)).sort(byTime),
  };
}
