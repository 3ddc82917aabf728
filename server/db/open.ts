import type { Database, DatabaseOptions } from './database.ts';
import { openEmbedded } from './embedded.ts';
import { openPostgres } from './postgres.ts';

export type { Database, DatabaseKind, DatabaseOptions } from './database.ts';

/** Opens and migrates the database; throws FolderInUse, DatabaseUnfit or DatabaseUnavailable with a message for the operator. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  if (options.databaseUrl !== undefined) return openPostgres(options.databaseUrl, options);
  if (options.dataDir === undefined) throw new Error('openDatabase needs a databaseUrl or a dataDir');
  return openEmbedded(options.dataDir, options);
}
