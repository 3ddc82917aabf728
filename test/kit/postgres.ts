// A throw-away PostgreSQL for the tests: its own folder, port and password, fsync on as in production, gone afterwards.
//   tsx test/kit/postgres.ts start     prints TEST_DATABASE_URL and the folder, one a line
//   tsx test/kit/postgres.ts stop DIR
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { appendFile, chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A running throw-away cluster; `url` connects as a superuser (PostGIS can be created by no one less). */
export interface Cluster {
  url: string;
  dir: string;
  stop: () => Promise<void>;
}

/** The `bin` folder of the newest PostgreSQL that has PostGIS, or the reason (in words) why there is none. */
export function findPostgres(): { bin: string } | { missing: string } {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root)
    ? readdirSync(root)
        .filter((version) => Number(version) >= 15 && existsSync(join(root, version, 'bin/postgres')))
        .sort((a, b) => Number(b) - Number(a))
    : [];
  if (versions.length === 0) return { missing: `no PostgreSQL 15 or newer under ${root}` };
  const version = versions.find((each) => existsSync(`/usr/share/postgresql/${each}/extension/postgis.control`));
  if (version === undefined) return { missing: `PostgreSQL ${versions.join(', ')} has no PostGIS extension` };
  return { bin: join(root, version, 'bin') };
}

/** PostgreSQL refuses to run as root, so root hands it to the user that Debian's package made. */
async function owner(): Promise<{ uid?: number; gid?: number }> {
  if (process.getuid?.() !== 0) return {};
  const id = async (flag: string): Promise<number> => Number((await run('id', [flag, 'postgres'])).stdout);
  return { uid: await id('-u'), gid: await id('-g') };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise<void>((done) => server.close(() => done()));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

/** Starts a cluster in a temporary folder, with an empty database `warmpath_test`. Takes about 2 s. */
export async function startPostgres(bin: string): Promise<Cluster> {
  const dir = await mkdtemp(join(tmpdir(), 'warmpath-postgres-'));
  const who = await owner();
  const options = { ...who, cwd: dir, env: { PATH: process.env['PATH'], HOME: dir, LC_ALL: 'C.UTF-8' } };
  try {
    const password = randomBytes(12).toString('hex');
    await writeFile(join(dir, 'password'), password, { mode: 0o600 });
    if (who.uid !== undefined && who.gid !== undefined) {
      await chown(dir, who.uid, who.gid);
      await chown(join(dir, 'password'), who.uid, who.gid);
    }
    const data = join(dir, 'data');
    const account = ['--username=postgres', '--auth=scram-sha-256', `--pwfile=${join(dir, 'password')}`];
    await run(
      join(bin, 'initdb'),
      ['-D', data, '--encoding=UTF8', '--locale=C.UTF-8', '--no-sync', ...account],
      options,
    );
    const port = await freePort();
    const settings = [
      "listen_addresses = '127.0.0.1'",
      `port = ${port}`,
      `unix_socket_directories = '${dir}'`,
      'max_connections = 300',
      'shared_buffers = 256MB',
      // as in production: the tests must wait where the service waits
      'fsync = on',
      'synchronous_commit = on',
      'full_page_writes = on',
    ];
    await appendFile(join(data, 'postgresql.conf'), `${settings.join('\n')}\n`);
    await writeFile(join(dir, 'bin'), bin);
    await run(join(bin, 'pg_ctl'), ['-D', data, '-l', join(dir, 'log'), '-w', '-t', '60', 'start'], options);
    const url = `postgres://postgres:${password}@127.0.0.1:${port}/warmpath_test`;
    const target = ['--host=127.0.0.1', `--port=${port}`, '--username=postgres', 'warmpath_test'];
    await run(join(bin, 'createdb'), target, { ...options, env: { ...options.env, PGPASSWORD: password } });
    return { url, dir, stop: () => stopPostgres(dir) };
  } catch (error) {
    const log = await readFile(join(dir, 'log'), 'utf8').catch(() => '');
    await stopPostgres(dir);
    throw new Error(`PostgreSQL did not start: ${String(error)}\n${log}`, { cause: error });
  }
}

/** Stops the cluster that lives in `dir` (at once: its data is rubbish from now on) and deletes the folder. */
export async function stopPostgres(dir: string): Promise<void> {
  if (!basename(dir).startsWith('warmpath-postgres-')) throw new Error(`not a throw-away cluster: ${dir}`);
  if (!existsSync(dir)) return;
  const bin = await readFile(join(dir, 'bin'), 'utf8').catch(() => '');
  if (bin !== '') {
    const args = ['-D', join(dir, 'data'), '-m', 'immediate', '-w', 'stop'];
    // not running is as good as stopped
    await run(join(bin, 'pg_ctl'), args, { ...(await owner()), cwd: dir }).catch(() => undefined);
  }
  await rm(dir, { recursive: true, force: true });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [command, dir] = process.argv.slice(2);
  if (command === 'start') {
    const found = findPostgres();
    if ('missing' in found) throw new Error(found.missing);
    const cluster = await startPostgres(found.bin);
    console.log(`${cluster.url}\n${cluster.dir}`);
  } else if (command === 'stop' && dir !== undefined) await stopPostgres(dir);
  else throw new Error('usage: tsx test/kit/postgres.ts start | stop DIR');
}
