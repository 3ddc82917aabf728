import type { Knex } from 'knex';
import type { FeedRow } from '../../shared/feeds.ts';
import { asInstant } from '../db/postgis.ts';
import { row } from '../db/rows.ts';

/** A call that must not be lost, and how far it is. Times are ISO. */
export interface CallState {
  id: string;
  /** `given_up` after three days; its fault stays */
  state: 'waiting' | 'done' | 'given_up';
  /** tries so far, also those of which nobody knows how they ended */
  attempts: number;
  /** of the last try */
  fault: FeedRow['fault'];
  nextAt: string | null;
  doneAt: string | null;
}

/** How far a queued call is; undefined for one that never was. */
export const callState = (db: Knex | Knex.Transaction, id: string): Promise<CallState | undefined> =>
  row<CallState>(
    db,
    `select c.id, case when c.done_at is not null then 'done' when c.next_at is null then 'given_up' else 'waiting' end as state,
       c.attempts, c.fault, ${asInstant('c.next_at')} as "nextAt", ${asInstant('c.done_at')} as "doneAt"
     from outside_calls c where c.id = cast(:id as uuid)`,
    { id },
  );
