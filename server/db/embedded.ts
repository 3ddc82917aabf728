import { mkdir, realpath } from 'node:fs/promises';
import { startEngine } from './engine.ts';
import { lockFolder } from './folder-lock.ts';
import { migrate, readMigrations, upTo } from './migrate.ts';
import type { Database, DatabaseOptions } from './database.ts';
import { databaseFolder, embeddedKnex, prepareFolder } from './template.ts';

/** Opens the embedded database in `folder`, which is made and filled if it is new; throws FolderInUse if another process has it. */
export async function openEmbedded(folder: string, options: DatabaseOptions): Promise<Database> {
  const { log, onProgress = () => undefined } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const dataDir = await realpath(folder);
  const lock = await lockFolder(dataDir);
  try {
    const migrations = upTo(await readMigrations(options.migrationsDir), options.migrateTo);
    await prepareFolder(dataDir, options.migrate === false ? [] : migrations, log, onProgress);
    onProgress('opening the database');
    const engine = await startEngine(databaseFolder(dataDir), log);
    const knex = embeddedKnex(engine, log);
    const close = async () => {
      await knex.destroy();
      await engine.close();
      await lock.release();
    };
    try {
      if (options.migrate !== false) await migrate(knex, migrations);
    } catch (error) {
      await close();
      throw error;
    }
    return { kind: 'embedded', knex, ...inProcessWake(), close: once(close) };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

function inProcessWake(): Pick<Database, 'listen' | 'committed'> {
  const listeners = new Set<() => void>();
  let due = false;
  const committed = () => {
    if (due) return;
    due = true;
    setImmediate(() => {
      due = false;
      for (const onWake of listeners) onWake();
    });
  };
  return {
    committed,
    listen(onWake) {
      // A wrapper, so that the same function given twice is two listeners.
      const listener = () => onWake();
      listeners.add(listener);
      return Promise.resolve(() => {
        listeners.delete(listener);
        return Promise.resolve();
      });
    },
  };
}

function once(close: () => Promise<void>): () => Promise<void> {
  let closing: Promise<void> | undefined;
  return () => (closing ??= close());
}
