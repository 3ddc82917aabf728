import type { Knex } from 'knex';
import type { ShiftRow } from '../../shared/duty.ts';
import type { Stretch } from '../../shared/roster.ts';
import { asInstant } from '../db/postgis.ts';
import { row, rows } from '../db/rows.ts';
import { inSubtreeSql } from '../db/scope.ts';
import type { PageAfter } from '../http/paging.ts';
import { SERVES, SHIFT } from './queries.ts';

type Db = Knex | Knex.Transaction;

/** One page of a subtree's shifts that touch a time, oldest first. */
export const shiftPage = (
  db: Db,
  scope: string,
  range: { from: string; to: string },
  page: PageAfter,
): Promise<ShiftRow[]> =>
  rows<ShiftRow>(
    db,
    `select ${SHIFT} from duty_shifts d
     where d.removed_at is null and d.starts_at < cast(:to as timestamptz) and greatest(d.ends_at, d.ended_at) > cast(:from as timestamptz) and ${inSubtreeSql('d.station_id')}
       and (cast(:after as uuid) is null or (d.starts_at, d.id) > (select c.starts_at, c.id from duty_shifts c where c.id = cast(:after as uuid)))
     order by d.starts_at, d.id limit cast(:limit as integer) + 1`,
    { scope, ...range, ...page },
  );

/** The station of a shift of the subtree that is on the roster; undefined when there is none. */
export const stationOfShift = (db: Db, scope: string, id: string): Promise<{ stationId: string } | undefined> =>
  row(
    db,
    `select d.station_id as "stationId" from duty_shifts d where d.id = cast(:id as uuid) and d.removed_at is null and ${inSubtreeSql('d.station_id')}`,
    { id, scope },
  );

/** A station's shifts that touch a time, with those people on them who will be there: who declined, left, or may not answer the desk any more does not count. */
export const stretchesOf = (
  db: Db,
  stationId: string,
  from: string,
  to: string,
): Promise<(Stretch & { id: string })[]> =>
  rows<Stretch & { id: string }>(
    db,
    `select d.id, ${asInstant('d.starts_at')} as "startsAt", ${asInstant('d.ends_at')} as "endsAt",
       greatest(d.minimum, coalesce((select max(k.minimum) from duty_calls k where k.shift_id = d.id), 0)) as minimum,
       array(select p.user_id::text from duty_people p join users u on u.id = p.user_id
         where p.shift_id = d.id and ${SERVES} and p.coming is distinct from false and (p.signed_out_at is null or d.ended_at is not null)) as people
     from duty_shifts d join stations s on s.id = d.station_id
     where d.station_id = cast(:stationId as uuid) and d.removed_at is null and d.starts_at < cast(:to as timestamptz) and d.ends_at > cast(:from as timestamptz)
     order by d.starts_at, d.id`,
    { stationId, from, to },
  );

/** When a station's roster begins; null when it never had a shift. */
export async function rosterStart(db: Db, stationId: string): Promise<string | null> {
  const found = await row<{ at: string | null }>(
    db,
    `select ${asInstant('min(d.starts_at)')} as at from duty_shifts d where d.station_id = cast(:stationId as uuid) and d.removed_at is null`,
    { stationId },
  );
  return found?.at ?? null;
}

/** Stations that ever had a roster; with `open`, those where a shift runs or should by then. */
export const stationsWithShifts = (db: Db, open: Date | null): Promise<{ id: string }[]> =>
  rows(
    db,
    `select distinct d.station_id as id from duty_shifts d
     where d.removed_at is null and (cast(:open as timestamptz) is null or d.ended_at is null and (d.started_at is not null or d.starts_at <= cast(:open as timestamptz)))
     order by id`,
    { open },
  );

/** Of these people, those of the subtree who may answer a station's desk. */
export const mayServe = (db: Db, scope: string, stationId: string, ids: readonly string[]): Promise<{ id: string }[]> =>
  rows(
    db,
    `select u.id from users u join stations s on s.id = cast(:stationId as uuid)
     where u.id = any (cast(:ids as uuid[])) and ${SERVES} and ${inSubtreeSql('u.station_id')}`,
    { scope, stationId, ids },
  );

export interface Officer {
  userId: string;
  name: string;
  /** whose desk they answer */
  stationId: string;
}
/**
 * Who decides at a station at a time: of those signed in to its desk the officer of the shift, else the manager, else the dispatcher, of several the one
 * who has been there longest; where nobody is, that of the nearest station above. Null when no desk on the way up has anybody.
 */
export async function dutyOfficerOf(db: Db, stationId: string, at: Date): Promise<Officer | null> {
  const found = await row<Officer>(
    db,
    `select u.id as "userId", u.name, d.station_id as "stationId"
     from stations s join duty_shifts d on d.station_id = any (s.path) join duty_people p on p.shift_id = d.id join users u on u.id = p.user_id
     where s.id = cast(:stationId as uuid) and d.removed_at is null and u.active and u.role in ('dispatcher', 'manager')
       and p.signed_in_at <= cast(:at as timestamptz) and (p.signed_out_at is null or p.signed_out_at > cast(:at as timestamptz))
     order by array_position(s.path, d.station_id) desc, p.officer desc, u.role = 'manager' desc, p.signed_in_at, u.id limit 1`,
    { stationId, at },
  );
  return found ?? null;
}
