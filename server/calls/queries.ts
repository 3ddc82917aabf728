import type { Knex } from 'knex';
import type { CallRow, HotlineRow } from '../../shared/calls.ts';
import { asInstant } from '../db/postgis.ts';
import { row, rows } from '../db/rows.ts';
import { inSubtreeSql } from '../db/scope.ts';
import type { PageAfter } from '../http/paging.ts';

type Db = Knex | Knex.Transaction;

const COLUMNS = `c.id, 1 as version, c.station_id as "stationId", i.code as hotline, ${asInstant('c.rang_at')} as "rangAt",
  ${asInstant('c.answered_at')} as "answeredAt", ${asInstant('c.ended_at')} as "endedAt", c.outcome,
  c.sighting_id as "sightingId", c.taken_by as "takenBy"`;
const FROM = `calls c left join informants i on i.id = c.informant_id`;

/** SQL: the row's station is the caller's, or stands above or below it: a city's number is answered by its districts too. */
const inLineSql = (column: string): string =>
  `(${inSubtreeSql(column)} or ${column} = any ((select path from stations where id = cast(:scope as uuid))::uuid[]))`;

/** Hotlines in use whose calls a desk of this station takes, by organisation. */
export const hotlinesOf = (db: Db, scope: string): Promise<HotlineRow[]> =>
  rows<HotlineRow>(
    db,
    `select i.code, i.organisation, i.label from informants i
     where i.source = 'hotline' and i.active and ${inLineSql('i.station_id')} order by i.organisation, i.label, i.code`,
    { scope },
  );

/** A hotline's informant by its code; one that was taken out of use is found too, for a call that was answered before. */
export const hotlineByCode = (db: Db, scope: string, code: string): Promise<{ id: string } | undefined> =>
  row<{ id: string }>(
    db,
    `select i.id from informants i where i.code = upper(:code) and i.source = 'hotline' and ${inLineSql('i.station_id')}`,
    { scope, code },
  );

/**
 * A sighting that a call of this desk may have brought. What has no place on the map went to the root station, and what lies
 * in a neighbour's area went there: that one is known by the hotline it came through.
 */
export const sightingOfCall = (
  db: Db,
  scope: string,
  id: string,
  informantId: string | null,
): Promise<{ id: string } | undefined> =>
  row<{ id: string }>(
    db,
    `select g.id from sightings g where g.id = cast(:id as uuid) and g.source = 'hotline'
       and (${inLineSql('g.station_id')} or g.informant_id = cast(:informantId as uuid))`,
    { scope, id, informantId },
  );

export const callById = (db: Db, id: string): Promise<CallRow | undefined> =>
  row<CallRow>(db, `select ${COLUMNS} from ${FROM} where c.id = cast(:id as uuid)`, { id });

/** One page of a subtree's calls, newest first. */
export const callsOf = (db: Db, scope: string, page: PageAfter): Promise<CallRow[]> =>
  rows<CallRow>(
    db,
    `select ${COLUMNS} from ${FROM}
     where ${inSubtreeSql('c.station_id')}
       and (cast(:after as uuid) is null
         or (c.answered_at, c.id) < (select x.answered_at, x.id from calls x where x.id = cast(:after as uuid)))
     order by c.answered_at desc, c.id desc limit cast(:limit as integer) + 1`,
    { scope, ...page },
  );
