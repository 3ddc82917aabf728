/** What was counted in stores, and what the books had said. */
import type { Knex } from 'knex';
import type { StocktakeRow } from '../../shared/stocktakes.ts';
import { asInstant } from '../db/postgis.ts';
import { rows } from '../db/rows.ts';
import { inSubtreeSql } from '../db/scope.ts';
import type { PageAfter } from '../http/paging.ts';

type Db = Knex | Knex.Transaction;

// A count has no version of its own: it is written once.
const STOCKTAKE = `k.id, 1 as version, k.station_id as "stationId", jsonb_build_object('kind', k.place_kind, 'id', k.place_id) as place,
  ${asInstant('k.at')} as at, k.reason, k.note,
  (select jsonb_agg(jsonb_build_object('itemId', l.item_id, 'counted', l.counted, 'booked', l.booked) order by i.name, i.id)
    from stocktake_lines l join supply_items i on i.id = l.item_id where l.stocktake_id = k.id) as lines`;

/** Counts by id. */
export const stocktakeRows = (db: Db, ids: readonly string[]): Promise<StocktakeRow[]> =>
  rows<StocktakeRow>(db, `select ${STOCKTAKE} from stocktakes k where k.id = any (cast(:ids as uuid[]))`, { ids });

/** One page of the subtree's counts, newest first; of one store only when `store` names it. */
export const stocktakePage = (db: Db, scope: string, store: string | null, page: PageAfter): Promise<StocktakeRow[]> =>
  rows<StocktakeRow>(
    db,
    `select ${STOCKTAKE} from stocktakes k
     where ${inSubtreeSql('k.station_id')} and (cast(:store as uuid) is null or k.place_id = cast(:store as uuid))
       and (cast(:after as uuid) is null or (k.at, k.id) < (select c.at, c.id from stocktakes c where c.id = cast(:after as uuid)))
     order by k.at desc, k.id desc limit cast(:limit as integer) + 1`,
    { scope, store, ...page },
  );
