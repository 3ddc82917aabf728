import type { Knex } from 'knex';

/** What the database tells its operator through; pino's logger fits. */
export interface DatabaseLog {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** Which of the two databases it is; nothing outside server/db may decide by it. */
export type DatabaseKind = 'embedded' | 'postgres';

/** An open, migrated database. */
export interface Database {
  kind: DatabaseKind;
  knex: Knex;
  /** Calls onWake some time after facts were committed by any node (several commits may give one call); returns what stops it. */
  listen(onWake: () => void): Promise<() => Promise<void>>;
  /**
   * Says that facts have been committed: the listeners of every node wake, once for several commits. It is said after the commit,
   * so that nobody who commits waits for it; whoever dies in between leaves it to the next look of the others.
   */
  committed(): void;
  close(): Promise<void>;
}

/** Where the data is: a PostgreSQL URL, or else a folder for the embedded database. */
export interface DatabaseOptions {
  databaseUrl?: string;
  dataDir?: string;
  log: DatabaseLog;
  /** Connections of the pool on PostgreSQL (16); the embedded database always has one. */
  poolSize?: number;
  /** False leaves the schema as it is. */
  migrate?: boolean;
  /** Name of the last migration to apply (the newest): a backup is loaded into the schema it came from. */
  migrateTo?: string;
  migrationsDir?: string;
  /** Told before each step that takes seconds. */
  onProgress?: (step: string) => void;
  /** Accepts a server that may lose data (fsync off): for test clusters only. */
  allowUnsafe?: boolean;
}
