/** Why the database could not answer: each is a passing condition, so the caller may try again. */
export type UnavailableReason = 'deadline' | 'connection' | 'busy' | 'starting' | 'resources';

/** The database cannot answer now (lost connection, full pool, deadline, restart): HTTP answers 503 with Retry-After. */
export class DatabaseUnavailable extends Error {
  override readonly name = 'DatabaseUnavailable';
  readonly reason: UnavailableReason;
  /** Seconds after which a retry makes sense; the embedded database takes about this long to reopen. */
  readonly retryAfterSeconds: number;

  constructor(reason: UnavailableReason, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.reason = reason;
    this.retryAfterSeconds = reason === 'busy' ? 1 : 3;
  }
}

/** Another process has this data folder open; two at once destroy it, so main.ts exits with code 3. */
export class FolderInUse extends Error {
  override readonly name = 'FolderInUse';
  readonly dataDir: string;

  constructor(dataDir: string, detail = '') {
    super(
      `Another Warmpath process is using the data folder ${dataDir}${detail}. ` +
        'Stop it first, or choose another folder: two processes on one folder destroy its data.',
    );
    this.dataDir = dataDir;
  }
}

/** The server at DATABASE_URL, or the data folder, is not one this version can safely keep data in. */
export class DatabaseUnfit extends Error {
  override readonly name = 'DatabaseUnfit';
}

/** What a violated constraint is called: `code` is the SQLSTATE (23505 unique, 23514 check, 23503 foreign key, 23502 not null, 23P01 exclusion). */
export interface Violation {
  code: string;
  /** Constraint name; for not null, which has none before PostgreSQL 18, `table.column`. */
  constraint: string;
}

const BY_SQLSTATE: Readonly<Record<string, UnavailableReason>> = {
  '57014': 'deadline', // statement_timeout
  '55P03': 'busy', // lock_timeout
  '53300': 'busy', // too many connections
  '57P01': 'connection', // shut down by the administrator
  '57P02': 'connection',
  '57P03': 'starting',
  '57P04': 'connection',
  '57P05': 'connection',
  '25P03': 'connection', // idle in transaction for too long: the server has closed the session
  '53000': 'resources',
  '53100': 'resources', // disk full
  '53200': 'resources',
};

const BY_SYSTEM_CODE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT', // a unix socket that is not there (yet)
]);

/** pg and tarn give these no code. */
const BY_MESSAGE =
  /Connection terminated|not queryable|timeout expired|Timeout acquiring a connection|Unable to acquire a connection|^aborted$/;

/**
 * Turns what pg, knex or tarn throw into DatabaseUnavailable where a retry may help; anything else comes back as it was,
 * without the values of the row, which must not reach a log.
 */
export function asDatabaseError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof DatabaseUnavailable) return error;
  const code = codeOf(error);
  const reason = BY_SQLSTATE[code ?? ''] ?? (code?.startsWith('08') === true ? 'connection' : undefined);
  if (reason !== undefined) return new DatabaseUnavailable(reason, `database unavailable: ${error.message}`, error);
  if ((code !== undefined && BY_SYSTEM_CODE.has(code)) || BY_MESSAGE.test(error.message)) {
    const busy = error.name === 'KnexTimeoutError' || error.message.includes('Timeout acquiring');
    return new DatabaseUnavailable(busy ? 'busy' : 'connection', `database unavailable: ${error.message}`, error);
  }
  return withoutValues(error, code);
}

/** The SQLSTATE or system code of an error, if it has one. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Which constraint a write violated, so that HTTP can answer a problem instead of a 500; undefined for any other error. */
export function constraintOf(error: unknown): Violation | undefined {
  const code = codeOf(error);
  if (code?.startsWith('23') !== true) return undefined;
  const fields = error as { constraint?: string; table?: string; column?: string };
  // PostgreSQL 18 (embedded) names not-null constraints and 15 does not: the column is what both know.
  if (code === '23502') return { code, constraint: `${fields.table ?? ''}.${fields.column ?? ''}` };
  return { code, constraint: fields.constraint ?? '' };
}

/** True for errors after which the same transaction may succeed when run again. */
export function isRetriable(error: unknown): boolean {
  const code = codeOf(error);
  return code === '40001' || code === '40P01';
}

function withoutValues(error: Error, code: string | undefined): Error {
  if (code === undefined || !/^[0-9A-Z]{5}$/.test(code)) return error;
  const fields = error as Error & { detail?: string; where?: string };
  // "Failing row contains (...)", "Key (phone)=(...)", "unnamed portal parameter $1 = ..."
  delete fields.detail;
  delete fields.where;
  // 'invalid input syntax for type uuid: "..."'
  if (code.startsWith('22')) error.message = error.message.replace(/(: |value )".*"/s, '$1"…"');
  return error;
}
