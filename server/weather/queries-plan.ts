/** Readings as plans and outlooks want them: the last word on each time, of the station or of the nearest above it. */
import type { Knex } from 'knex';
import type * as z from 'zod/mini';
import type { PlanReading } from '../../shared/plan-engine.ts';
import type { StationRow } from '../../shared/stations.ts';
import { instantOf, localDay } from '../../shared/wall-clock.ts';
import { outlookDays, outlookHours } from '../../shared/weather-days.ts';
import type { readOutlook } from '../../shared/weather.ts';
import { asInstant } from '../db/postgis.ts';
import { row, rows } from '../db/rows.ts';

type Db = Knex | Knex.Transaction;

/**
 * Whose weather a station lives by in a time: its own, else that of the nearest above it that has any reading there (and had heard it by
 * `knownAt`); null when none has. `path` goes from the root down to the station itself.
 */
export async function weatherSource(
  db: Db,
  path: readonly string[],
  from: Date,
  to: Date,
  knownAt: Date | null = null,
): Promise<string | null> {
  const found = await row<{ id: string }>(
    db,
    `select s.id from unnest(cast(:path as uuid[])) with ordinality as s (id, depth)
     where exists (select from readings r where r.station_id = s.id and r.kind in ('observed', 'forecast')
       and r.at between :from and :to and (cast(:knownAt as timestamptz) is null or r.received_at <= :knownAt))
     order by s.depth desc limit 1`,
    { path, from, to, knownAt },
  );
  return found?.id ?? null;
}

/** The readings of one station in a time, oldest first: of each kind and time what was received last (by `knownAt`). */
export function readingsBetween(
  db: Db,
  stationId: string,
  from: Date,
  to: Date,
  knownAt: Date | null = null,
): Promise<PlanReading[]> {
  return rows<PlanReading>(
    db,
    `select distinct on (r.kind, r.at) r.kind, ${asInstant('r.at')} as at, r.temperature_c as "temperatureC", r.wind_kmh as "windKmh",
       r.precipitation, r.precipitation_mm as "precipitationMm", cast(floor(extract(epoch from r.received_at) * 1000) as float8) as "receivedAt"
     from readings r
     where r.station_id = cast(:stationId as uuid) and r.kind in ('observed', 'forecast') and r.at between :from and :to
       and (cast(:knownAt as timestamptz) is null or r.received_at <= :knownAt)
     order by r.kind, r.at, r.received_at desc`,
    { stationId, from, to, knownAt },
    { deadlineMs: 30_000 },
  );
}

/** Readings for a station's plan: its own, or those of the nearest above it that has any in that time. */
export async function planReadings(
  db: Db,
  stationPath: readonly string[],
  from: Date,
  to: Date,
  knownAt: Date | null = null,
): Promise<PlanReading[]> {
  const stationId = await weatherSource(db, stationPath, from, to, knownAt);
  return stationId === null ? [] : readingsBetween(db, stationId, from, to, knownAt);
}

const DAY = 86_400_000;
/** Whole days back that are shown, and those before them that falls are counted against; as far ahead as any forecast goes. */
const BACK_D = 3;
const BEFORE_D = 2;
const AHEAD_D = 17;

/** The weather of a station by hour and by calendar day, three whole days back. */
export async function outlookOf(
  db: Db,
  { id, path, timeZone }: Pick<StationRow, 'id' | 'path' | 'timeZone'>,
  now: Date,
): Promise<z.infer<typeof readOutlook.reply>> {
  const first = localDay(timeZone, now.getTime()) - BACK_D * DAY;
  const shownFrom = new Date(instantOf(timeZone, first)).toISOString();
  const start = new Date(instantOf(timeZone, first - BEFORE_D * DAY));
  const end = new Date(now.getTime() + AHEAD_D * DAY);
  const from = await weatherSource(db, path, start, end);
  if (from === null) return { stationId: id, from, heardAt: null, hours: [], days: [] };
  const readings = await readingsBetween(db, from, start, end);
  const firstDay = new Date(first).toISOString().slice(0, 10);
  return {
    stationId: id,
    from,
    heardAt: new Date(Math.max(...readings.map(({ receivedAt }) => receivedAt))).toISOString(),
    hours: outlookHours(readings).filter(({ at }) => at >= shownFrom),
    days: outlookDays(readings, timeZone).filter(({ day }) => day >= firstDay),
  };
}
