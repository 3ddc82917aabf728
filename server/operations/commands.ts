/** `backup` and `restore` as the operator calls them: what they are given, what they open, what they say. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Config } from '../config.ts';
import { DatabaseUnfit } from '../db/errors.ts';
import type { Database, DatabaseOptions } from '../db/open.ts';
import { databaseFolder } from '../db/template.ts';
import { BadBackup } from './archive.ts';
import { backUp, fileFor } from './backup.ts';
import { checkArchive, restore } from './restore.ts';

/** How a command may open the database; otherwise as the service does. */
export type OpenOptions = Pick<DatabaseOptions, 'migrate' | 'migrateTo' | 'allowUnsafe'>;

/** What main.ts hands to a command. */
export interface Operator {
  config: Config;
  open: (config: Config, options?: OpenOptions) => Promise<Database>;
  now: () => Date;
  say: (text: string) => void;
}

const megabytes = (file: string): string => `${(statSync(file).size / 1e6).toFixed(1)} MB`;

function argumentsOf(argv: string[], given: Config): { file: string; config: Config } {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { data: { type: 'string' } },
  });
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0)
    throw new BadBackup('Say one file: npm run backup -- FILE [--data DIR], or npm run restore -- FILE [--data DIR]');
  return { file, config: { ...given, dataDir: values.data ?? given.dataDir } };
}

function refuseDemo({ databaseUrl, dataDir }: Config): void {
  if (databaseUrl === null && existsSync(join(dataDir, 'demo.json')))
    throw new DatabaseUnfit(`${dataDir} belongs to the demo, whose passwords everybody knows: no data for a service.`);
}

/** `backup FILE|FOLDER [--data DIR]`. Beside a running service on PostgreSQL; the embedded database must be stopped. */
export async function backupCommand(argv: string[], operator: Operator): Promise<void> {
  const { file: wanted, config } = argumentsOf(argv, operator.config);
  refuseDemo(config);
  // Opening a folder that has no database would make one.
  if (config.databaseUrl === null && !existsSync(databaseFolder(config.dataDir)))
    throw new DatabaseUnfit(
      `There is no database in ${config.dataDir}. Set DATABASE_URL or DATA_DIR as the service has it.`,
    );
  const at = operator.now();
  const file = fileFor(wanted, at);
  const database = await operator.open(config, { migrate: false });
  try {
    const done = await backUp(database, file, { version: config.version, at, say: operator.say });
    operator.say(`Backed up ${String(done.rows)} rows of ${String(done.tables)} tables: ${file}, ${megabytes(file)}.`);
    operator.say(
      'It holds where people sleep, their photos and health, accounts and keys. Encrypt it (age, gpg), keep it away from this machine, and try a restore now and then.',
    );
  } finally {
    await database.close();
  }
}

/** `restore FILE [--data DIR]`, into an empty database that no service uses. */
export async function restoreCommand(argv: string[], operator: Operator): Promise<void> {
  const { file, config } = argumentsOf(argv, operator.config);
  refuseDemo(config);
  operator.say(`Checking ${file}, ${existsSync(file) ? megabytes(file) : 'which is not there'} ...`);
  const header = await checkArchive(file);
  operator.say(`Made ${header.at} by Warmpath ${header.version}. Restoring ...`);
  const last = header.migrations.at(-1);
  const database = await operator
    .open(config, last === undefined ? {} : { migrateTo: last })
    .catch((error: unknown) => {
      if (error instanceof DatabaseUnfit)
        error.message += ' A backup goes into a new, empty database, which is then brought up to date by itself.';
      throw error;
    });
  let done: { rows: number; tables: number };
  try {
    done = await restore(database, file, operator.say);
  } finally {
    await database.close();
  }
  // The rest of the way, as the next start would go it: the operator hears now if that fails.
  await (await operator.open(config)).close();
  operator.say(`Restored ${String(done.rows)} rows of ${String(done.tables)} tables. Everybody signs in anew.`);
}
