import type { Knex } from 'knex';
import type { ShiftRow, SpotCheckRow } from '../../shared/duty.ts';
import { asInstant } from '../db/postgis.ts';
import { rows } from '../db/rows.ts';
import { inSubtreeSql } from '../db/scope.ts';

type Db = Knex | Knex.Transaction;

/** SQL: a user `u` may answer the desk of a station `s`: active, of the desk, and of that station or one above, which sees it. */
export const SERVES = `u.active and u.role in ('dispatcher', 'manager') and u.station_id = any (s.path)`;
/** SQL: somebody's row `p` on a shift says that they are signed in. */
export const SIGNED_IN = `p.signed_in_at is not null and p.signed_out_at is null`;

export const SHIFT = `d.id, d.version, d.station_id as "stationId", ${asInstant('d.starts_at')} as "startsAt", ${asInstant('d.ends_at')} as "endsAt",
  greatest(d.minimum, coalesce((select max(k.minimum) from duty_calls k where k.shift_id = d.id), 0)) as minimum,
  coalesce((select jsonb_agg(jsonb_build_object('userId', p.user_id, 'name', u.name, 'officer', p.officer, 'calledAt', ${asInstant('p.called_at')}, 'coming', p.coming,
    'signedInAt', ${asInstant('p.signed_in_at')}, 'signedOutAt', ${asInstant('p.signed_out_at')}) order by p.officer desc, u.name, u.id)
    from duty_people p join users u on u.id = p.user_id where p.shift_id = d.id), '[]') as people,
  (select jsonb_build_object('note', h.note, 'open', h.open_items, 'givenBy', h.given_by, 'givenAt', ${asInstant('h.given_at')}, 'takenBy', h.taken_by, 'takenAt', ${asInstant('h.taken_at')})
    from duty_handovers h where h.shift_id = d.id) as "handOver",
  ${asInstant('d.uncovered_since')} as "uncoveredSince", ${asInstant('d.started_at')} as "startedAt", ${asInstant('d.ended_at')} as "endedAt"`;

/** Shifts by id, in no order. */
export const shiftRows = (db: Db, ids: readonly string[]): Promise<ShiftRow[]> =>
  rows<ShiftRow>(db, `select ${SHIFT} from duty_shifts d where d.id = any (cast(:ids as uuid[]))`, { ids });

/** Shifts of a subtree that run now. */
export const liveShifts = (db: Db, scope: string): Promise<ShiftRow[]> =>
  rows<ShiftRow>(
    db,
    `select ${SHIFT} from duty_shifts d where d.started_at is not null and d.ended_at is null and d.removed_at is null and ${inSubtreeSql('d.station_id')} order by d.id`,
    { scope },
    { prepare: 'live_shifts' },
  );

export const CHECK = `c.id, c.version, c.station_id as "stationId", c.target, c.shift_id as "shiftId", c.patrol_id as "patrolId", c.asked_by as "askedBy", ${asInstant('c.asked_at')} as "askedAt",
  ${asInstant('c.due_at')} as "dueAt", ${asInstant('c.answered_at')} as "answeredAt", c.answered_by as "answeredBy", ${asInstant('c.missed_at')} as "missedAt"`;

/** Spot checks by id, in no order. */
export const checkRows = (db: Db, ids: readonly string[]): Promise<SpotCheckRow[]> =>
  rows<SpotCheckRow>(db, `select ${CHECK} from spot_checks c where c.id = any (cast(:ids as uuid[]))`, { ids });

/** Spot checks of a subtree that wait for an answer. */
export const liveChecks = (db: Db, scope: string): Promise<SpotCheckRow[]> =>
  rows<SpotCheckRow>(
    db,
    `select ${CHECK} from spot_checks c where c.answered_at is null and c.missed_at is null and ${inSubtreeSql('c.station_id')} order by c.id`,
    { scope },
    { prepare: 'live_checks' },
  );
