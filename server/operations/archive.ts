/**
 * The file of a backup: gzip'd lines of JSON. The first says what it is; then, for each table, its name and columns followed
 * by its rows, every value in PostgreSQL's own text; the last holds the counts and a hash of all lines before it, so that a
 * file that was cut off or changed is known as such.
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import * as z from 'zod/mini';

/** The file is no backup, is damaged, cannot be written, or is not for this version; the message says what to do. */
export class BadBackup extends Error {
  override readonly name = 'BadBackup';
}

const header = z.object({
  format: z.literal(1),
  /** of the software that wrote it */
  version: z.string(),
  /** ISO time of the snapshot */
  at: z.string(),
  /** names, in their order: the schema that the rows fit */
  migrations: z.array(z.string()).check(z.minLength(1)),
});
const tableStart = z.object({ table: z.string(), columns: z.array(z.string()) });
const values = z.array(z.nullable(z.string()));
const trailer = z.object({
  rows: z.record(z.string(), z.number()),
  /** last value given out, of those that have given out any */
  sequences: z.record(z.string(), z.number()),
  sha256: z.string(),
});

export type Header = z.infer<typeof header>;
export type TableStart = z.infer<typeof tableStart>;
export type Values = z.infer<typeof values>;
export type Trailer = Omit<z.infer<typeof trailer>, 'sha256'>;

/** A backup being written; it has its name only when `finish` has returned. */
export interface Writer {
  line(content: Header | TableStart | Values): Promise<void>;
  finish(end: Trailer): Promise<void>;
  /** Deletes what was written. */
  abandon(): Promise<void>;
}

const exists = (file: string): BadBackup =>
  new BadBackup(`${file} exists already, and a backup never overwrites anything. Choose another name, or a folder.`);

/** Opens FILE.part, readable by its owner only; throws BadBackup when FILE is there or cannot be made. */
export async function createArchive(file: string): Promise<Writer> {
  if (existsSync(file)) throw exists(file);
  const part = `${file}.part`;
  // `flush` forces the bytes to the disk before the file is closed
  const disk = createWriteStream(part, { flags: 'wx', mode: 0o600, flush: true });
  await once(disk, 'open').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST')
      throw new BadBackup(
        `${part} is there: another backup is writing it, or was interrupted. If none runs, delete it.`,
      );
    throw new BadBackup(`The backup cannot be written: ${error.message}`);
  });
  const gzip = createGzip();
  const written = pipeline(gzip, disk).catch((error: unknown) => {
    throw new BadBackup(`The backup cannot be written: ${error instanceof Error ? error.message : String(error)}`);
  });
  // Whoever writes on hears of a full disk; until then it must not end the program by itself.
  written.catch(() => undefined);
  const hash = createHash('sha256');
  const put = async (line: string): Promise<void> => {
    if (gzip.destroyed) await written;
    if (!gzip.write(line)) await Promise.race([once(gzip, 'drain'), written]);
  };
  const sync = async (path: string): Promise<void> => {
    const folder = await open(path, 'r');
    await folder.sync().finally(() => folder.close());
  };
  return {
    line: async (content) => {
      const line = `${JSON.stringify(content)}\n`;
      hash.update(line);
      await put(line);
    },
    finish: async (end) => {
      await put(`${JSON.stringify({ ...end, sha256: hash.digest('hex') })}\n`);
      gzip.end();
      await written;
      if (existsSync(file)) throw exists(file);
      await rename(part, file);
      // The name, too, must survive a power cut.
      await sync(dirname(file));
    },
    abandon: async () => {
      gzip.destroy();
      await written.catch(() => undefined);
      await rm(part, { force: true });
    },
  };
}

/** What a reader meets, in this order: one header, then tables each with its rows, then one end. */
export type Entry =
  | { kind: 'header'; header: Header }
  | { kind: 'table'; start: TableStart }
  | { kind: 'row'; values: Values }
  | { kind: 'end'; end: Trailer };

/** Lines as they are, without the line feed. Not readline: it also ends a line at characters that JSON leaves as they are. */
async function* linesOf(file: string): AsyncGenerator<Buffer> {
  const disk = createReadStream(file);
  const plain = createGunzip();
  disk.on('error', (error) => plain.destroy(error));
  disk.pipe(plain);
  let rest: Buffer[] = [];
  try {
    for await (const chunk of plain as AsyncIterable<Buffer>) {
      let from = 0;
      for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
        yield Buffer.concat([...rest, chunk.subarray(from, end)]);
        rest = [];
        from = end + 1;
      }
      rest.push(chunk.subarray(from));
    }
  } finally {
    disk.destroy();
    plain.destroy();
  }
  if (rest.some(({ length }) => length > 0)) throw new Error('its last line is not whole');
}

function parsed<T>(schema: z.ZodMiniType<T>, content: unknown, what: string): T {
  const result = schema.safeParse(content);
  if (!result.success) throw new Error(what);
  return result.data;
}

async function* entriesOf(file: string): AsyncGenerator<Entry> {
  const hash = createHash('sha256');
  const counts: Record<string, number> = {};
  let columns = 0;
  let table: string | undefined;
  let state: 'new' | 'open' | 'ended' = 'new';
  for await (const line of linesOf(file)) {
    if (state === 'ended') throw new Error('it goes on after its end');
    const content: unknown = JSON.parse(line.toString('utf8'));
    if (state === 'new') {
      const first = parsed(z.looseObject({ format: z.number() }), content, 'it does not begin like a backup');
      if (first.format !== 1)
        throw new BadBackup(`${file} was written by a newer version of Warmpath; use that version.`);
      yield { kind: 'header', header: parsed(header, content, 'it does not begin like a backup') };
      state = 'open';
    } else if (Array.isArray(content)) {
      if (table === undefined || content.length !== columns) throw new Error('a row does not fit its table');
      yield { kind: 'row', values: parsed(values, content, 'a row is not text') };
      counts[table] = (counts[table] ?? 0) + 1;
    } else if (typeof content === 'object' && content !== null && 'sha256' in content) {
      const { sha256, ...end } = parsed(trailer, content, 'its end is not whole');
      if (sha256 !== hash.digest('hex')) throw new Error('its contents are not what was written');
      if (JSON.stringify(end.rows) !== JSON.stringify(counts)) throw new Error('rows are missing');
      yield { kind: 'end', end };
      state = 'ended';
      continue;
    } else {
      const start = parsed(tableStart, content, 'a line is neither table nor row');
      if (start.table in counts) throw new Error('a table is there twice');
      table = start.table;
      columns = start.columns.length;
      counts[table] = 0;
      yield { kind: 'table', start };
    }
    hash.update(line).update('\n');
  }
  if (state !== 'ended') throw new Error('it has no end');
}

/** Reads a backup from front to back; throws BadBackup, at the latest at its end, unless it is whole and unchanged. */
export async function* readArchive(file: string): AsyncGenerator<Entry> {
  try {
    yield* entriesOf(file);
  } catch (error) {
    if (error instanceof BadBackup) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'EACCES' || code === 'EISDIR')
      throw new BadBackup(`The backup ${file} cannot be read: ${message}`);
    throw new BadBackup(`${file} is not a whole backup (${message}). Nothing was restored; take another one.`);
  }
}
