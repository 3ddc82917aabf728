/** Readings by the hundred: what a feed or a file says, in one statement. */
import { randomUUID } from 'node:crypto';
import type { ReadingRow } from '../../shared/weather.ts';
import type { Context } from '../context.ts';
import { rows } from '../db/rows.ts';
import { record } from '../realtime/record.ts';
import { weatherRowIfAny } from './queries.ts';

/** A reading before it is kept. */
export type NewReading = Pick<
  ReadingRow,
  'kind' | 'at' | 'temperatureC' | 'windKmh' | 'humidity' | 'precipitation' | 'precipitationMm'
>;

/**
 * Keeps readings of one source and answers how many were new. What the same source said last of the same time, said again, is left out;
 * said differently, it is a row of its own, so that what was known before stays known. Limits are the caller's to judge.
 */
export async function addReadings(
  ctx: Context,
  stationId: string,
  source: string,
  readings: readonly NewReading[],
): Promise<number> {
  // of the same time twice, the later line is the last word
  const last = new Map(readings.map((reading) => [`${reading.kind} ${reading.at}`, reading]));
  const added = await rows(
    ctx.db,
    `insert into readings (id, station_id, kind, at, temperature_c, wind_kmh, humidity, precipitation, precipitation_mm, source, received_at)
     select g.id, cast(:stationId as uuid), g.kind, g.at, g."temperatureC", g."windKmh", g.humidity, g.precipitation, g."precipitationMm", :source, :now
     from jsonb_to_recordset(cast(:readings as jsonb)) as g (id uuid, kind text, at timestamptz, "temperatureC" float8, "windKmh" float8,
       humidity float8, precipitation text, "precipitationMm" float8)
     left join lateral (
       select r.temperature_c, r.wind_kmh, r.humidity, r.precipitation, r.precipitation_mm from readings r
       where r.station_id = cast(:stationId as uuid) and r.kind = g.kind and r.at = g.at and r.source = :source
       order by r.received_at desc limit 1
     ) k on true
     where k.temperature_c is null or (k.temperature_c, k.wind_kmh, k.humidity, k.precipitation, k.precipitation_mm)
       is distinct from (g."temperatureC", g."windKmh", g.humidity, g.precipitation, g."precipitationMm")
     returning id`,
    {
      stationId,
      source,
      now: ctx.now(),
      readings: JSON.stringify([...last.values()].map((reading) => ({ id: randomUUID(), ...reading }))),
    },
  );
  if (added.length === 0) return 0;
  // history alone makes no picture
  const picture = await weatherRowIfAny(ctx.db, stationId);
  if (picture) record(ctx, { type: 'weather.observed', stationId, rows: { weather: [picture] } });
  return added.length;
}
