import type { Knex } from 'knex';
import type { AlertRow } from '../../shared/alerts.ts';
import type { PlanAlert } from '../../shared/plan-engine.ts';
import { asInstant } from '../db/postgis.ts';
import { row, rows } from '../db/rows.ts';
import { inSubtreeSql } from '../db/scope.ts';
import type { PageAfter } from '../http/paging.ts';

type Db = Knex | Knex.Transaction;

const ALERT = `a.id, a.version, a.station_id as "stationId", a.covers, a.identifier, a.sender, ${asInstant('a.sent_at')} as "sentAt", a.event, a.type, a.level, a.severity,
  a.headline, a.description, a.instruction, a.area_text as "areaText", ${asInstant('a.onset_at')} as "onsetAt", ${asInstant('a.expires_at')} as "expiresAt", a.state, a.needs, a.source,
  ${asInstant('a.received_at')} as "receivedAt", ${asInstant('a.ended_at')} as "endedAt"`;

/** SQL: a row `a` of alerts is seen at the station :scope: it was received there, below, or above. */
const SEEN_FROM = `(${inSubtreeSql('a.station_id')}
  or a.station_id = any ((select o.path from stations o where o.id = cast(:scope as uuid))::uuid[]))`;

/** Alerts by id, in the order of the ids. */
export async function alertRows(db: Db, ids: readonly string[]): Promise<AlertRow[]> {
  const found = await rows<AlertRow>(
    db,
    `select ${ALERT} from unnest(cast(:ids as uuid[])) with ordinality as n (id, nth) join alerts a on a.id = n.id order by n.nth`,
    { ids },
  );
  return found;
}

/** Every warning in force or to come that is seen from a station. */
export const liveAlerts = (db: Db, scope: string): Promise<AlertRow[]> =>
  rows<AlertRow>(
    db,
    `select ${ALERT} from alerts a where a.ended_at is null and ${SEEN_FROM} order by a.id`,
    { scope },
    { prepare: 'live_alerts' },
  );

/** One page of warnings seen from a station, in one state or in all, the last sent first. */
export const alertPage = (
  db: Db,
  scope: string,
  state: AlertRow['state'] | null,
  page: PageAfter,
): Promise<AlertRow[]> =>
  rows<AlertRow>(
    db,
    `select ${ALERT} from alerts a
     where ${SEEN_FROM} and (cast(:state as text) is null or a.state = :state)
       and (cast(:after as uuid) is null or (a.sent_at, a.id) < (select c.sent_at, c.id from alerts c where c.id = cast(:after as uuid)))
     order by a.sent_at desc, a.id desc limit cast(:limit as integer) + 1`,
    { scope, state, ...page },
  );

/** A warning received in the subtree, with the task it raised, locked until the command ends. */
export const lockedAlert = (
  db: Db,
  scope: string,
  id: string,
): Promise<(AlertRow & { taskId: string | null }) | undefined> =>
  row<AlertRow & { taskId: string | null }>(
    db,
    `select ${ALERT}, a.task_id as "taskId" from alerts a
     where a.id = cast(:id as uuid) and ${inSubtreeSql('a.station_id')} for no key update of a`,
    { id, scope },
  );

/** Days for which an ended warning still tells a plan how its level came about. */
const RECENT_D = 3;

/**
 * Warnings that cover a station (its path, the root first), one above it or a part of it (the cold anywhere in the city is the city's): those in
 * force or to come at `at`, and those that ended within `recentD` days before. One that nobody has classified yet has no type or no level; one whose area nobody knows covers nobody and is not here.
 */
export async function activeAlerts(
  db: Db,
  stationPath: readonly string[],
  at: Date,
  recentD: number = RECENT_D,
): Promise<PlanAlert[]> {
  const found = await rows<Omit<PlanAlert, 'from' | 'until'> & { from: Date; until: Date | null }>(
    db,
    `select a.id, a.type, a.level, a.onset_at as "from", least(a.ended_at, a.expires_at) as until
     from alerts a
     where a.covers && (cast(:path as uuid[]) || array(select s.id from stations s where s.path @> array[cast(:self as uuid)]))
       and (least(a.ended_at, a.expires_at) is null
         or least(a.ended_at, a.expires_at) > greatest(a.onset_at, cast(:at as timestamptz) - cast(:recentD as float8) * interval '1 day'))
     order by a.onset_at, a.id`,
    { path: stationPath, self: stationPath.at(-1) ?? null, at, recentD },
  );
  return found.map(({ from, until, ...alert }) => ({
    ...alert,
    from: from.getTime(),
    until: until?.getTime() ?? null,
  }));
}
