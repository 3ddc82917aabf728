import type { Knex } from 'knex';
import type { RecheckRow } from '../../shared/rechecks.ts';
import { asInstant } from '../db/postgis.ts';
import { row, rows } from '../db/rows.ts';
import { inSubtreeSql } from '../db/scope.ts';
import type { PageAfter } from '../http/paging.ts';
import type { Around } from './clock.ts';

type Db = Knex | Knex.Transaction;

const COLUMNS = `r.id, r.version, r.station_id as "stationId", r.incident_id as "incidentId", r.encounter_id as "encounterId", r.patrol_id as "patrolId", r.people,
  ${asInstant('r.started_at')} as "startedAt", ${asInstant('r.due_at')} as "dueAt", ${asInstant('r.open_to_all_at')} as "openToAllAt", r.status, r.dispatch_id as "dispatchId",
  ${asInstant('r.ended_at')} as "endedAt", r.ended`;

/** Whole rows for facts. */
export const recheckRows = (db: Db, ids: readonly string[]): Promise<RecheckRow[]> =>
  rows<RecheckRow>(db, `select ${COLUMNS} from rechecks r where r.id = any (cast(:ids as uuid[])) order by r.id`, {
    ids,
  });

/** Running re-checks of a subtree. */
export const liveRechecks = (db: Db, scope: string): Promise<RecheckRow[]> =>
  rows<RecheckRow>(
    db,
    `select ${COLUMNS} from rechecks r where r.ended_at is null and ${inSubtreeSql('r.station_id')} order by r.id`,
    { scope },
    { prepare: 'live_rechecks' },
  );

/** One of the subtree, running or ended. */
export const recheckInScope = (db: Db, scope: string, id: string): Promise<RecheckRow | undefined> =>
  row<RecheckRow>(
    db,
    `select ${COLUMNS} from rechecks r where r.id = cast(:id as uuid) and ${inSubtreeSql('r.station_id')}`,
    { id, scope },
  );

/** One page of running ones, the first due first; for a crew those that its patrol may see (audience.ts). */
export const recheckPage = (
  db: Db,
  scope: string,
  crew: { patrolId: string } | null,
  page: PageAfter,
): Promise<RecheckRow[]> =>
  rows<RecheckRow>(
    db,
    `select ${COLUMNS} from rechecks r
     where r.ended_at is null and ${inSubtreeSql('r.station_id')}
       and (cast(:patrolId as uuid) is null or r.status = 'any_crew' or (r.patrol_id = cast(:patrolId as uuid) and r.status <> 'taken'))
       and (cast(:after as uuid) is null or (r.due_at, r.id) > (select c.due_at, c.id from rechecks c where c.id = cast(:after as uuid)))
     order by r.due_at, r.id limit cast(:limit as integer) + 1`,
    { scope, patrolId: crew?.patrolId ?? null, ...page },
  );

/** A running re-check with what is so around it, and the job of the visit in which somebody refused. */
export type RecheckAround = RecheckRow & Around & { visit: string | null };
const AROUND = `${COLUMNS}, e.dispatch_id as visit, coalesce(p.ended_at is null and p.id is not null, false) as "patrolOut",
  (select d.id from dispatches d
   where d.incident_id = r.incident_id and d.ended_at is null and d.dispatched_at >= r.started_at and d.id is distinct from e.dispatch_id
   order by (d.id is not distinct from r.dispatch_id) desc, d.dispatched_at, d.id limit 1) as job`;
const FROM = `rechecks r join encounters e on e.id = r.encounter_id left join patrols p on p.id = r.patrol_id`;

/** The one that runs at an incident; the caller holds the incident's lock. */
export const recheckOfIncident = (db: Db, incidentId: string): Promise<RecheckAround | undefined> =>
  row<RecheckAround>(
    db,
    `select ${AROUND} from ${FROM} where r.incident_id = cast(:incidentId as uuid) and r.ended_at is null`,
    { incidentId },
  );

/** All that run, or those named. */
export const rechecksAround = (db: Db, ids: readonly string[] | null): Promise<RecheckAround[]> =>
  rows<RecheckAround>(
    db,
    `select ${AROUND} from ${FROM}
     where r.ended_at is null and (:all or r.id = any (cast(:ids as uuid[]))) order by r.due_at, r.id`,
    { all: ids === null, ids: ids ?? [] },
  );

/** Locks the incidents of these re-checks, as far as no command holds them, and answers which of the re-checks those are. */
export const lockForPulse = async (db: Db, ids: readonly string[]): Promise<string[]> =>
  (
    await rows<{ id: string }>(
      db,
      `select r.id from incidents i join rechecks r on r.incident_id = i.id
       where r.id = any (cast(:ids as uuid[])) and r.ended_at is null order by i.id for update of i skip locked`,
      { ids },
    )
  ).map(({ id }) => id);
