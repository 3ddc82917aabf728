/** Load lists, and whose outing it is that is loaded. */
import type { Knex } from 'knex';
import type { LoadListRow } from '../../shared/loads.ts';
import type { StockRow } from '../../shared/supplies.ts';
import { one, row, rows } from '../db/rows.ts';
import { inSubtreeSql } from '../db/scope.ts';
import type { PageAfter } from '../http/paging.ts';
import { stockOf, type Store } from './queries.ts';

type Db = Knex | Knex.Transaction;

const LIST = `l.id, l.version, l.station_id as "stationId", l.name, l.active,
  coalesce((select jsonb_agg(jsonb_build_object('itemId', n.item_id, 'quantity', n.quantity) order by i.name, i.id)
    from load_list_lines n join supply_items i on i.id = n.item_id where n.list_id = l.id), '[]') as lines`;
/** What a city wrote down once serves its districts. */
const USABLE = `(${inSubtreeSql('l.station_id')} or l.station_id = any ((select path from stations where id = cast(:scope as uuid))::uuid[]))`;

/** One page of the lists of the subtree and of the stations above, by name. */
export const loadListPage = (db: Db, scope: string, page: PageAfter): Promise<LoadListRow[]> =>
  rows<LoadListRow>(
    db,
    `select ${LIST} from load_lists l
     where ${USABLE} and (cast(:after as uuid) is null or (l.name, l.id) > (select c.name, c.id from load_lists c where c.id = cast(:after as uuid)))
     order by l.name, l.id limit cast(:limit as integer) + 1`,
    { scope, ...page },
  );

/** A list in use, of the subtree or of a station above. */
export const usableLoadList = (db: Db, scope: string, id: string): Promise<LoadListRow | undefined> =>
  row<LoadListRow>(db, `select ${LIST} from load_lists l where l.id = cast(:id as uuid) and l.active and ${USABLE}`, {
    scope,
    id,
  });

/** A list of the subtree as its managers change it, locked until the command ends. */
export const lockedLoadList = (db: Db, scope: string, id: string): Promise<LoadListRow | undefined> =>
  row<LoadListRow>(
    db,
    `select ${LIST} from load_lists l where l.id = cast(:id as uuid) and ${inSubtreeSql('l.station_id')} for no key update of l`,
    { scope, id },
  );

/** The day it is at a station, `YYYY-MM-DD`. */
export const dayAt = async (db: Db, stationId: string, now: Date): Promise<string> =>
  (
    await one<{ day: string }>(
      db,
      `select to_char(cast(:now as timestamptz) at time zone s.time_zone, 'YYYY-MM-DD') as day from stations s where s.id = cast(:stationId as uuid)`,
      { stationId, now },
    )
  ).day;

/** True while the patrol is out. */
export const isOut = async (db: Db, patrolId: string): Promise<boolean> =>
  (await row(db, `select p.id from patrols p where p.id = cast(:patrolId as uuid) and p.ended_at is null`, {
    patrolId,
  })) !== undefined;

/** The last outing that is over of those somebody was on; undefined when there is none. */
export async function lastOuting(db: Db, userId: string): Promise<string | undefined> {
  const found = await row<{ id: string }>(
    db,
    `select p.id from patrol_crew c join patrols p on p.id = c.patrol_id
     where c.user_id = cast(:userId as uuid) and p.ended_at is not null order by p.ended_at desc, p.num desc limit 1`,
    { userId },
  );
  return found?.id;
}

/** Everything there is more of than nothing in one store, whatever it is. */
export async function stockIn(db: Db, store: Store): Promise<StockRow[]> {
  const items = await rows<{ id: string }>(
    db,
    `select distinct m.item_id as id from supply_movements m where m.to_id = cast(:storeId as uuid)`,
    { storeId: store.id },
  );
  const stock = await stockOf(
    db,
    store,
    items.map(({ id }) => id),
  );
  return stock.filter(({ quantity }) => quantity > 0);
}
