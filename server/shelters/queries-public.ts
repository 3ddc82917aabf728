/** What anyone may learn of warm places: nothing but what is named here, and nothing of a confidential one. */
import type { Knex } from 'knex';
import { distanceM, type LonLat } from '../../shared/geo.ts';
import { openAt, type OpeningWindow } from '../../shared/opening.ts';
import { type PlanLevel, planLevels } from '../../shared/plan-levels.ts';
import { fieldProblem } from '../../shared/problems.ts';
import {
  availability,
  type Beds,
  freshness,
  type HoldRow,
  type PublicShelter,
  shelterFeatures,
  type ShelterRow,
  totalBeds,
} from '../../shared/shelters.ts';
import { asInstant, asPoint, pointSql } from '../db/postgis.ts';
import { rows } from '../db/rows.ts';
import { planLevelSql } from '../stations/queries.ts';
import { COUNTS, type StoredCounts, whole } from './queries.ts';

type Db = Knex | Knex.Transaction;

const rank = (level: string): string =>
  `array_position(array[${planLevels.map((each) => `'${each}'`).join(', ')}], ${level})`;
/** The instant of a time on the wall: one that comes twice in autumn is the first, as in shared/wall-clock.ts. */
const instantSql = (wall: string, zone: string): string =>
  `least(timezone(${zone}, ${wall}), timezone(${zone}, ${wall} - interval '1 hour') + interval '1 hour')`;

/** SQL: whether a place with these windows is open at an instant; shared/opening.ts says the same in TypeScript, and a test compares them. */
export const openSql = (
  opening: string,
  zone: string,
  level: string,
  at: string,
): string => `(${opening} = '[]' or exists (
  select from jsonb_array_elements(${opening}) w
  cross join lateral (select cast(timezone(${zone}, ${at}) as date) - back as day from generate_series(0, 1) back) d
  cross join lateral (
    select d.day + cast(w ->> 'from' as interval) as begins,
      d.day + cast(w ->> 'to' as interval) + case when w ->> 'to' <= w ->> 'from' then interval '1 day' else interval '0' end as ends) t
  where w -> 'days' @> to_jsonb(cast(extract(isodow from d.day) as integer)) and ${rank(`w ->> 'level'`)} <= ${rank(level)}
    and ${instantSql('t.begins', zone)} <= ${at} and ${instantSql('t.ends', zone)} > ${at}))`;

/** On a public list at all. */
const LISTED = `not s.confidential and s.closed_down_at is null`;

type Stored = Pick<
  ShelterRow,
  | 'id'
  | 'name'
  | 'kind'
  | 'status'
  | 'position'
  | 'phone'
  | 'hours'
  | 'opening'
  | 'features'
  | 'about'
  | 'surgeOpen'
  | 'countedAt'
> &
  StoredCounts & {
    address: string;
    holds: Pick<HoldRow, 'unit' | 'kind' | 'people' | 'status' | 'expiresAt'>[] | null;
    station: string;
    timeZone: string;
    level: PlanLevel;
    fresh: number;
    stale: number;
    few: number;
  };

/** A place as its page tells of it: what the API says, and whether and when it is open. */
export interface PublicPlace extends PublicShelter {
  /** by its staff, its windows and the plan's level */
  state: 'open' | 'full' | 'closed';
  /** when it opens next, by its windows; null while it is open, and when nobody knows */
  opensAt: string | null;
  opening: readonly OpeningWindow[];
  /** the name of the station it belongs to, and the clock on its wall */
  station: string;
  timeZone: string;
  /** somebody counts its beds or seats; in others there is as much room as people find */
  counted: boolean;
}

interface Wanted {
  near: LonLat | null;
  limit: number;
  /** a cursor says nothing of a place that is no longer public: it is then no place at all */
  after: string | null;
  /** SQL over `s` and `st`, with the bindings of its own */
  whereSql: () => string;
  bind?: Record<string, string>;
}

function told(stored: Stored, near: LonLat | null, now: Date): PublicPlace {
  const counted: Omit<Stored, keyof StoredCounts> & Record<keyof StoredCounts, Beds> = whole(stored);
  const { id, name, kind, status, position, address, phone, hours, opening, features, about } = counted;
  const { open, changesAt } = openAt(opening, now.getTime(), counted.timeZone, counted.level);
  const change = changesAt === null ? null : new Date(changesAt).toISOString();
  const free = availability(counted, counted.holds ?? [], now);
  const left = free.available.total + free.seats.available.total;
  const countable = totalBeds(counted.beds) + totalBeds(counted.seats) + totalBeds(counted.surgeBeds) > 0;
  const staffed = status !== 'closed';
  return {
    id,
    name,
    kind,
    position,
    address,
    phone,
    hours,
    openUntil: open && staffed ? change : null,
    // in the order of the contract, whatever the order in which they were ticked
    features: shelterFeatures.filter((feature) => features.includes(feature)),
    about,
    room: left === 0 ? 'full' : left < counted.few ? 'few' : 'yes',
    freshness: freshness(new Date(counted.countedAt), now, counted),
    distanceM: near && position ? Math.round(distanceM(near, position.coordinates)) : null,
    state: !open || status === 'closed' ? 'closed' : status,
    opensAt: open || !staffed ? null : change,
    opening,
    station: counted.station,
    timeZone: counted.timeZone,
    counted: countable,
  };
}

/** What a list is sorted by: distance or name. A place without a position is farther than any other. */
const keySql = (table: 's' | 'c', near: LonLat | null): string =>
  near ? `coalesce(${table}.position <-> ${pointSql(':lon', ':lat')}, 'infinity')` : `${table}.name`;
/** The same order in the words that an index answers. */
const orderSql = (near: LonLat | null): string =>
  near ? `s.position <-> ${pointSql(':lon', ':lat')}, s.id` : 's.name, s.id';

async function find(db: Db, now: Date, { near, limit, after, whereSql, bind }: Wanted): Promise<PublicPlace[]> {
  const stored = await rows<Stored>(
    db,
    `with picked as materialized (
       select s.id, s.station_id from shelters s join stations st on st.id = s.station_id
       where ${LISTED} and ${whereSql()}
         and (cast(:after as uuid) is null or (${keySql('s', near)}, s.id)
           > (select ${keySql('c', near)}, c.id from shelters c where c.id = cast(:after as uuid) and not c.confidential))
       order by ${orderSql(near)} limit :limit
     ), rule as materialized (
       select st.id, st.name as station, st.time_zone, rule_value('shelters.fresh', st.path) as fresh,
         rule_value('shelters.stale', st.path) as stale, rule_value('shelters.few', st.path) as few
       from stations st where st.id in (select station_id from picked)
     )
     select s.id, s.name, s.kind, s.status, ${asPoint('s.position')} as position, coalesce(s.address, '') as address, s.phone, s.hours, s.opening,
       s.features, s.about, s.surge_open as "surgeOpen", ${asInstant('s.counted_at')} as "countedAt", ${COUNTS},
       (select jsonb_agg(jsonb_build_object('unit', h.unit, 'kind', h.kind, 'people', h.people, 'status', h.status, 'expiresAt', ${asInstant('h.expires_at')}))
        from holds h where h.shelter_id = s.id and h.status = 'held' and h.expires_at > :now) as holds,
       rule.station, rule.time_zone as "timeZone", ${planLevelSql('s.station_id')} as level, rule.fresh, rule.stale, rule.few
     from picked join shelters s on s.id = picked.id join rule on rule.id = s.station_id
     order by ${orderSql(near)}`,
    { now, after, limit, ...bind, ...(near && { lon: near[0], lat: near[1] }) },
  );
  return stored.map((each) => told(each, near, now));
}

/** Where the asker is (degrees, WGS 84), how many places, and after which one. */
export interface PublicAsk {
  lon?: number | undefined;
  lat?: number | undefined;
  limit: number;
  after?: string | null;
}

const nearOf = ({ lon, lat }: PublicAsk): LonLat | null => (lon === undefined || lat === undefined ? null : [lon, lat]);

/** Up to `limit + 1` places of all stations that are open now by their staff and their windows; nearest first when a position is given, else by name. */
export async function publicShelters(db: Db, now: Date, ask: PublicAsk): Promise<PublicShelter[]> {
  const found = await find(db, now, {
    near: nearOf(ask),
    limit: ask.limit + 1,
    after: ask.after ?? null,
    whereSql: () =>
      `s.status = 'open' and ${openSql('s.opening', 'st.time_zone', planLevelSql('st.id'), 'cast(:now as timestamptz)')}`,
  });
  return found.map(
    ({
      state: _state,
      opensAt: _opens,
      opening: _opening,
      station: _station,
      timeZone: _zone,
      counted: _counted,
      ...rest
    }) => rest,
  );
}

/** Up to `limit` places that are in use these days: open, full, and those that open at their hour. */
export const publicPlaces = (db: Db, now: Date, near: LonLat | null, limit: number): Promise<PublicPlace[]> =>
  find(db, now, { near, limit, after: null, whereSql: () => `s.status <> 'closed'` });

/** One place, closed ones too; undefined for one that was given up, one that is confidential, and one that never was. */
export async function publicPlace(db: Db, now: Date, id: string): Promise<PublicPlace | undefined> {
  const [found] = await find(db, now, {
    near: null,
    limit: 1,
    after: null,
    whereSql: () => 's.id = cast(:id as uuid)',
    bind: { id },
  });
  return found;
}

function degrees(text: string | undefined, name: 'lon' | 'lat', max: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw fieldProblem(`/query/${name}`, 'type', 'not a number');
  if (Math.abs(value) > max)
    throw fieldProblem(`/query/${name}`, `${name}_range`, `must be -${String(max)}..${String(max)}`);
  return value;
}

/** Reads `lon` and `lat` of a query; one without the other, or outside the range, is 422. */
export function placeOf(query: { lon?: string | undefined; lat?: string | undefined }): { lon?: number; lat?: number } {
  const lon = degrees(query.lon, 'lon', 180);
  const lat = degrees(query.lat, 'lat', 90);
  if (lon === undefined && lat === undefined) return {};
  if (lon === undefined) throw fieldProblem('/query/lon', 'required', 'lon and lat go together');
  if (lat === undefined) throw fieldProblem('/query/lat', 'required', 'lon and lat go together');
  return { lon, lat };
}
