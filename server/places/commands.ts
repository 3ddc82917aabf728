/** Beginning, ending and sweeping up after imports; what an import does in between is in commands-import.ts. */
import { createHash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import type * as z from 'zod/mini';
import type { importPlaces, PlaceImportRow } from '../../shared/places.ts';
import { Problem } from '../../shared/problems.ts';
import { type Actor, type Context, staffOf } from '../context.ts';
import { one, row, rows } from '../db/rows.ts';
import { readContext, runCommand, type Service } from '../realtime/command.ts';
import { stationInScope } from '../stations/queries.ts';
import { enqueue, waiting } from './commands-import.ts';
import { IMPORT_COLUMNS, importInScope } from './queries.ts';
import { lookAt } from './table-file.ts';

/** Files that may wait in memory; more would fill it. */
const MOST_WAITING = 4;
const HASH_SLICE = 4_000_000;

/** The same file with the same words about it; hashed a piece at a time, because 40 MB take a while. */
async function printOf(bytes: Buffer, about: readonly unknown[]): Promise<Buffer> {
  const hash = createHash('sha256').update(JSON.stringify(about));
  for (let from = 0; from < bytes.length; from += HASH_SLICE) {
    hash.update(bytes.subarray(from, from + HASH_SLICE));
    await turn();
  }
  return hash.digest();
}

type Asked = z.infer<NonNullable<typeof importPlaces.query>>;

/** Takes a file over: judged by its heading now, read in the background. The same id with the same file is answered again. */
export async function takeTable(
  service: Service,
  actor: Actor,
  asked: Asked,
  bytes: Buffer,
): Promise<{ row: PlaceImportRow; replay: boolean }> {
  const ctx = readContext(service, actor);
  const scope = staffOf(ctx).stationId;
  const station = await stationInScope(ctx.db, asked.stationId ?? scope, scope);
  if (!station) throw new Problem('not_found');
  const heading = await lookAt(bytes);
  const { id, kind, crs = 'wgs84', fileName = '' } = asked;
  const print = await printOf(bytes, [station.id, kind, crs, fileName]);
  const known = await importInScope(ctx.db, id, scope);
  if (!known && waiting(service) >= MOST_WAITING) throw new Problem('unavailable', [], { retryAfterS: 30 });
  const fields = heading.columns.flatMap((column) => column ?? []);
  const began = await runCommand(service, actor, { command: 'importPlaces', subjectIds: [id], fields }, (within) =>
    rows<PlaceImportRow>(
      within.db,
      `insert into place_imports as i (id, station_id, kind, file_name, crs, status, fingerprint, beat_at, created_at)
       values (cast(:id as uuid), cast(:stationId as uuid), :kind, :fileName, :crs, 'reading', :print, :now, :now)
       on conflict (id) do nothing returning ${IMPORT_COLUMNS}`,
      { id, stationId: station.id, kind, fileName, crs, print, now: service.now() },
    ),
  );
  if (began[0]) {
    enqueue(service, { id, kind, crs, stationId: station.id, bytes, heading });
    return { row: began[0], replay: false };
  }
  const there = known ?? (await importInScope(ctx.db, id, scope));
  if (there?.fingerprint.equals(print) !== true)
    throw new Problem('key_reuse', [
      { path: '/query/id', code: 'key_reuse', message: 'this id was used for something else' },
    ]);
  const { fingerprint: _print, ...found } = there;
  return { row: found, replay: true };
}

/** Cancels an import that runs, or takes a table away; what is left of it is swept up later. */
export async function removeTable(ctx: Context, id: string): Promise<PlaceImportRow> {
  const found = await importInScope(ctx.db, id, staffOf(ctx).stationId);
  if (!found) throw new Problem('not_found');
  return one<PlaceImportRow>(
    ctx.db,
    `update place_imports i set status = 'removed', finished_at = :now, version = i.version + case when i.status = 'removed' then 0 else 1 end
     where i.id = cast(:id as uuid) returning ${IMPORT_COLUMNS}`,
    { id, now: ctx.now() },
  );
}

/** An import without a sign of life for so many seconds has died with its process. */
const DEAD_S = 60;
const BATCH = 5_000;
/** Days for which what became of an import can be read; as long as the ids of other calls are known. */
const KEPT_DAYS = 30;

const LEFT = `select id from place_imports where status in ('failed', 'removed')`;

const countedSql = (sql: string): string =>
  `with gone as (${sql} returning 1) select cast(count(*) as integer) as n from gone`;

/** Says of dead imports that they failed, and deletes up to 5,000 rows of tables that are no more; gives how many it saw to. */
export async function sweepPlaces(ctx: Context): Promise<number> {
  const counts = [
    `update place_imports set status = 'failed', finished_at = :now, version = version + 1, error_count = 1,
       errors = cast('[{"line":0,"column":"","code":"interrupted","message":"the service was stopped meanwhile"}]' as jsonb)
     where status in ('reading', 'storing') and beat_at < cast(:now as timestamptz) - interval '${String(DEAD_S)} seconds'`,
    `delete from places where (import_id, line) in (select import_id, line from places where import_id in (${LEFT}) limit :batch)`,
    `delete from place_grams where (gram, import_id) in (select gram, import_id from place_grams where import_id in (${LEFT}) limit :batch)`,
    `delete from place_imports i where i.status in ('failed', 'removed') and i.finished_at < cast(:now as timestamptz) - interval '${String(KEPT_DAYS)} days'
       and not exists (select from places p where p.import_id = i.id) and not exists (select from place_grams g where g.import_id = i.id)`,
  ];
  let sum = 0;
  for (const sql of counts) {
    const bindings = { now: ctx.now(), batch: BATCH };
    const gone = await row<{ n: number }>(ctx.db, countedSql(sql), bindings);
    sum += gone?.n ?? 0;
  }
  return sum;
}
