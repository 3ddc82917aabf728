import type { Knex } from 'knex';
import {
  byCold,
  coldClock,
  type ColdClock,
  type ColdFacts,
  coldRulesFrom,
  readingsFor,
} from '../../shared/cold-clock.ts';
import type { IncidentRow } from '../../shared/incidents.ts';
import { asInstant } from '../db/postgis.ts';
import { rows } from '../db/rows.ts';
import { liveWeather } from '../weather/queries.ts';
import {
  type IncidentPage,
  incidentInScope,
  incidentRows,
  LISTED,
  listBindings,
  newestIncidents,
  RECHECK,
} from './queries.ts';

type Db = Knex | Knex.Transaction;

/** Values of the clock's rules as they hold at each station of a subtree. */
async function coldRulesOf(
  db: Db,
  scope: string,
): Promise<{ id: string; path: string[]; values: Record<string, unknown> }[]> {
  return rows(
    db,
    `select s.id, s.path, (select jsonb_object_agg(k.key, rule_value(k.key, s.path)) from
       (select distinct r.key from rules r where r.key like 'cold.%' or r.key = 'weather.stale') k) as values
     from stations s where s.path @> array[cast(:scope as uuid)]`,
    { scope },
  );
}

/** The cold clock of incidents in a subtree, by their ids: each by the rules and the weather of its own station. Those of other stations are left out. */
export async function coldClocksOf(
  db: Db,
  scope: string,
  incidents: readonly (ColdFacts & Pick<IncidentRow, 'id' | 'stationId'>)[],
  now: Date,
): Promise<Map<string, ColdClock>> {
  if (incidents.length === 0) return new Map();
  const weather = Object.fromEntries((await liveWeather(db, scope)).map((row) => [row.id, row]));
  const stations = new Map(
    (await coldRulesOf(db, scope)).map(({ id, path, values }) => [
      id,
      { rules: coldRulesFrom((key) => values[key]), readings: readingsFor(path, weather) },
    ]),
  );
  return new Map(
    incidents.flatMap((row): [string, ColdClock][] => {
      const station = stations.get(row.stationId);
      return station ? [[row.id, coldClock(row, station.readings, station.rules, now)]] : [];
    }),
  );
}

/** What the order needs of an incident. */
type Sorted = ColdFacts & Pick<IncidentRow, 'id' | 'stationId' | 'status' | 'outcome' | 'patrolIds' | 'recheck'>;
const SORTED = `i.id, i.station_id as "stationId", i.status, i.outcome, i.priority, i.signs, i.people, i.spoken, i.wants_help as "wantsHelp",
  i.still_there as "stillThere", i.refusals, ${asInstant('i.opened_at')} as "openedAt", ${asInstant('i.last_seen_at')} as "lastSeenAt",
  array(select g.id from sightings g where g.incident_id = i.id) as "sightingIds",
  array(select d.patrol_id from dispatches d where d.incident_id = i.id and d.ended_at is null) as "patrolIds", ${RECHECK}`;

/** What a cursor of the list by the clock looks like: the last one given out, which stood among the live ones or after them. */
export const coldCursor = /^(closed:)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
export const coldKey = ({ id, status }: IncidentRow): string => (status === 'closed' ? `closed:${id}` : id);

/** A page of the live ones in the order of the desk's queue. */
async function coldestLive(
  db: Db,
  scope: string,
  { status, after, limit, bbox }: IncidentPage,
  now: Date,
): Promise<IncidentRow[]> {
  const last = after === null ? undefined : await incidentInScope(db, after, scope);
  if (after !== null && !last) return [];
  const live = await rows<Sorted>(
    db,
    `select ${SORTED} from incidents i join stations s on s.id = i.station_id where ${LISTED}`,
    listBindings(scope, status, bbox),
    { deadlineMs: 30_000 },
  );
  const clocks = await coldClocksOf(db, scope, last ? [...live, last] : live, now);
  const order = byCold<Sorted>(({ id }) => clocks.get(id)?.minutes ?? 0);
  const ids = (last ? live.filter((row) => order(last, row) < 0) : live)
    .sort(order)
    .slice(0, limit + 1)
    .map(({ id }) => id);
  const found = new Map((await incidentRows(db, ids)).map((row) => [row.id, row]));
  return ids.flatMap((id) => found.get(id) ?? []);
}

/**
 * One page by the cold clock; closed ones after the live, the newest first. The clock runs on between two pages, and the
 * last one given out may be closed meanwhile: a page may then repeat some, but skips none.
 */
export async function coldestIncidents(db: Db, scope: string, page: IncidentPage, now: Date): Promise<IncidentRow[]> {
  const { status, after, limit } = page;
  const amongClosed = after?.startsWith('closed:') === true;
  const live =
    status === 'closed' || amongClosed
      ? []
      : await coldestLive(db, scope, { ...page, status: status === 'all' ? 'live' : status }, now);
  if (live.length > limit || (status !== 'closed' && status !== 'all')) return live;
  const closed = await newestIncidents(db, scope, {
    ...page,
    status: 'closed',
    after: amongClosed ? (after?.slice('closed:'.length) ?? null) : null,
    limit: limit - live.length,
  });
  return [...live, ...closed];
}
