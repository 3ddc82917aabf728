/** Items, depots, and what lies where: always the sum of the movements, never stored. */
import type { Knex } from 'knex';
import type { DepotRow, ItemRow, StockRow, StoreKind } from '../../shared/supplies.ts';
import { row, rows } from '../db/rows.ts';
import { inSubtreeSql } from '../db/scope.ts';
import type { PageAfter } from '../http/paging.ts';

type Db = Knex | Knex.Transaction;

const ITEM = `i.id, i.version, i.name, i.name_zh as "nameZh", i.unit, i.kind, i.active`;

/** Items by id. */
export const itemRows = (db: Db, ids: readonly string[]): Promise<ItemRow[]> =>
  rows<ItemRow>(db, `select ${ITEM} from supply_items i where i.id = any (cast(:ids as uuid[]))`, { ids });

/** An item, locked until the command ends. */
export const lockedItem = (db: Db, id: string): Promise<ItemRow | undefined> =>
  row<ItemRow>(db, `select ${ITEM} from supply_items i where i.id = cast(:id as uuid) for no key update`, { id });

/** The whole catalogue in use; it belongs to every station. */
export const liveItems = (db: Db): Promise<ItemRow[]> =>
  rows<ItemRow>(db, `select ${ITEM} from supply_items i where i.active`, {}, { prepare: 'live_items' });

/** One page of the catalogue by name. */
export const itemPage = (db: Db, page: PageAfter): Promise<ItemRow[]> =>
  rows<ItemRow>(
    db,
    `select ${ITEM} from supply_items i
     where cast(:after as uuid) is null or (i.name, i.id) > (select c.name, c.id from supply_items c where c.id = cast(:after as uuid))
     order by i.name, i.id limit cast(:limit as integer) + 1`,
    { ...page },
  );

const DEPOT = `d.id, d.version, d.station_id as "stationId", d.name`;

/** Depots by id. */
export const depotRows = (db: Db, ids: readonly string[]): Promise<DepotRow[]> =>
  rows<DepotRow>(db, `select ${DEPOT} from depots d where d.id = any (cast(:ids as uuid[]))`, { ids });

/** A depot of the subtree, locked until the command ends. */
export const lockedDepot = (db: Db, scope: string, id: string): Promise<DepotRow | undefined> =>
  row<DepotRow>(
    db,
    `select ${DEPOT} from depots d where d.id = cast(:id as uuid) and ${inSubtreeSql('d.station_id')} for no key update of d`,
    { id, scope },
  );

/** One page of the subtree's depots by name. */
export const depotPage = (db: Db, scope: string, page: PageAfter): Promise<DepotRow[]> =>
  rows<DepotRow>(
    db,
    `select ${DEPOT} from depots d
     where ${inSubtreeSql('d.station_id')}
       and (cast(:after as uuid) is null or (d.name, d.id) > (select c.name, c.id from depots c where c.id = cast(:after as uuid)))
     order by d.name, d.id limit cast(:limit as integer) + 1`,
    { scope, ...page },
  );

/** A place of ours that holds stock. */
export interface Store {
  kind: StoreKind;
  id: string;
  stationId: string;
}

const STORES: Readonly<Record<StoreKind, string>> = { depot: 'depots', shelter: 'shelters', patrol: 'patrols' };

/** What is read stays as it is until the command ends. */
const lockSql = (locked: boolean): string => (locked ? 'for no key update' : '');

async function storeBy(
  db: Db,
  scope: string,
  place: { kind: StoreKind; id: string },
  locked: boolean,
): Promise<Store | undefined> {
  const found = await row<{ stationId: string }>(
    db,
    `select t.station_id as "stationId" from ${STORES[place.kind]} t
     where t.id = cast(:id as uuid) and ${inSubtreeSql('t.station_id')} ${lockSql(locked)}`,
    { scope, id: place.id },
  );
  return found && { kind: place.kind, id: place.id, stationId: found.stationId };
}

async function firstDepotBy(db: Db, stationId: string, locked: boolean): Promise<Store | undefined> {
  const found = await row<{ id: string }>(
    db,
    `select id from depots where station_id = cast(:stationId as uuid) order by created_at, id limit 1 ${lockSql(locked)}`,
    { stationId },
  );
  return found && { kind: 'depot', id: found.id, stationId };
}

/** A store of the subtree, to be looked at. */
export const storeInScope = (
  db: Db,
  scope: string,
  place: { kind: StoreKind; id: string },
): Promise<Store | undefined> => storeBy(db, scope, place, false);

/** Locks a store of the subtree until the command ends, so that its sums can be read in the next statement; undefined when there is none. */
export const lockedStore = (
  db: Db,
  scope: string,
  place: { kind: StoreKind; id: string },
): Promise<Store | undefined> => storeBy(db, scope, place, true);

/** The station's first depot, or undefined when it has none. */
export const firstDepot = (db: Db, stationId: string): Promise<Store | undefined> => firstDepotBy(db, stationId, false);

/** The station's first depot, locked, or undefined when it has none. */
export const lockedFirstDepot = (db: Db, stationId: string): Promise<Store | undefined> =>
  firstDepotBy(db, stationId, true);

/** What the id of a stock row looks like: kind of store, store, item. */
export const stockIdForm = /^(depot|shelter|patrol):[0-9a-f-]{36}:[0-9a-f-]{36}$/;

const STOCK = `t.kind || ':' || t.place_id || ':' || t.item_id as id, t.station_id as "stationId",
  jsonb_build_object('kind', t.kind, 'id', t.place_id) as place, t.item_id as "itemId", t.quantity, coalesce(w.batches, '[]') as batches`;

/** What is left of each batch, as a list of the first to expire first, from sums `g` of a batch in a place. */
const BATCHES = `jsonb_agg(jsonb_build_object('id', b.id, 'code', b.code, 'expiresOn', to_char(b.expires_on, 'YYYY-MM-DD'), 'quantity', g.quantity)
  order by b.expires_on, b.id) as batches`;

/** What lies in a store of each of these items, 0 among them; count under the store's lock. */
export const stockOf = (db: Db, store: Store, itemIds: readonly string[]): Promise<StockRow[]> =>
  rows<StockRow>(
    db,
    `with t as (
       select cast(:kind as text) as kind, cast(:placeId as uuid) as place_id, cast(:stationId as uuid) as station_id, i.item_id,
         coalesce((select sum(m.quantity) from supply_movements m where m.to_id = cast(:placeId as uuid) and m.item_id = i.item_id), 0)
         - coalesce((select sum(m.quantity) from supply_movements m where m.from_id = cast(:placeId as uuid) and m.item_id = i.item_id), 0) as quantity
       from (select distinct unnest(cast(:itemIds as uuid[])) as item_id) i
     ) select ${STOCK} from t left join lateral (
       select ${BATCHES} from (
         select l.batch_id, sum(case when m.to_id = t.place_id then l.quantity else -l.quantity end) as quantity
         from supply_movements m join supply_movement_batches l on l.movement_id = m.id
         where m.item_id = t.item_id and (m.to_id = t.place_id or m.from_id = t.place_id) group by l.batch_id) g
       join supply_batches b on b.id = g.batch_id where g.quantity <> 0
     ) w on true order by t.item_id`,
    { kind: store.kind, placeId: store.id, stationId: store.stationId, itemIds },
  );

const stores =
  (): string => `select 'depot' as kind, d.id, d.station_id from depots d where ${inSubtreeSql('d.station_id')}
    union all select 'shelter', s.id, s.station_id from shelters s where ${inSubtreeSql('s.station_id')}
    union all select 'patrol', p.id, p.station_id from patrols p where ${inSubtreeSql('p.station_id')}`;
const SUMS = `stores as materialized (
    select * from (${stores()}) s where cast(:store as uuid) is null or s.id = cast(:store as uuid)
  ), moved as (
    select m.to_id as place_id, m.item_id, m.quantity from supply_movements m where m.to_id is not null
    union all select m.from_id, m.item_id, -m.quantity from supply_movements m where m.from_id is not null
  ), t as (
    select stores.kind, stores.id as place_id, stores.station_id, moved.item_id, sum(moved.quantity) as quantity
    from stores join moved on moved.place_id = stores.id
    group by stores.kind, stores.id, stores.station_id, moved.item_id
    having sum(moved.quantity) <> 0
  ), w as (
    select g.place_id, b.item_id, ${BATCHES} from (
      select v.place_id, l.batch_id, sum(v.quantity) as quantity
      from supply_movement_batches l join supply_movements m on m.id = l.movement_id
        cross join lateral (values (m.to_id, l.quantity), (m.from_id, -l.quantity)) v (place_id, quantity) join stores on stores.id = v.place_id
      group by v.place_id, l.batch_id having sum(v.quantity) <> 0) g
    join supply_batches b on b.id = g.batch_id group by g.place_id, b.item_id
  ), listed as (
    select ${STOCK} from t left join w on w.place_id = t.place_id and w.item_id = t.item_id
  )`;

/** Everything that lies in a store of the subtree; less than nothing where more was handed out than was booked in. */
export const liveStock = (db: Db, scope: string): Promise<StockRow[]> =>
  rows<StockRow>(db, `with ${SUMS} select * from listed`, { scope, store: null }, { prepare: 'live_stock' });

/** One page of it; of one store only when `store` names it. */
export const stockPage = (db: Db, scope: string, store: string | null, page: PageAfter): Promise<StockRow[]> =>
  rows<StockRow>(
    db,
    `with ${SUMS}
     select * from listed where cast(:after as text) is null or id collate "C" > cast(:after as text)
     order by id collate "C" limit cast(:limit as integer) + 1`,
    { scope, store, ...page },
  );
