import type { Knex } from 'knex';
import type { FeedRow } from '../../shared/feeds.ts';
import { asInstant, asPoint } from '../db/postgis.ts';
import { row, rows } from '../db/rows.ts';
import { inSubtreeSql } from '../db/scope.ts';
import type { PageAfter } from '../http/paging.ts';

type Db = Knex | Knex.Transaction;

const COLUMNS = `f.id, f.version, f.station_id as "stationId", f.name, f.kind, f.url, ${asPoint('f.position')} as position, f.every_min as "everyMin",
  f.stale_min as "staleMin", f.active, ${asInstant('f.tried_at')} as "triedAt", ${asInstant('f.heard_at')} as "heardAt", f.failures, f.fault,
  ${asInstant('f.next_at')} as "nextAt"`;

/** Keys of other people's services stand after the path. */
const shown = (feed: FeedRow, whole: boolean): FeedRow =>
  whole || !feed.url.includes('?') ? feed : { ...feed, url: `${feed.url.slice(0, feed.url.indexOf('?'))}?…` };

/** One page of the feeds that a station lives by: of its subtree and of those above it, by name; addresses in full for whoever may change them. */
export async function feedPage(db: Db, scope: string, whole: boolean, page: PageAfter): Promise<FeedRow[]> {
  const found = await rows<FeedRow & { inside: boolean }>(
    db,
    `select ${COLUMNS}, ${inSubtreeSql('f.station_id')} as inside from feeds f
     where (${inSubtreeSql('f.station_id')} or f.station_id = any ((select path from stations where id = cast(:scope as uuid))::uuid[]))
       and (cast(:after as uuid) is null or (f.name, f.id) > (select c.name, c.id from feeds c where c.id = cast(:after as uuid)))
     order by f.name, f.id limit cast(:limit as integer) + 1`,
    { scope, ...page },
  );
  return found.map(({ inside, ...feed }) => shown(feed, whole && inside));
}

/** One feed of the subtree, locked until the command ends. */
export const lockedFeed = (db: Db, scope: string, id: string): Promise<FeedRow | undefined> =>
  row<FeedRow>(
    db,
    `select ${COLUMNS} from feeds f where f.id = cast(:id as uuid) and ${inSubtreeSql('f.station_id')} for no key update of f`,
    { scope, id },
  );

export async function feedById(db: Db, id: string, whole = true): Promise<FeedRow> {
  const found = await row<FeedRow>(db, `select ${COLUMNS} from feeds f where f.id = cast(:id as uuid)`, { id });
  if (!found) throw new Error('no such feed');
  return shown(found, whole);
}
