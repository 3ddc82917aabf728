import type { Knex } from 'knex';
import type { EntryRow, IncidentRow } from '../../shared/incidents.ts';
import type { SightingRow } from '../../shared/sightings.ts';
import { asInstant, asPoint } from '../db/postgis.ts';
import { row, rows } from '../db/rows.ts';

type Db = Knex | Knex.Transaction;

/** The re-check that runs for an incident `i`. */
export const RECHECK = `(select jsonb_build_object('status', r.status, 'dueAt', ${asInstant('r.due_at')})
    from rechecks r where r.incident_id = i.id and r.ended_at is null) as recheck`;

const COLUMNS = `i.id, i.version, i.code, i.station_id as "stationId", i.area_id as "areaId", i.lane, i.status, i.priority,
  ${asPoint('i.position')} as position, i.accuracy_m as "accuracyM", i.place_text as "placeText", i.place_code as "placeCode",
  i.people, i.signs, i.description, i.source, i.verified,
  ${asInstant('i.opened_at')} as "openedAt", ${asInstant('i.last_reported_at')} as "lastReportedAt", ${asInstant('i.seen_at')} as "seenAt",
  ${asInstant('i.first_dispatched_at')} as "firstDispatchedAt", ${asInstant('i.arrived_at')} as "arrivedAt",
  ${asInstant('i.closed_at')} as "closedAt", i.close_reason as "closeReason", i.outcome, i.merged_into as "mergedInto",
  array(select g.id from sightings g where g.incident_id = i.id order by g.received_at, g.id) as "sightingIds",
  array(select d.patrol_id from dispatches d where d.incident_id = i.id and d.ended_at is null order by d.patrol_id) as "patrolIds",
  ${asInstant('i.last_seen_at')} as "lastSeenAt", i.spoken, i.wants_help as "wantsHelp", i.still_there as "stillThere", i.refusals, i.wants,
  ${asInstant('i.accepted_at')} as "acceptedAt", ${asInstant('i.safe_at')} as "safeAt", ${asInstant('i.asked_at')} as "askedAt",
  ${asInstant('i.answered_at')} as "answeredAt", i.claimed_by as "claimedBy", ${asInstant('i.claimed_until')} as "claimedUntil",
  ${asInstant('i.snoozed_until')} as "snoozedUntil", ${RECHECK}`;

/** Whole rows for facts, in the order of ids. */
export function incidentRows(db: Db, ids: readonly string[]): Promise<IncidentRow[]> {
  return rows<IncidentRow>(
    db,
    `select ${COLUMNS} from incidents i where i.id = any (cast(:ids as uuid[])) order by i.id`,
    { ids },
  );
}

export async function incidentRow(db: Db, id: string): Promise<IncidentRow> {
  const [found] = await incidentRows(db, [id]);
  if (!found) throw new Error('the incident just written is not there');
  return found;
}

/** Everything not closed in a subtree, for the snapshot. */
export function liveIncidents(db: Db, scope: string): Promise<IncidentRow[]> {
  return rows<IncidentRow>(
    db,
    `select ${COLUMNS} from incidents i join stations s on s.id = i.station_id where i.status <> 'closed' and s.path @> array[cast(:scope as uuid)] order by i.id`,
    { scope },
    { deadlineMs: 30_000, prepare: 'live_incidents' },
  );
}

/** True when this person was with a patrol that was sent there, whatever became of the job and the outing since. */
export const hasWorkedOn = async (db: Db, userId: string | null, id: string): Promise<boolean> =>
  (await row(
    db,
    `select d.id from dispatches d join patrol_crew c on c.patrol_id = d.patrol_id
     where d.incident_id = cast(:id as uuid) and c.user_id = cast(:userId as uuid) limit 1`,
    { id, userId },
  )) !== undefined;

export function incidentInScope(db: Db, id: string, scope: string): Promise<IncidentRow | undefined> {
  return row<IncidentRow>(
    db,
    `select ${COLUMNS} from incidents i join stations s on s.id = i.station_id where i.id = cast(:id as uuid) and s.path @> array[cast(:scope as uuid)]`,
    { id, scope },
  );
}

export interface IncidentPage {
  /** one status, 'live' or 'all' */
  status: string;
  after: string | null;
  limit: number;
  bbox: readonly [number, number, number, number] | null;
}

/** Which incidents a list is about; its values are those of `listBindings`. */
export const LISTED = `s.path @> array[cast(:scope as uuid)]
       and (:status = 'all' or (:status = 'live' and i.status <> 'closed') or i.status = :status)
       and (cast(:west as float8) is null or st_intersects(i.position::geometry, st_makeenvelope(cast(:west as float8), cast(:south as float8), cast(:east as float8), cast(:north as float8), 4326)))`;
export const listBindings = (
  scope: string,
  status: string,
  bbox: IncidentPage['bbox'],
): Record<string, string | number | null> => ({
  scope,
  status,
  west: bbox?.[0] ?? null,
  south: bbox?.[1] ?? null,
  east: bbox?.[2] ?? null,
  north: bbox?.[3] ?? null,
});

/** One page, the newest first; the order ends in the id, so that paging never skips. */
export function newestIncidents(
  db: Db,
  scope: string,
  { status, after, limit, bbox }: IncidentPage,
): Promise<IncidentRow[]> {
  return rows<IncidentRow>(
    db,
    `select ${COLUMNS} from incidents i join stations s on s.id = i.station_id
     where ${LISTED}
       and (cast(:after as uuid) is null or (i.opened_at, i.id) < (select c.opened_at, c.id from incidents c where c.id = cast(:after as uuid)))
     order by i.opened_at desc, i.id desc limit :limit + 1`,
    { ...listBindings(scope, status, bbox), after, limit },
  );
}

const ENTRY = `e.id, ${asInstant('e.at')} as at, e.kind, e.actor_kind as "actorKind", u.name as "actorName", e.detail`;
const MOST_ENTRIES = 1000;

export function timelineOf(db: Db, id: string): Promise<EntryRow[]> {
  return rows<EntryRow>(
    db,
    `select ${ENTRY}
     from incident_entries e left join users u on u.id = e.actor_id where e.incident_id = cast(:id as uuid) order by e.at, e.id limit :most`,
    { id, most: MOST_ENTRIES },
  );
}

/** The timelines of several incidents, by incident. */
export async function timelinesOf(db: Db, ids: readonly string[]): Promise<Map<string, EntryRow[]>> {
  const found = await rows<EntryRow & { incidentId: string }>(
    db,
    `select i.id as "incidentId", t.* from unnest(cast(:ids as uuid[])) as i (id) cross join lateral (
       select ${ENTRY} from incident_entries e left join users u on u.id = e.actor_id where e.incident_id = i.id order by e.at, e.id limit :most
     ) as t`,
    { ids, most: MOST_ENTRIES },
  );
  const timelines = new Map<string, EntryRow[]>(ids.map((id) => [id, []]));
  for (const { incidentId, ...entry } of found) timelines.get(incidentId)?.push(entry);
  return timelines;
}

export const SIGHTING_COLUMNS = `g.id, 1 as version, g.code, g.incident_id as "incidentId", g.station_id as "stationId",
  ${asPoint('g.position')} as position, g.accuracy_m as "accuracyM", g.place_text as "placeText", g.place_code as "placeCode", g.source, g.verified,
  (select n.organisation from informants n where n.id = g.informant_id) as organisation,
  ${asInstant('g.observed_at')} as "observedAt", ${asInstant('g.received_at')} as "receivedAt", g.clock_suspect as "clockSuspect",
  g.people, g.description, g.signs, g.spoken, g.wants_help as "wantsHelp", g.still_there as "stillThere", g.contact,
  coalesce((select jsonb_agg(jsonb_build_object('id', p.id, 'width', p.width, 'height', p.height, 'createdAt', ${asInstant('p.created_at')}) order by p.created_at, p.id)
    from photos p where p.sighting_id = g.id), '[]') as photos`;

/** The reports that an incident has gathered. */
export function sightingsOfIncident(db: Db, incidentId: string): Promise<SightingRow[]> {
  return rows<SightingRow>(
    db,
    `select ${SIGHTING_COLUMNS} from sightings g where g.incident_id = cast(:incidentId as uuid) order by g.received_at, g.id limit 200`,
    { incidentId },
  );
}
