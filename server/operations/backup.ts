/** `npm run backup`: the whole database in one file, as it was at one moment. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { DatabaseUnfit } from '../db/errors.ts';
import { appliedMigrations } from '../db/migrate.ts';
import type { Database } from '../db/open.ts';
import { REPORT_MS } from '../db/dialect.ts';
import { rows } from '../db/rows.ts';
import { inTransaction } from '../db/transaction.ts';
import { createArchive, type Writer } from './archive.ts';
import { cursorSql, fetchSql, sequencesOf, speakAlike, type Table, tablesOf } from './tables.ts';

/** Bytes of text to ask for at once: photos are few to a batch, stock movements many. */
const BATCH_BYTES = 4_000_000;
const MOST_ROWS = 2_000;

/** The ending of a backup's name. */
export const ENDING = '.warmpath.gz';

/** The file that is meant: itself, or, in a folder, one named after the moment. */
export function fileFor(wanted: string, at: Date): string {
  if (!existsSync(wanted) || !statSync(wanted).isDirectory()) return wanted;
  return join(wanted, `${at.toISOString().slice(0, 19).replaceAll(':', '')}Z${ENDING}`);
}

async function writeTable(trx: Knex.Transaction, table: Table, archive: Writer): Promise<number> {
  const names = table.columns.map(({ name }) => name);
  await archive.line({ table: table.name, columns: names });
  await rows(trx, cursorSql(table));
  let written = 0;
  for (let next = 16; ;) {
    const batch = await rows<Record<string, string | null>>(
      trx,
      fetchSql(next),
      {},
      {
        deadlineMs: REPORT_MS,
      },
    );
    let bytes = 1;
    for (const row of batch) {
      const values = names.map((name) => row[name] ?? null);
      for (const value of values) bytes += value?.length ?? 0;
      await archive.line(values);
    }
    written += batch.length;
    if (batch.length < next) break;
    next = Math.max(1, Math.min(MOST_ROWS, Math.floor((BATCH_BYTES * batch.length) / bytes)));
  }
  await rows(trx, `close backup`);
  return written;
}

/** Writes every row of one snapshot to `file` and answers how many; what others commit meanwhile is not in it. */
export async function backUp(
  database: Database,
  file: string,
  { version, at, say }: { version: string; at: Date; say: (text: string) => void },
): Promise<{ rows: number; tables: number }> {
  const archive = await createArchive(file);
  try {
    const counts: Record<string, number> = {};
    await inTransaction(
      database,
      async (trx) => {
        await speakAlike(trx);
        const migrations = await appliedMigrations(trx);
        if (migrations.length === 0)
          throw new DatabaseUnfit('This database is not one of Warmpath: nothing to back up.');
        await archive.line({ format: 1, version, at: at.toISOString(), migrations });
        for (const table of await tablesOf(trx)) {
          counts[table.name] = await writeTable(trx, table, archive);
          say(`${String(counts[table.name]).padStart(10)}  ${table.name}`);
        }
        await archive.finish({ rows: counts, sequences: await sequencesOf(trx) });
      },
      { isolation: 'repeatable read', readOnly: true },
    );
    const all = Object.values(counts);
    return { rows: all.reduce((sum, count) => sum + count, 0), tables: all.length };
  } catch (error) {
    await archive.abandon();
    throw error;
  }
}
