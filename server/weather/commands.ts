import type { Part } from '../../shared/contract.ts';
import { fieldProblem } from '../../shared/problems.ts';
import type { postReading, ReadingRow } from '../../shared/weather.ts';
import type { Context } from '../context.ts';
import { rows } from '../db/rows.ts';
import { record } from '../realtime/record.ts';
import { stationFor } from '../stations/commands.ts';
import { readingById, weatherRow } from './queries.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** How far a reading's time may lie before and after the server's. */
const BEHIND = 10 * DAY;
const AHEAD = { observed: 10 * MINUTE, forecast: 16 * DAY } as const;

/** Who told it, when nobody says: the person at the desk. */
const BY_HAND = 'desk';

/** Keeps a reading of the weather; 422 at /at when its time cannot be. An earlier one of the same hour stays in the list. */
export async function addReading(ctx: Context, body: Part<(typeof postReading)['body']>): Promise<ReadingRow> {
  const station = await stationFor(ctx, body.stationId);
  const kind = body.kind ?? 'observed';
  const ahead = Date.parse(body.at) - ctx.now().getTime();
  if (ahead > AHEAD[kind] || -ahead > BEHIND)
    throw fieldProblem('/at', 'range', 'at most 10 days old; observed up to 10 min ahead, a forecast up to 16 days');
  await rows(
    ctx.db,
    `insert into readings (id, station_id, kind, at, temperature_c, wind_kmh, humidity, precipitation, precipitation_mm, source, received_at)
     values (cast(:id as uuid), cast(:stationId as uuid), :kind, :at, :temperatureC, :windKmh, :humidity, :precipitation, :precipitationMm, :source, :receivedAt)`,
    {
      id: body.id,
      stationId: station.id,
      kind,
      at: body.at,
      temperatureC: body.temperatureC,
      windKmh: body.windKmh ?? null,
      humidity: body.humidity ?? null,
      precipitation: body.precipitation ?? 'none',
      precipitationMm: body.precipitationMm ?? null,
      source: body.source ?? BY_HAND,
      receivedAt: ctx.now(),
    },
  );
  record(ctx, {
    type: 'weather.observed',
    stationId: station.id,
    rows: { weather: [await weatherRow(ctx.db, station.id)] },
  });
  return readingById(ctx.db, body.id);
}
