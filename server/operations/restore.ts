/** `npm run restore`: a backup into an empty database, of either kind, whole or not at all. */
import type { Knex } from 'knex';
import { DatabaseUnfit } from '../db/errors.ts';
import { MIGRATION_MS } from '../db/dialect.ts';
import { row, rows } from '../db/rows.ts';
import { readMigrations } from '../db/migrate.ts';
import type { Database } from '../db/open.ts';
import { inTransaction } from '../db/transaction.ts';
import { BadBackup, type Header, readArchive, type Trailer, type Values } from './archive.ts';
import { insertSql, nameSql, speakAlike, type Table, tablesOf, truncateSql } from './tables.ts';

const BATCH_BYTES = 2_000_000;
const BATCH_ROWS = 1_000;
/**
 * The log of facts goes on this far beyond where it was: clients may have heard of facts that are lost now, and a number
 * they know must never come again with another meaning.
 */
const LEAP = 1_000_000_000;
const EVENT_NUMBERS = 'events_seq_seq';
const slow = { deadlineMs: MIGRATION_MS };

/** Reads all of it, so that a damaged one is known before anything is touched; throws BadBackup. */
export async function checkArchive(file: string): Promise<Header> {
  let found: Header | undefined;
  for await (const entry of readArchive(file)) if (entry.kind === 'header') found = entry.header;
  const header = found as Header;
  const ours = (await readMigrations()).map(({ name }) => name);
  const known = header.migrations.every((name, at) => name === ours[at]);
  if (!known)
    throw new BadBackup(
      `${file} was made by Warmpath ${header.version}, whose database this version does not know. Restore it with that version or a newer one.`,
    );
  return header;
}

/** Foreign keys are taken off while rows come table by table, and put back, checked, before anything is committed. */
interface ForeignKey {
  off: string;
  on: string;
}
const foreignKeys = (trx: Knex.Transaction): Promise<ForeignKey[]> =>
  rows<ForeignKey>(
    trx,
    `select format('alter table %s drop constraint %I', cast(conrelid as regclass), conname) as "off",
       format('alter table %s add constraint %I %s', cast(conrelid as regclass), conname, pg_get_constraintdef(oid)) as "on"
     from pg_constraint where contype = 'f' and connamespace = cast(current_schema() as regnamespace)`,
  );

async function refuseUnlessEmpty(trx: Knex.Transaction): Promise<void> {
  const found = await row(trx, `select id from stations limit 1`);
  if (found)
    throw new DatabaseUnfit(
      'This database is in use: it has a station. A backup is restored into an empty one only; make a new database (or choose a new folder) for it.',
    );
}

/** It has read the secrets that are replaced now. Asked when its tables are locked, so that none can start meanwhile. */
async function refuseWhileServing(trx: Knex.Transaction): Promise<void> {
  const other = await row(
    trx,
    `select pid from pg_stat_activity where datname = current_database() and application_name = 'warmpath listen' limit 1`,
  );
  if (other)
    throw new DatabaseUnfit('A Warmpath service is running on this database. Stop it, restore, and start it again.');
}

async function insert(trx: Knex.Transaction, table: Table, batch: readonly Values[]): Promise<void> {
  if (batch.length === 0) return;
  await rows(trx, insertSql(table), { batch: JSON.stringify(batch) }, slow);
}

async function load(
  trx: Knex.Transaction,
  file: string,
  tables: readonly Table[],
  say: (text: string) => void,
): Promise<Trailer> {
  let table: Table | undefined;
  let batch: Values[] = [];
  let bytes = 0;
  let ended: Trailer | undefined;
  const flush = async (): Promise<void> => {
    if (table) await insert(trx, table, batch);
    batch = [];
    bytes = 0;
  };
  for await (const entry of readArchive(file)) {
    if (entry.kind === 'row') {
      batch.push(entry.values);
      for (const value of entry.values) bytes += value?.length ?? 0;
      if (batch.length >= BATCH_ROWS || bytes >= BATCH_BYTES) await flush();
      continue;
    }
    await flush();
    if (entry.kind === 'end') ended = entry.end;
    if (entry.kind !== 'table') continue;
    const { start } = entry;
    table = tables.find(({ name }) => name === start.table);
    if (table?.columns.map(({ name }) => name).join() !== start.columns.join())
      throw new BadBackup(`The table ${start.table} of ${file} is not as this version knows it.`);
    say(`            ${start.table}`);
  }
  return ended as Trailer;
}

/**
 * Loads a checked backup in one transaction into a database whose schema is exactly the backup's; throws DatabaseUnfit when
 * somebody uses it already. After any failure it is as empty as before.
 */
export async function restore(
  database: Database,
  file: string,
  say: (text: string) => void,
): Promise<{ rows: number; tables: number }> {
  const end = await inTransaction(database, async (trx) => {
    await speakAlike(trx);
    const tables = await tablesOf(trx);
    const keys = await foreignKeys(trx);
    await refuseUnlessEmpty(trx);
    for (const key of keys) await rows(trx, key.off);
    // Also what migrations put there, such as default rules: the backup has its own.
    await rows(trx, truncateSql([...tables.map(({ name }) => name), 'sessions', 'events']));
    await refuseWhileServing(trx);
    const loaded = await load(trx, file, tables, say);
    for (const key of keys) await rows(trx, key.on, {}, slow);
    const numbers = { ...loaded.sequences, [EVENT_NUMBERS]: (loaded.sequences[EVENT_NUMBERS] ?? 0) + LEAP };
    for (const [name, last] of Object.entries(numbers))
      await rows(trx, `select setval(cast(:name as regclass), :last)`, { name: nameSql(name), last });
    return loaded;
  });
  await rows(database.knex, `analyze`, {}, slow);
  const all = Object.values(end.rows);
  return { rows: all.reduce((sum, count) => sum + count, 0), tables: all.length };
}
