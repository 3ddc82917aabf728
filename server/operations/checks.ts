/** What doctor looks at on the machine and in the configuration. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Config } from '../config.ts';
import type { Database } from '../db/open.ts';
import { ENDING } from './backup.ts';

/** `unknown`: it could not be found out, which is no fault by itself. */
export type State = 'ok' | 'warning' | 'wrong' | 'unknown';

/** What a check found; `words` is its key in the catalogue, and says what to do when it is not ok. */
export interface Finding {
  state: State;
  words: string;
  values: Record<string, string | number>;
}

/** What all checks may look at, read once. */
export interface Patient {
  config: Config;
  /** null when it is not to be had: `trouble` says why, or the running service has the folder */
  database: Database | null;
  trouble: string | null;
  /** what the service on our own port says of itself: null when none listens, 'other' when it is not ours */
  service: { version: string } | 'busy' | 'other' | null;
  routerUrl: string | null;
  /** folder of backups to judge */
  backups: string | null;
  nodeVersion: string;
  /** files that hold secrets, judged by who may read them */
  secretFiles: readonly string[];
  now: () => Date;
  /** the machine's own word on its clock: 'yes', 'no', or nothing when nobody knows */
  synchronised: () => Promise<string>;
}

/** One row of the table; a check that does not apply answers null, and one that throws is unknown. */
export interface Check {
  name: string;
  run: (patient: Patient) => Promise<Finding | null> | Finding | null;
}

export const found = (state: State, words: string, values: Finding['values'] = {}): Finding => ({
  state,
  words,
  values,
});
export const ok = (words: string, values?: Finding['values']): Finding => found('ok', words, values);
export const warning = (words: string, values?: Finding['values']): Finding => found('warning', words, values);
export const wrong = (words: string, values?: Finding['values']): Finding => found('wrong', words, values);

const REACH_MS = 5_000;
const HOUR_MS = 3_600_000;
/** A nightly backup that is late by more than this was missed. */
const BACKUP_HOURS = 26;
const LOW_DISK = 2e9;
const FULL_DISK = 5e8;
const WELL_KNOWN = ['', 'postgres', 'warmpath', 'password', 'secret', 'admin', 'test', 'changeme', 'example'];
const SHORT_PASSWORD = 12;
/** What a browser keeps for half a year is what preload lists ask for at least (RFC 6797 leaves it open). */
const HSTS_SECONDS = 15_768_000;

/** From systemd; on a machine or in a container without it nothing. */
export async function synchronisedByTimedatectl(): Promise<string> {
  const { stdout } = await promisify(execFile)('timedatectl', ['show', '--property=NTPSynchronized', '--value']);
  return stdout.trim();
}

const reach = (url: string): Promise<Response> =>
  fetch(url, { signal: AbortSignal.timeout(REACH_MS), redirect: 'manual' });
const reasonOf = (error: unknown): string => {
  const { message, cause } = error as Error;
  return cause instanceof Error ? cause.message || ((cause as NodeJS.ErrnoException).code ?? message) : message;
};
const gigabytes = (bytes: number): string => (bytes / 1e9).toFixed(1);

async function checkOrigin({ config: { publicOrigin, version } }: Patient): Promise<Finding> {
  if (publicOrigin === null) return warning('doctor.origin.missing');
  if (!publicOrigin.startsWith('https:')) return wrong('doctor.origin.plain', { origin: publicOrigin });
  let response: Response;
  try {
    response = await reach(`${publicOrigin}/api/health`);
  } catch (error) {
    return wrong('doctor.origin.unreachable', { origin: publicOrigin, reason: reasonOf(error) });
  }
  const health = (await response.json().catch(() => null)) as { version?: unknown } | null;
  if (response.status !== 200 || typeof health?.version !== 'string')
    return wrong('doctor.origin.other', { origin: publicOrigin, status: response.status });
  if (health.version !== version)
    return warning('doctor.origin.version', { origin: publicOrigin, theirs: health.version, ours: version });
  const seconds = Number(/max-age=(\d+)/.exec(response.headers.get('strict-transport-security') ?? '')?.[1] ?? 0);
  if (seconds < HSTS_SECONDS) return wrong('doctor.origin.hsts', { origin: publicOrigin });
  return ok('doctor.origin.ok', { origin: publicOrigin, version });
}

async function checkTiles({ config: { tiles } }: Patient): Promise<Finding> {
  if (tiles === null) return ok('doctor.tiles.none');
  // the header of the file was judged when the configuration was read
  if (tiles.kind === 'pmtiles') return ok('doctor.tiles.file', { file: tiles.file });
  const [origin = ''] = tiles.origins;
  const url = tiles.url
    .replace('{s}', 'a')
    .replace('{r}', '')
    .replace(/\{z\}|\{x\}|\{-?y\}/g, '0');
  try {
    const { status } = await reach(url);
    return status < 400 ? ok('doctor.tiles.ok', { origin }) : wrong('doctor.tiles.refused', { origin, status });
  } catch (error) {
    return wrong('doctor.tiles.unreachable', { origin, reason: reasonOf(error) });
  }
}

async function checkBackups({ backups, now }: Patient): Promise<Finding | null> {
  if (backups === null) return null;
  const names = (await readdir(backups)).filter((name) => name.includes(ENDING) && !name.endsWith('.part'));
  const times = await Promise.all(names.map(async (name) => (await stat(join(backups, name))).mtimeMs));
  if (times.length === 0) return wrong('doctor.backups.none', { folder: backups });
  const hours = Math.max(0, Math.floor((now().getTime() - Math.max(...times)) / HOUR_MS));
  return hours > BACKUP_HOURS ? wrong('doctor.backups.old', { hours }) : ok('doctor.backups.ok', { hours });
}

async function checkFiles({ secretFiles }: Patient): Promise<Finding> {
  for (const file of secretFiles) {
    const there = await stat(file).catch(() => null);
    if (there && (there.mode & 0o007) !== 0) return wrong('doctor.files.open', { file });
  }
  return ok('doctor.files.ok');
}

function checkPassword({ config: { databaseUrl } }: Patient): Finding | null {
  if (databaseUrl === null) return null;
  const { username, password } = new URL(databaseUrl);
  // a certificate, a socket or .pgpass: nothing here to be guessed
  if (password === '') return found('unknown', 'doctor.password.elsewhere');
  const plain = decodeURIComponent(password);
  if (WELL_KNOWN.includes(plain.toLowerCase()) || plain === username) return wrong('doctor.password.known');
  return plain.length < SHORT_PASSWORD
    ? warning('doctor.password.short', { least: SHORT_PASSWORD })
    : ok('doctor.password.ok');
}

async function checkDisk({ config: { dataDir } }: Patient): Promise<Finding> {
  const { bavail, bsize } = await statfs(existsSync(dataDir) ? dataDir : '.');
  const values = { free: gigabytes(bavail * bsize), folder: dataDir };
  if (bavail * bsize < FULL_DISK) return wrong('doctor.disk.full', values);
  return bavail * bsize < LOW_DISK ? warning('doctor.disk.low', values) : ok('doctor.disk.ok', values);
}

/** The machine and the configuration. */
export const machineChecks: readonly Check[] = [
  {
    name: 'node',
    run: ({ nodeVersion }) => {
      const [major = 0, minor = 0] = nodeVersion.split('.').map(Number);
      if (major < 20 || (major === 20 && minor < 19)) return wrong('doctor.node.old', { version: nodeVersion });
      // https://nodejs.org/en/about/previous-releases: 20 has had no security updates since April 2026
      return major < 22
        ? warning('doctor.node.ended', { version: nodeVersion })
        : ok('doctor.node.ok', { version: nodeVersion });
    },
  },
  {
    name: 'service',
    run: ({ service, config: { port, version } }) => {
      if (service === null) return ok('doctor.service.free', { port });
      if (service === 'other') return wrong('doctor.service.other', { port });
      if (service === 'busy') return wrong('doctor.service.busy', { port });
      return service.version === version
        ? ok('doctor.service.ok', { port, version })
        : warning('doctor.service.version', { theirs: service.version, ours: version });
    },
  },
  { name: 'origin', run: checkOrigin },
  {
    name: 'proxy',
    run: ({ config: { publicOrigin, trustProxy } }) => {
      if (publicOrigin?.startsWith('https:') !== true) return null;
      return trustProxy === null ? wrong('doctor.proxy.missing') : ok('doctor.proxy.ok');
    },
  },
  { name: 'password', run: checkPassword },
  { name: 'files', run: checkFiles },
  { name: 'disk', run: checkDisk },
  {
    name: 'time',
    run: async ({ synchronised }) => {
      const said = await synchronised().catch(() => '');
      if (said === 'yes') return ok('doctor.time.ok');
      return said === 'no' ? wrong('doctor.time.off') : found('unknown', 'doctor.time.unknown');
    },
  },
  { name: 'tiles', run: checkTiles },
  {
    name: 'router',
    run: async ({ routerUrl }) => {
      if (routerUrl === null) return ok('doctor.router.none');
      try {
        const { status } = await reach(routerUrl);
        return status < 500 ? ok('doctor.router.ok') : wrong('doctor.router.failing', { status });
      } catch (error) {
        return wrong('doctor.router.unreachable', { reason: reasonOf(error) });
      }
    },
  },
  {
    name: 'demo',
    run: ({ config: { databaseUrl, dataDir } }) =>
      databaseUrl === null && existsSync(join(dataDir, 'demo.json'))
        ? wrong('doctor.demo.used', { folder: dataDir })
        : null,
  },
  { name: 'backups', run: checkBackups },
];
