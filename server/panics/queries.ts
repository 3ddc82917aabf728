import type { Knex } from 'knex';
import type { LonLat } from '../../shared/geo.ts';
import type { PanicRow } from '../../shared/panics.ts';
import { asInstant, asPoint } from '../db/postgis.ts';
import { row, rows } from '../db/rows.ts';
import { inSubtreeSql } from '../db/scope.ts';
import type { PageAfter } from '../http/paging.ts';

type Db = Knex | Knex.Transaction;

const COLUMNS = `n.id, n.version, n.station_id as "stationId", n.patrol_id as "patrolId", n.user_id as "userId", ${asInstant('n.at')} as at, ${asPoint('n.position')} as position,
  n.accuracy_m as "accuracyM", ${asInstant('n.acknowledged_at')} as "acknowledgedAt", n.acknowledged_by as "acknowledgedBy", ${asInstant('n.ended_at')} as "endedAt", n.end_reason as "endReason"`;

/** One call for help by id. */
export const panicRow = (db: Db, id: string): Promise<PanicRow | undefined> =>
  row<PanicRow>(db, `select ${COLUMNS} from panics n where n.id = cast(:id as uuid)`, { id });

/** Calls for help of a subtree that are not over. */
export const livePanics = (db: Db, scope: string): Promise<PanicRow[]> =>
  rows<PanicRow>(
    db,
    `select ${COLUMNS} from panics n where n.ended_at is null and ${inSubtreeSql('n.station_id')} order by n.id`,
    { scope },
    { prepare: 'live_panics' },
  );

/** One page, newest first. */
export const panicPage = (db: Db, scope: string, page: PageAfter): Promise<PanicRow[]> =>
  rows<PanicRow>(
    db,
    `select ${COLUMNS} from panics n
     where ${inSubtreeSql('n.station_id')} and (cast(:after as uuid) is null
       or (n.at, n.id) < (select c.at, c.id from panics c where c.id = cast(:after as uuid)))
     order by n.at desc, n.id desc limit cast(:limit as integer) + 1`,
    { scope, ...page },
  );

/** One of the subtree, or of an outing that this person is or was on; locked until the command ends. */
export const lockedPanic = (db: Db, id: string, scope: string, userId: string): Promise<PanicRow | undefined> =>
  row<PanicRow>(
    db,
    `select ${COLUMNS} from panics n
     where n.id = cast(:id as uuid) and (${inSubtreeSql('n.station_id')}
       or exists (select from patrol_crew c where c.patrol_id = n.patrol_id and c.user_id = cast(:userId as uuid)))
     for no key update of n`,
    { id, scope, userId },
  );

/** Where the patrol was last, for a phone that does not know. */
export const lastPlace = (
  db: Db,
  patrolId: string,
): Promise<{ lon: number; lat: number; accuracyM: number | null } | undefined> =>
  row(
    db,
    `select st_x(l.position) as lon, st_y(l.position) as lat, l.accuracy_m as "accuracyM" from patrol_positions l where l.patrol_id = cast(:patrolId as uuid)`,
    { patrolId },
  );

/** What is written when a crew calls. */
export interface NewPanic {
  id: string;
  patrolId: string;
  stationId: string;
  userId: string | null;
  at: Date;
  position: LonLat | null;
  accuracyM: number | null;
}
export const insertPanic = (db: Db, { position, ...panic }: NewPanic, receivedAt: Date): Promise<unknown> =>
  rows(
    db,
    `insert into panics (id, station_id, patrol_id, user_id, at, received_at, position, accuracy_m)
     values (cast(:id as uuid), cast(:stationId as uuid), cast(:patrolId as uuid), cast(:userId as uuid), :at, :receivedAt,
       st_setsrid(st_makepoint(cast(:lon as float8), cast(:lat as float8)), 4326), cast(:accuracyM as real))`,
    { ...panic, receivedAt, lon: position?.[0] ?? null, lat: position?.[1] ?? null },
  );
