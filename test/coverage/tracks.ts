/** Tracks laid by the metre, as if devices had sent them. */
import { randomUUID } from 'node:crypto';
import { rows } from '../../server/db/rows.ts';
import { type Job, pulse } from '../../server/jobs/run.ts';
import { countTracks } from '../../server/coverage/commands-count.ts';
import { noteVisits } from '../../server/coverage/commands-visits.ts';
import type { CoverageGrid } from '../../shared/coverage.ts';
import { fromPlane } from '../../shared/coverage-grid.ts';
import type { LonLat } from '../../shared/geo.ts';
import type { TestApp } from '../kit/app.ts';
import { minutes } from '../kit/clock.ts';

/** Where the tests count from: the grid lies around the areas of the two stations. */
export const grid: CoverageGrid = { origin: { type: 'Point', coordinates: [108.95, 34.25] }, cellM: 100 };
export const at = (x: number, y: number): LonLat => fromPlane(grid, [x, y]);

export interface Fix {
  /** seconds after the track began */
  s: number;
  x: number;
  y: number;
  accuracyM?: number;
  marks?: string[];
  /** when it was received, in seconds after now; now unless said */
  receivedS?: number;
}

/** An outing of a station that began an hour ago, without a crew. */
export async function outing(app: TestApp, stationId: string = app.stations.east): Promise<string> {
  const id = randomUUID();
  await rows(
    app.database.knex,
    `insert into patrols (id, station_id, name, crew_count, status, started_at) values (cast(:id as uuid), cast(:stationId as uuid), 'Patrol', 2, 'free', :at)`,
    { id, stationId, at: new Date(app.clock.now().getTime() - minutes(60)) },
  );
  return id;
}

/** Lays fixes of one patrol; the track begins ten minutes ago unless said. */
export async function lay(
  app: TestApp,
  patrolId: string,
  fixes: readonly Fix[],
  begins: Date = new Date(app.clock.now().getTime() - minutes(10)),
): Promise<Date> {
  await rows(
    app.database.knex,
    `insert into positions (patrol_id, at, position, received_at, crs, accuracy_m, marks)
     select cast(:patrolId as uuid), f.at, st_setsrid(st_makepoint(f.lon, f.lat), 4326), f.received, 'wgs84', f.accuracy, f.marks
     from jsonb_to_recordset(cast(:fixes as jsonb)) as f (at timestamptz, lon float8, lat float8, received timestamptz, accuracy real, marks text[])`,
    {
      patrolId,
      fixes: JSON.stringify(
        fixes.map(({ s, x, y, accuracyM, marks, receivedS }) => ({
          at: new Date(begins.getTime() + s * 1000),
          lon: at(x, y)[0],
          lat: at(x, y)[1],
          received: new Date(app.clock.now().getTime() + (receivedS ?? 0) * 1000),
          accuracy: accuracyM ?? null,
          marks: marks ?? [],
        })),
      ),
    },
  );
  return begins;
}

const counting: Job = { name: 'count-tracks', schedule: 'pulse', run: countTracks };
const noting: Job = { name: 'note-visits', schedule: 'pulse', run: noteVisits };

/** A minute later, the tracks are counted. */
export async function count(app: TestApp): Promise<void> {
  app.clock.advance(minutes(1));
  await pulse(app.service, [counting]);
}
export const note = (app: TestApp): Promise<void> => pulse(app.service, [noting]);

export interface Cell {
  x: number;
  y: number;
  at: Date;
}
/** Every cell that was passed by a station's patrols. */
export const cells = (app: TestApp, stationId: string = app.stations.east): Promise<Cell[]> =>
  rows<Cell>(
    app.database.knex,
    `select x, y, passed_at as at from coverage_cells where station_id = cast(:stationId as uuid) order by x, y`,
    { stationId },
  );
export const names = (found: readonly { x: number; y: number }[]): string[] =>
  found.map(({ x, y }) => `${String(x)}:${String(y)}`);

/** Forgets all tracks and what was counted. */
export async function clear(app: TestApp): Promise<void> {
  for (const table of ['coverage_cells', 'coverage_grids', 'track_readers', 'positions'])
    await rows(app.database.knex, `delete from ${table}`);
}
