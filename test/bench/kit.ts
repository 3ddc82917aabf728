/** Runs ours and a raw baseline by turns and prints their ratio; both meet the same machine at the same time. */
import { fork, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import pg from 'pg';

/** What one run gave: a rate (more is better) or a time (less is better). */
export type Measure = () => Promise<number>;
export interface Line {
  name: string;
  ours: Measure;
  baseline: Measure;
  /** how the ratio ours/baseline should be, in words */
  goal: string;
  unit: string;
  pairs?: number;
}

const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);
export const median = (values: readonly number[]): number => sorted(values)[Math.floor(values.length / 2)] ?? NaN;
export const percentile = (values: readonly number[], share: number): number =>
  sorted(values)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? NaN;
const short = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(2));
const spread = (values: readonly number[]): string => `${short(Math.min(...values))}-${short(Math.max(...values))}`;

export function describeMachine(): void {
  const [cpu] = os.cpus();
  console.log(
    `machine: ${String(os.cpus().length)} x ${cpu?.model ?? 'unknown'}, ${String(Math.round(os.totalmem() / 2 ** 30))} GiB, Node ${process.version}, ${os.type()} ${os.release()}`,
  );
  console.log('name | ours (median, spread) | baseline (median, spread) | ratio (median of pairs) | goal');
}

/** Warm-up, then pairs by turns; one line is printed. */
export async function measure({ name, ours, baseline, goal, unit, pairs = 3 }: Line): Promise<void> {
  await baseline();
  await ours();
  const [a, b, ratios]: [number[], number[], number[]] = [[], [], []];
  for (let pair = 0; pair < pairs; pair += 1) {
    const raw = await baseline();
    const own = await ours();
    a.push(own);
    b.push(raw);
    ratios.push(own / raw);
  }
  console.log(
    `${name} | ${short(median(a))} ${unit} (${spread(a)}) | ${short(median(b))} ${unit} (${spread(b)}) | ${median(ratios).toFixed(2)} (${spread(ratios)}) | ${goal}`,
  );
}

/** A fresh database of the cluster at `url`; `drop` takes it away. */
export async function benchDatabase(url: string): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `warmpath_bench_${randomBytes(4).toString('hex')}`;
  const admin = async (sql: string): Promise<void> => {
    const client = new pg.Client(url);
    await client.connect();
    await client.query(sql);
    await client.end();
  };
  await admin(`create database ${name}`);
  const own = new URL(url);
  own.pathname = `/${name}`;
  return { url: own.toString(), drop: () => admin(`drop database if exists ${name} with (force)`) };
}

/** A process of its own that says `{url, ...}` when it is ready and answers messages. */
export interface Child<T> {
  ready: T;
  ask<R>(message: object): Promise<R>;
  /** the next thing it says by itself */
  next<R>(): Promise<R>;
  stop(): Promise<void>;
}
export function child<T>(file: string, env: Record<string, string>): Promise<Child<T>> {
  const process_: ChildProcess = fork(fileURLToPath(new URL(file, import.meta.url)), {
    execArgv: ['--import', 'tsx'],
    env: { ...process.env, ...env },
  });
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      process_.once('exit', () => {
        resolve();
      });
      process_.kill('SIGTERM');
    });
  const next = <R>(): Promise<R> =>
    new Promise((resolve, reject) => {
      const ended = (code: number | null): void => {
        reject(new Error(`${file} ended with ${String(code)}`));
      };
      process_.once('exit', ended);
      process_.once('message', (message) => {
        process_.off('exit', ended);
        resolve(message as R);
      });
    });
  return next<T>().then((ready) => ({
    ready,
    ask: <R>(message: object) => {
      const answer = next<R>();
      process_.send(message);
      return answer;
    },
    next,
    stop,
  }));
}
