/** Plans as they are edited, and what was decided about them. */
import type { Knex } from 'knex';
import type { Locale } from '../../shared/stations.ts';
import type { PlanMemory } from '../../shared/plan-engine.ts';
import type { ActivationRow, DecisionRow, PlanRow, PlanSpec, PlanTemplate, PlanVersion } from '../../shared/plans.ts';
import { asInstant } from '../db/postgis.ts';
import { row, rows } from '../db/rows.ts';
import { inSubtreeSql } from '../db/scope.ts';
import type { PageAfter } from '../http/paging.ts';
import { ACTIVATION, type Said, seenFromSql, STATE } from './queries.ts';

type Db = Knex | Knex.Transaction;

const PLAN = `${STATE}, p.spec, p.source, ${asInstant('p.changed_at')} as "changedAt", ${asInstant('p.looked_at')} as "lookedAt"`;

/** One page of the plans that are seen from a station, those out of use too, by name. */
export const planPage = (db: Db, scope: string, page: PageAfter): Promise<PlanRow[]> =>
  rows<PlanRow>(
    db,
    `select ${PLAN} from plans p
     where ${seenFromSql('p.station_id')} and (cast(:after as uuid) is null or (p.name, p.id) > (select c.name, c.id from plans c where c.id = cast(:after as uuid)))
     order by p.name, p.id limit cast(:limit as integer) + 1`,
    { scope, ...page },
  );

/** One plan as it is edited. */
export const planById = (db: Db, id: string): Promise<PlanRow | undefined> =>
  row<PlanRow>(db, `select ${PLAN} from plans p where p.id = cast(:id as uuid)`, { id });

/** True when a plan is seen from a station. */
export const isSeen = async (db: Db, scope: string, id: string): Promise<boolean> =>
  (await row(db, `select p.id from plans p where p.id = cast(:id as uuid) and ${seenFromSql('p.station_id')}`, {
    scope,
    id,
  })) !== undefined;

/** What decisions begin from, as it is stored. */
export interface StoredPlan {
  id: string;
  version: number;
  stationId: string;
  name: string;
  active: boolean;
  spec: PlanSpec;
  source: string;
  memory: PlanMemory;
  said: Said;
  /** when it was last decided about; null before the first time */
  lookedAt: string | null;
  /** its station and those above, the root first */
  path: string[];
  zone: string;
  locale: Locale;
}

/**
 * A plan, locked until the command ends: whoever decides about it, edits it or gives it an order stands in one row. Of a subtree,
 * where one is named; timed jobs name none.
 */
export const lockedPlan = (db: Db, id: string, scope: string | null): Promise<StoredPlan | undefined> =>
  row<StoredPlan>(
    db,
    `select p.id, p.version, p.station_id as "stationId", p.name, p.active, p.spec, p.source, p.memory, p.said, ${asInstant('p.looked_at')} as "lookedAt", s.path,
       s.time_zone as zone, s.locale
     from plans p join stations s on s.id = p.station_id
     where p.id = cast(:id as uuid) and (cast(:scope as uuid) is null or ${inSubtreeSql('p.station_id')}) for no key update of p`,
    { id, scope },
  );

/** Every plan in use. */
export const plansInUse = async (db: Db): Promise<string[]> =>
  (await rows<{ id: string }>(db, `select id from plans where active order by id`)).map(({ id }) => id);

/** Rule sets to begin a plan with. */
export const planTemplates = (db: Db): Promise<PlanTemplate[]> =>
  rows<PlanTemplate>(db, `select key, name, about, spec, source from plan_templates order by key`);

/** A page of what is numbered: `after` is a number. */
export interface NumberedPage {
  limit: number;
  after: string | null;
}

/** One page of a plan's versions, the newest first. */
export const versionPage = (db: Db, planId: string, page: NumberedPage): Promise<PlanVersion[]> =>
  rows<PlanVersion>(
    db,
    `select v.version, v.name, v.active, v.spec, v.source, ${asInstant('v.changed_at')} as "changedAt", v.changed_by as "changedBy"
     from plan_versions v
     where v.plan_id = cast(:planId as uuid) and (cast(:after as bigint) is null or v.version < cast(:after as bigint))
     order by v.version desc limit cast(:limit as integer) + 1`,
    { planId, ...page },
  );

/** One page of what was decided about a plan, the newest first. */
export const decisionPage = (db: Db, planId: string, page: NumberedPage): Promise<DecisionRow[]> =>
  rows<DecisionRow>(
    db,
    `select d.id, d.plan_id as "planId", ${asInstant('d.at')} as at, d.previous, d.level, d.why, d.inputs from plan_decisions d
     where d.plan_id = cast(:planId as uuid) and (cast(:after as bigint) is null or d.id < cast(:after as bigint))
     order by d.id desc limit cast(:limit as integer) + 1`,
    { planId, ...page },
  );

/** One page of activations seen from a station: those that are on, those that ended, or all; the newest first. */
export const activationPage = (
  db: Db,
  scope: string,
  status: 'on' | 'ended' | 'all',
  page: PageAfter,
): Promise<ActivationRow[]> =>
  rows<ActivationRow>(
    db,
    `select ${ACTIVATION} from activations a join plans p on p.id = a.plan_id
     where ${seenFromSql('a.station_id')} and (:status = 'all' or (a.ended_at is null) = (:status = 'on'))
       and (cast(:after as uuid) is null or (a.since, a.id) < (select c.since, c.id from activations c where c.id = cast(:after as uuid)))
     order by a.since desc, a.id desc limit cast(:limit as integer) + 1`,
    { scope, status, ...page },
  );
