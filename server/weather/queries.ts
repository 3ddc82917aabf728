import type { Knex } from 'knex';
import type { PictureReading, ReadingRow, WeatherRow } from '../../shared/weather.ts';
import { asInstant } from '../db/postgis.ts';
import { one, rows } from '../db/rows.ts';
import type { PageAfter } from '../http/paging.ts';

type Db = Knex | Knex.Transaction;

/** Hours of the past and of the forecast that the picture carries. */
const PAST = 12;
const AHEAD = 48;
/** What was told so long after its time is history: no picture shows it, however new its telling. */
const LIVE = `r.received_at - r.at <= interval '10 days'`;
/** From the oldest time a reading may have to the latest: what came last lies within so many days before the latest. */
const SPREAD = 26;

/** Stations whose weather somebody hears: the subtree, and those above it. */
const AROUND = `(s.path @> array[cast(:scope as uuid)] or s.id = any ((select o.path from stations o where o.id = cast(:scope as uuid))::uuid[]))`;

/** The latest time of a kind that a station has. */
const newestSql = (kind: PictureReading['kind']): string =>
  `left join lateral (select r.at from readings r where r.station_id = s.id and r.kind = '${kind}' and ${LIVE} order by r.at desc limit 1) ${kind} on true`;

interface Flat extends PictureReading {
  stationId: string;
  heardAt: string;
  version: number;
}

/**
 * The picture's rows of some stations. What is in one depends on what is stored and not on the time, so that a picture kept
 * up by facts and a fresh one are the same; and only its own days are looked at, however many winters are stored.
 */
async function weatherOf(db: Db, scope: string | null, stationId: string | null): Promise<WeatherRow[]> {
  const found = await rows<Omit<Flat, 'at'> & { at: string | null }>(
    db,
    `with edge as (
       select s.id, observed.at as observed, greatest(observed.at, forecast.at) as latest
       from stations s ${newestSql('observed')} ${newestSql('forecast')}
       where coalesce(observed.at, forecast.at) is not null
         and case when cast(:stationId as uuid) is null then ${AROUND} else s.id = cast(:stationId as uuid) end
     ), heard as (
       select e.id, e.observed,
         (select max(r.received_at) from readings r where r.station_id = e.id and r.at >= e.latest - cast(:spread as integer) * interval '1 day' and ${LIVE}) as at
       from edge e
     ), told as (
       select distinct on (r.station_id, r.kind, date_trunc('hour', r.at, 'UTC')) r.station_id, r.kind, r.at, r.temperature_c, r.wind_kmh, r.precipitation
       from heard h join readings r on r.station_id = h.id and ${LIVE}
       where case r.kind
         when 'observed' then r.at > h.observed - cast(:past as integer) * interval '1 hour'
         else r.at > greatest(h.observed, h.at - cast(:past as integer) * interval '1 hour')
           and r.at <= greatest(h.observed, h.at) + cast(:ahead as integer) * interval '1 hour'
       end
       order by r.station_id, r.kind, date_trunc('hour', r.at, 'UTC'), case r.kind when 'observed' then r.at end desc nulls last, r.received_at desc, r.at desc, r.id
     )
     select h.id as "stationId", ${asInstant('h.at')} as "heardAt", cast(extract(epoch from h.at) * 1000 as bigint) as version,
       k.kind, ${asInstant('k.at')} as at, k.temperature_c as "temperatureC", k.wind_kmh as "windKmh", k.precipitation
     from heard h left join told k on k.station_id = h.id
     order by h.id, k.at, k.kind`,
    { scope, stationId, past: PAST, ahead: AHEAD, spread: SPREAD },
    { prepare: 'weather_rows' },
  );
  const byStation = new Map<string, WeatherRow>();
  for (const { stationId, heardAt, version, at, ...reading } of found) {
    const row = byStation.get(stationId) ?? { id: stationId, version, stationId, heardAt, readings: [] };
    byStation.set(stationId, row);
    if (at !== null) row.readings.push({ ...reading, at });
  }
  return [...byStation.values()];
}

/** The weather of one station; undefined when it has none but history. */
export const weatherRowIfAny = async (db: Db, stationId: string): Promise<WeatherRow | undefined> =>
  (await weatherOf(db, null, stationId))[0];

/** The weather of one station, for the fact. */
export async function weatherRow(db: Db, stationId: string): Promise<WeatherRow> {
  const found = await weatherRowIfAny(db, stationId);
  if (!found) throw new Error('the reading just written is not there');
  return found;
}

/** The weather a station lives by: its own, of all below it and of those above it. */
export const liveWeather = (db: Db, scope: string): Promise<WeatherRow[]> => weatherOf(db, scope, null);

const COLUMNS = `r.id, 1 as version, r.station_id as "stationId", r.kind, ${asInstant('r.at')} as at, r.temperature_c as "temperatureC",
  r.wind_kmh as "windKmh", r.humidity, r.precipitation, r.precipitation_mm as "precipitationMm", r.source, ${asInstant('r.received_at')} as "receivedAt"`;

export const readingById = (db: Db, id: string): Promise<ReadingRow> =>
  one<ReadingRow>(db, `select ${COLUMNS} from readings r where r.id = cast(:id as uuid)`, { id });

/** One page of readings, the latest times first. */
export function readingPage(db: Db, scope: string, kind: string | null, page: PageAfter): Promise<ReadingRow[]> {
  return rows<ReadingRow>(
    db,
    `select ${COLUMNS} from readings r join stations s on s.id = r.station_id
     where ${AROUND} and (cast(:kind as text) is null or r.kind = :kind)
       and (cast(:after as uuid) is null or (r.at, r.id) < (select c.at, c.id from readings c where c.id = cast(:after as uuid)))
     order by r.at desc, r.id desc limit cast(:limit as integer) + 1`,
    { scope, kind, ...page },
  );
}
