/** OSRM over HTTP (services `table` and `route`, API version 1), at the operator's own address. */
import * as z from 'zod/mini';
import { type LonLat, round6 } from '../../shared/geo.ts';
import { type Router, RouterFailure, type Travel, type Way } from './router.ts';

/** OSRM's own default for the pairs of one call (`--max-table-size`). */
const SIDE = 100;
/** Calls under way at once for a table in several parts. */
const AT_ONCE = 4;
/** 100 x 100 pairs are 0.2 MB, a long way is less. */
const MOST_BYTES = 2_000_000;
/** A longer drive than two days is no answer for a night's work. */
const seconds = z.number().check(z.gte(0), z.lte(172_800));
const metres = z.number().check(z.gte(0), z.lte(5_000_000));
const cells = (cell: z.ZodMiniType<number>) => z.array(z.array(z.nullable(cell)));
const tableAnswer = z.object({ code: z.literal('Ok'), durations: cells(seconds), distances: cells(metres) });
const lonLat = z.tuple([z.number().check(z.gte(-180), z.lte(180)), z.number().check(z.gte(-90), z.lte(90))]);
const routeAnswer = z.object({
  code: z.literal('Ok'),
  routes: z
    .array(
      z.object({
        duration: seconds,
        distance: metres,
        geometry: z.object({ coordinates: z.array(lonLat).check(z.minLength(1), z.maxLength(20_000)) }),
      }),
    )
    .check(z.minLength(1)),
});
/** What it says where a place lies off every road, or no road leads there: an answer, not a failure. */
const noRoad = z.object({ code: z.enum(['NoSegment', 'NoRoute', 'NoTable']) });

/** The JSON of one answer; throws RouterFailure. A body that drips or does not end is cut off by the signal or the cap. */
async function read(url: string, signal: AbortSignal): Promise<unknown> {
  try {
    const response = await fetch(url, { signal, redirect: 'error', headers: { accept: 'application/json' } });
    const parts: Uint8Array[] = [];
    let length = 0;
    for await (const part of response.body ?? []) {
      const bytes: Uint8Array = part;
      length += bytes.length;
      if (length > MOST_BYTES) throw new RouterFailure('wrong');
      parts.push(bytes);
    }
    const body: unknown = JSON.parse(Buffer.concat(parts).toString('utf8'));
    // OSRM says 400 also where there is merely no road
    if (!response.ok && !noRoad.safeParse(body).success) throw new RouterFailure('wrong');
    return body;
  } catch (error) {
    if (error instanceof RouterFailure) throw error;
    if (signal.aborted) throw new RouterFailure('slow', error);
    throw new RouterFailure(error instanceof SyntaxError ? 'wrong' : 'dead', error);
  }
}

const places = (all: readonly LonLat[]): string =>
  all.map(([lon, lat]) => `${String(round6(lon))},${String(round6(lat))}`).join(';');
const indices = (from: number, count: number): string =>
  Array.from({ length: count }, (_, n) => String(from + n)).join(';');

/** Parts of at most SIDE x SIDE, as [first of from, count, first of to, count]. */
function partsOf(rows: number, columns: number): [number, number, number, number][] {
  const parts: [number, number, number, number][] = [];
  for (let y = 0; y < rows; y += SIDE)
    for (let x = 0; x < columns; x += SIDE) parts.push([y, Math.min(SIDE, rows - y), x, Math.min(SIDE, columns - x)]);
  return parts;
}

export function osrmRouter(base: string): Router {
  const root = base.replace(/\/+$/, '');
  return {
    async table(from, to, signal) {
      const all = from.length * to.length;
      const travel: Travel = { seconds: new Float64Array(all).fill(NaN), metres: new Float64Array(all).fill(NaN) };
      const waiting = partsOf(from.length, to.length);
      const one = async ([y, height, x, width]: [number, number, number, number]): Promise<void> => {
        const url = `${root}/table/v1/driving/${places([...from.slice(y, y + height), ...to.slice(x, x + width)])}?sources=${indices(0, height)}&destinations=${indices(height, width)}&annotations=duration,distance`;
        const body = await read(url, signal);
        if (noRoad.safeParse(body).success) return;
        const answer = tableAnswer.safeParse(body);
        if (!answer.success) throw new RouterFailure('wrong');
        const { durations, distances } = answer.data;
        const fits = (rows: readonly (readonly unknown[])[]): boolean =>
          rows.length === height && rows.every((row) => row.length === width);
        if (!fits(durations) || !fits(distances)) throw new RouterFailure('wrong');
        durations.forEach((row, dy) =>
          row.forEach((cell, dx) => {
            const length = distances[dy]?.[dx] ?? null;
            if (cell === null || length === null) return;
            travel.seconds[(y + dy) * to.length + x + dx] = cell;
            travel.metres[(y + dy) * to.length + x + dx] = length;
          }),
        );
      };
      const worker = async (): Promise<void> => {
        for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) await one(part);
      };
      try {
        await Promise.all(Array.from({ length: Math.min(AT_ONCE, waiting.length) }, worker));
      } finally {
        // the others stop after the part they are at
        waiting.length = 0;
      }
      return travel;
    },
    async route(from, to, signal): Promise<Way | null> {
      const body = await read(
        `${root}/route/v1/driving/${places([from, to])}?overview=simplified&geometries=geojson`,
        signal,
      );
      if (noRoad.safeParse(body).success) return null;
      const best = routeAnswer.safeParse(body).data?.routes[0];
      if (best === undefined) throw new RouterFailure('wrong');
      return { line: best.geometry.coordinates, seconds: best.duration, metres: best.distance };
    },
  };
}
