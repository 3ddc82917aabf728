/** The demo's service on a database of its own, and its programs as processes. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { createApp, followKeyOf } from '../../server/app.ts';
import { readConfig } from '../../server/config.ts';
import { openDatabase } from '../../server/db/open.ts';
import type { Service } from '../../server/realtime/command.ts';
import { quiet, testDatabase } from '../kit/database.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface EmptyService {
  origin: string;
  service: Service;
  stop(): Promise<void>;
}

/** The service as it starts on an empty database. */
export async function startEmpty(
  prepare: (service: Service) => Promise<unknown>,
  now: () => Date = () => new Date(),
  heard: (fields: object, message: string) => void = () => undefined,
  env: Record<string, string> = {},
): Promise<EmptyService> {
  const stored = await testDatabase();
  const database = await openDatabase({ ...stored.options, log: quiet });
  const log = { ...quiet, debug: () => undefined, error: heard };
  const service: Service = { database, now, log, followKey: await followKeyOf(database) };
  await prepare(service);
  const running = await createApp({
    database,
    config: readConfig(env),
    log,
    now,
    webDir: `${root}dist/web`,
  });
  await new Promise<void>((resolve) => running.http.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${String((running.http.address() as AddressInfo).port)}`,
    service,
    async stop() {
      await running.drain();
      await database.close();
      await stored.drop();
    },
  };
}

export interface Program {
  process: ChildProcess;
  /** what it has printed so far */
  said(): string;
  /** resolves with the match as soon as it has printed it; rejects with all it said when it ends before */
  until(pattern: RegExp): Promise<RegExpExecArray>;
  /** its exit code */
  ended: Promise<number | null>;
}

/** Runs `start` or `demo` as an operator does, in its own process. */
export function run(args: string[], env: NodeJS.ProcessEnv = {}): Program {
  const child = spawn(process.execPath, ['server/run.mjs', ...args], {
    cwd: root,
    env: { ...process.env, DATABASE_URL: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const looks = new Set<() => void>();
  const take = (data: Buffer): void => {
    text += data.toString();
    for (const look of [...looks]) look();
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    process: child,
    said: () => text,
    ended,
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = pattern.exec(text);
          if (!found) return;
          looks.delete(look);
          resolve(found);
        };
        looks.add(look);
        look();
        void ended.then(() => {
          reject(new Error(`it ended without ${String(pattern)}:\n${text}`));
        });
      }),
  };
}
