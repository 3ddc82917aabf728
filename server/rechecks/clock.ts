/** When somebody looks again after a refusal, and who is asked to: pure, from the rules and from what is so now. */
import type { RecheckRow } from '../../shared/rechecks.ts';

/** What is so around a running re-check. */
export interface Around {
  /** the patrol that met them is out still */
  patrolOut: boolean;
  /** the running job of a patrol that was sent there since, or null */
  job: string | null;
}
export type Standing = Pick<RecheckRow, 'status' | 'dispatchId'>;

/**
 * How a re-check stands at a moment. It follows from what is so, never from how it came about: whoever was sent has it
 * for as long as their job runs; then the clock runs, then it is the same crew's, then anybody's. A crew that has gone home is not
 * waited for.
 */
export function nextStatus(
  row: Pick<RecheckRow, 'status' | 'dueAt' | 'openToAllAt' | 'dispatchId'>,
  now: Date,
  { patrolOut, job }: Around,
): Standing {
  if (row.status === 'done') return { status: 'done', dispatchId: row.dispatchId };
  if (job !== null) return { status: 'taken', dispatchId: job };
  if (now < new Date(row.dueAt)) return { status: 'waiting', dispatchId: null };
  return { status: patrolOut && now < new Date(row.openToAllAt) ? 'same_crew' : 'any_crew', dispatchId: null };
}

/** May this crew take it? The same crew has it alone until it is open to all. */
export const isOffered = (status: RecheckRow['status'], same: boolean): boolean =>
  status === 'any_crew' || (status === 'same_crew' && same);

/** What a meeting tells of the re-check that runs at its incident. */
export interface Meeting {
  at: Date;
  dispatchId: string | null;
  notFoundReason: string | null;
}
/**
 * How a meeting ends a running re-check; null when it does not. One of before the refusal says nothing of it, nor does one of the
 * same visit, where each person is a meeting of their own. Who could not get there, or did not know where to look, has not looked.
 */
export function endBy(
  row: Pick<RecheckRow, 'startedAt'> & { visit: string | null },
  { at, dispatchId, notFoundReason }: Meeting,
): 'met' | 'gone' | null {
  if (at < new Date(row.startedAt) || (dispatchId !== null && dispatchId === row.visit)) return null;
  if (notFoundReason === null) return 'met';
  return notFoundReason === 'gone' ? 'gone' : null;
}
