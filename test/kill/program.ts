/** The real program in a process of its own, to be killed like one. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../../server/run.mjs', import.meta.url));

/** Ends of those still running, for a test that failed half way. */
const endings = new Set<() => Promise<void>>();
export async function endAll(): Promise<void> {
  await Promise.all([...endings].map((end) => end()));
}

export interface Program {
  url: string;
  /** path of the set-up link, when the database is empty */
  setup: string | null;
  /** kill -9 */
  kill(): Promise<void>;
  /** SIGTERM; answers the exit code */
  stop(): Promise<number | null>;
}
export interface Ended {
  code: number | null;
  errors: string;
}

/** Starts it on the database that `env` names; answers when it listens, or how it ended without. */
export async function startProgram(env: Record<string, string>): Promise<Program | Ended> {
  const { TEST_DATABASE_URL: _mine, DATABASE_URL: _other, ...inherited } = process.env;
  const child = spawn(process.execPath, [script, 'start', '--port', '0', '--no-limits'], {
    env: { ...inherited, ...env, HOST: '127.0.0.1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  let errors = '';
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  endings.add(kill);
  void ended.then(() => endings.delete(kill));
  child.stderr.on('data', (data: Buffer) => {
    errors += data.toString();
  });
  const ready = new Promise<boolean>((resolve) => {
    child.stdout.on('data', (data: Buffer) => {
      said += data.toString();
      // the last line it says: that it must be set up, or who it is when that is done
      if (/is ready: \S+\n/.test(said)) resolve(true);
    });
    void ended.then(() => resolve(false));
  });
  if (!(await ready)) return { code: await ended, errors };
  const url = (/is ready: (\S+)/.exec(said)?.[1] ?? '').replace('localhost', '127.0.0.1');
  const findSetup = (): string | null => /(\/setup\/\S+)/.exec(said)?.[1] ?? null;
  return {
    url,
    get setup() {
      return findSetup();
    },
    kill,
    async stop() {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

export const isRunning = (started: Program | Ended): started is Program => 'url' in started;
export async function mustStart(env: Record<string, string>): Promise<Program> {
  const started = await startProgram(env);
  if (!isRunning(started)) throw new Error(`it did not start (${String(started.code)}):\n${started.errors}`);
  return started;
}
