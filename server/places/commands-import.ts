/** Reads a table in the background and stores it: all or nothing, one file after the other, each step small. */
import { setImmediate as turn } from 'node:timers/promises';
import type { Crs } from '../../shared/geo.ts';
import { codeKeyOf, piecesOf } from '../../shared/place-words.ts';
import type { PlaceKind } from '../../shared/places.ts';
import { Problem } from '../../shared/problems.ts';
import { rows } from '../db/rows.ts';
import { runCommand, type Service } from '../realtime/command.ts';
import { type Heading, readRecords } from './table-file.ts';
import { type LineError, TableJudge, type TablePlace } from './table-rows.ts';

/** A file that was taken over. */
export interface Table {
  id: string;
  kind: PlaceKind;
  crs: Crs;
  stationId: string;
  bytes: Buffer;
  heading: Heading;
}

/** Somebody has cancelled it, or it was given up as dead: what happens to its rows is no longer ours. */
class Ended extends Error {}

/** Rows stored at once: a fraction of a second for the database, a few milliseconds here. */
const BATCH = 1_000;
/** Records after which the number read is told. */
const TOLD_EVERY = 5_000;
/** How often an import says that it lives, in ms; dead is who has not for a minute. */
const BEAT_MS = 15_000;

const ALIVE = `where id = cast(:id as uuid) and status in ('reading', 'storing') returning id`;
const changeSql = (set: string): string => `update place_imports set beat_at = :now, ${set} ${ALIVE}`;

/** Changes an import that runs; throws Ended when it does not any more. */
async function tell(service: Service, id: string, set: string, bindings: Record<string, unknown> = {}): Promise<void> {
  const told = await rows(service.database.knex, changeSql(set), {
    id,
    now: service.now(),
    ...bindings,
  });
  if (told.length === 0) throw new Ended();
}

const fail = (service: Service, id: string, errors: readonly LineError[], count: number): Promise<void> =>
  tell(
    service,
    id,
    `status = 'failed', errors = cast(:errors as jsonb), error_count = :count, finished_at = :now, version = version + 1`,
    { errors: JSON.stringify(errors), count },
  );

/** What a Problem says of the file as a whole, or of one of its lines. */
const errorOf = (problem: Problem): LineError => {
  const [found] = problem.errors;
  const line = /^\/rows\/(\d+)$/.exec(found?.path ?? '')?.[1];
  return {
    line: Number(line ?? 0),
    column: '',
    code: found?.code ?? problem.code,
    message: found?.message ?? 'more rows than are taken',
  };
};

async function judge(service: Service, { id, kind, crs, bytes, heading }: Table): Promise<TableJudge> {
  const judged = new TableJudge(heading, kind, crs);
  let total = 0;
  await readRecords(bytes, heading, (record, n) => {
    total = n;
    judged.take(record);
    return n % TOLD_EVERY === 0 ? tell(service, id, 'total = :total', { total }) : undefined;
  });
  await tell(service, id, 'total = :total', { total });
  return judged;
}

async function storeBatch(
  service: Service,
  id: string,
  batch: readonly TablePlace[],
  pieces: string[][],
): Promise<void> {
  const stored = await rows(
    service.database.knex,
    `with alive as (
       update place_imports set beat_at = :now, status = 'storing', stored = stored + :count ${ALIVE}
     )
     insert into places (import_id, line, code, name, position, accuracy_m, code_key, grams)
     select alive.id, p.line, p.code, p.name, st_setsrid(st_makepoint(p.lon, p.lat), 4326), p.accuracy_m, p.code_key, string_to_array(p.grams, ' ')
     from alive, unnest(cast(:lines as integer[]), cast(:codes as text[]), cast(:names as text[]), cast(:lons as float8[]), cast(:lats as float8[]),
       cast(:accuracies as real[]), cast(:keys as text[]), cast(:grams as text[])) as p (line, code, name, lon, lat, accuracy_m, code_key, grams)
     returning 1`,
    {
      id,
      now: service.now(),
      count: batch.length,
      lines: batch.map(({ line }) => line),
      codes: batch.map(({ code }) => code),
      names: batch.map(({ name }) => name),
      lons: batch.map(({ position }) => position[0]),
      lats: batch.map(({ position }) => position[1]),
      accuracies: batch.map(({ accuracyM }) => accuracyM),
      keys: batch.map(({ code }) => (code === null ? null : codeKeyOf(code))),
      // a piece has no space in it
      grams: pieces.map((each) => each.join(' ')),
    },
  );
  if (stored.length !== batch.length) throw new Ended();
}

async function store(service: Service, id: string, places: readonly TablePlace[]): Promise<void> {
  const counts = new Map<string, number>();
  for (let from = 0; from < places.length; from += BATCH) {
    const batch = places.slice(from, from + BATCH);
    const pieces = batch.map(({ name }) => piecesOf(name));
    for (const each of pieces) for (const piece of each) counts.set(piece, (counts.get(piece) ?? 0) + 1);
    await turn();
    await storeBatch(service, id, batch, pieces);
  }
  const grams = [...counts];
  for (let from = 0; from < grams.length; from += 5 * BATCH) {
    const batch = grams.slice(from, from + 5 * BATCH);
    await tell(service, id, 'stored = stored');
    await rows(
      service.database.knex,
      `insert into place_grams (gram, import_id, places)
       select g.gram, cast(:id as uuid), g.places from unnest(cast(:grams as text[]), cast(:counts as integer[])) as g (gram, places)`,
      { id, grams: batch.map(([gram]) => gram), counts: batch.map(([, count]) => count) },
    );
  }
  // The newest rows of such an index wait in a list that every search reads to its end.
  await rows(service.database.knex, `select gin_clean_pending_list('places_grams')`);
}

/** From one moment to the next the new table is found instead of the former one. */
const publish = (service: Service, { id, kind, stationId }: Table): Promise<void> =>
  runCommand(service, { kind: 'system' }, { command: 'publishPlaces', subjectIds: [id], fields: [] }, async (ctx) => {
    // two tables of a kind that are ready at once: one after the other
    await rows(ctx.db, `select id from stations where id = cast(:stationId as uuid) for no key update`, { stationId });
    const now = ctx.now();
    await rows(
      ctx.db,
      `update place_imports set status = 'removed', finished_at = :now, version = version + 1
       where station_id = cast(:stationId as uuid) and kind = :kind and status = 'done'`,
      { stationId, kind, now },
    );
    const done = await rows(
      ctx.db,
      `update place_imports set status = 'done', beat_at = :now, finished_at = :now, version = version + 1 ${ALIVE}`,
      { id, now },
    );
    if (done.length === 0) throw new Ended();
  });

async function readTable(service: Service, table: Table): Promise<void> {
  const { id } = table;
  try {
    const judged = await judge(service, table);
    if (judged.errorCount > 0) return await fail(service, id, judged.errors, judged.errorCount);
    if (judged.places.length === 0)
      return await fail(service, id, [{ line: 1, column: '', code: 'required', message: 'no places in it' }], 1);
    await store(service, id, judged.places);
    await publish(service, table);
  } catch (error) {
    if (error instanceof Ended) return;
    if (error instanceof Problem) return fail(service, id, [errorOf(error)], 1);
    service.log.error(
      { error: error instanceof Error ? error.name : 'unknown' },
      'a table of places could not be stored',
    );
    await fail(service, id, [{ line: 0, column: '', code: 'internal', message: 'could not be stored' }], 1);
  }
}

/** What waits on this node, and the end of it. */
const queues = new WeakMap<Service['database'], { count: number; end: Promise<void> }>();
const queueOf = ({ database }: Service): { count: number; end: Promise<void> } => {
  const queue = queues.get(database) ?? { count: 0, end: Promise.resolve() };
  queues.set(database, queue);
  return queue;
};
/** Files that this node holds in memory. */
export const waiting = (service: Service): number => queueOf(service).count;

/** Reads a table as soon as those before it are read. */
export function enqueue(service: Service, table: Table): void {
  const queue = queueOf(service);
  queue.count += 1;
  const quiet = (): void => undefined;
  // waiting is living, too
  const beat = setInterval(() => void tell(service, table.id, 'total = total').catch(quiet), BEAT_MS);
  beat.unref();
  queue.end = queue.end
    .then(() => readTable(service, table))
    // not even the failure could be stored: the sweep will find it without a beat
    .catch(quiet)
    .finally(() => {
      clearInterval(beat);
      queue.count -= 1;
    });
}
