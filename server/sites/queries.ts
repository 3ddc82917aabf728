import type { Knex } from 'knex';
import type { SiteRow } from '../../shared/sites.ts';
import { asGeometryJson, asInstant, asPoint } from '../db/postgis.ts';
import { row, rows } from '../db/rows.ts';
import { inSubtreeSql } from '../db/scope.ts';
import type { PageAfter } from '../http/paging.ts';

type Db = Knex | Knex.Transaction;

export const SITE_COLUMNS = `t.id, t.version, t.station_id as "stationId", t.name, ${asPoint('t.position')} as position, t.radius_m as "radiusM", t.note, t.active,
  ${asGeometryJson('t.outline')} as outline, t.visit_every_h as "visitEveryH", ${asInstant('t.visited_at')} as "visitedAt"`;

/** Known places of a subtree, for the picture. */
export const liveSites = (db: Db, scope: string): Promise<SiteRow[]> =>
  rows<SiteRow>(
    db,
    `select ${SITE_COLUMNS} from sites t where t.active and ${inSubtreeSql('t.station_id')} order by t.id`,
    { scope },
    { prepare: 'live_sites' },
  );

/** Whole rows for facts, in the order of ids. */
export const siteRows = (db: Db, ids: readonly string[]): Promise<SiteRow[]> =>
  rows<SiteRow>(db, `select ${SITE_COLUMNS} from sites t where t.id = any (cast(:ids as uuid[])) order by t.id`, {
    ids,
  });

/** A known place of the subtree, retired or not. */
export const siteInScope = (db: Db, scope: string, id: string): Promise<SiteRow | undefined> =>
  row<SiteRow>(
    db,
    `select ${SITE_COLUMNS} from sites t where t.id = cast(:id as uuid) and ${inSubtreeSql('t.station_id')}`,
    { scope, id },
  );

/** A known place of the subtree, locked until the command ends; undefined when it is not there or out of scope. */
export const lockedSite = (db: Db, scope: string, id: string): Promise<SiteRow | undefined> =>
  row<SiteRow>(
    db,
    `select ${SITE_COLUMNS} from sites t where t.id = cast(:id as uuid) and ${inSubtreeSql('t.station_id')} for no key update`,
    { scope, id },
  );

/** Known places of the subtree by id, retired ones too, or (null) those in use that are to be looked at: locked until the command ends, in the order of ids. */
export const lockedVisits = (db: Db, scope: string, ids: readonly string[] | null): Promise<SiteRow[]> =>
  rows<SiteRow>(
    db,
    `select ${SITE_COLUMNS} from sites t
     where ${inSubtreeSql('t.station_id')} and case when :all then t.active and (t.visit_every_h is not null or t.outline is not null) else t.id = any (cast(:ids as uuid[])) end
     order by t.id for no key update of t`,
    { scope, all: ids === null, ids: ids ?? [] },
  );

/** One page of known places, by name. */
export const sitePage = (
  db: Db,
  scope: string,
  active: 'true' | 'false' | 'all',
  page: PageAfter,
): Promise<SiteRow[]> =>
  rows<SiteRow>(
    db,
    `select ${SITE_COLUMNS} from sites t
     where ${inSubtreeSql('t.station_id')} and (:active = 'all' or t.active = (:active = 'true'))
       and (cast(:after as uuid) is null or (t.name, t.id) > (select c.name, c.id from sites c where c.id = cast(:after as uuid)))
     order by t.name, t.id limit cast(:limit as integer) + 1`,
    { scope, active, ...page },
  );
