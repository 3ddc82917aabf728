/** The ledger: movements between places. */
import type { Knex } from 'knex';
import type { MovementRow } from '../../shared/supplies.ts';
import { asInstant } from '../db/postgis.ts';
import { rows } from '../db/rows.ts';
import { inSubtreeSql } from '../db/scope.ts';
import type { PageAfter } from '../http/paging.ts';

type Db = Knex | Knex.Transaction;

// A movement has no version of its own: it is written once.
const MOVEMENT = `m.id, 1 as version, m.station_id as "stationId", m.item_id as "itemId", m.quantity,
  jsonb_build_object('kind', m.from_kind, 'id', m.from_id) as "from", jsonb_build_object('kind', m.to_kind, 'id', m.to_id) as "to",
  m.reason, ${asInstant('m.at')} as at, m.short, m.encounter_id as "encounterId", m.note,
  coalesce((select jsonb_agg(jsonb_build_object('id', b.id, 'code', b.code, 'expiresOn', to_char(b.expires_on, 'YYYY-MM-DD'), 'quantity', l.quantity) order by b.expires_on, b.id)
    from supply_movement_batches l join supply_batches b on b.id = l.batch_id where l.movement_id = m.id), '[]') as batches`;

/** Movements by id. */
export const movementRows = (db: Db, ids: readonly string[]): Promise<MovementRow[]> =>
  rows<MovementRow>(db, `select ${MOVEMENT} from supply_movements m where m.id = any (cast(:ids as uuid[]))`, { ids });

/** One page of movements of the subtree or into one of its stores, newest first; of one store only when `store` names it. */
export const movementPage = (db: Db, scope: string, store: string | null, page: PageAfter): Promise<MovementRow[]> =>
  rows<MovementRow>(
    db,
    `select ${MOVEMENT} from supply_movements m
     where (${inSubtreeSql('m.station_id')}
         or m.to_id in (select d.id from depots d where ${inSubtreeSql('d.station_id')}
           union all select s.id from shelters s where ${inSubtreeSql('s.station_id')}
           union all select p.id from patrols p where ${inSubtreeSql('p.station_id')}))
       and (cast(:store as uuid) is null or m.from_id = cast(:store as uuid) or m.to_id = cast(:store as uuid))
       and (cast(:after as uuid) is null or (m.at, m.id) < (select c.at, c.id from supply_movements c where c.id = cast(:after as uuid)))
     order by m.at desc, m.id desc limit cast(:limit as integer) + 1`,
    { scope, store, ...page },
  );
