import { existsSync } from 'node:fs';
import path from 'node:path';
import { Duplex } from 'node:stream';
import { Worker } from 'node:worker_threads';
import { DatabaseUnavailable } from './errors.ts';
import type { DatabaseLog } from './database.ts';
import { workerFile } from './place.ts';

/** The embedded database in its thread: `start` it before the pool, and give the pool `connect`. */
export interface Engine {
  /** A socket-like stream that speaks PostgreSQL's protocol with the thread. */
  connect(): Duplex;
  /** Terminates the thread whatever it does, fails the call in flight, and opens the folder again. */
  restart(reason: string): void;
  /** Writes everything out and ends the thread. */
  close(): Promise<void>;
}

interface Answer {
  ready?: true;
  closed?: true;
  broken?: true;
  id?: number;
  bytes?: Uint8Array<ArrayBuffer>;
}

const OPEN_MS = 120_000;
const CLOSE_MS = 15_000;

/** Opens `dataDir` (PGlite makes a new database there if it is empty); the caller holds the folder's lock. */
export async function startEngine(dataDir: string, log: DatabaseLog): Promise<Engine> {
  let worker: Worker | undefined;
  let attached: EngineStream | undefined;
  let closing = false;
  let opened = false;
  let opening: Promise<Worker> | undefined;
  let ending: Promise<unknown> = Promise.resolve();

  const open = (): Promise<Worker> => {
    opening ??= ending
      .then(() => {
        // PGlite would make a new, empty database where the files of this one have gone.
        if (opened && !existsSync(path.join(dataDir, 'PG_VERSION'))) throw new Error(`${dataDir} is gone`);
        return openWorker(dataDir, onAnswer, onLost);
      })
      .then((fresh) => {
        opened = true;
        worker = fresh;
        return fresh;
      })
      .catch((error: unknown) => {
        opening = undefined;
        throw error;
      });
    return opening;
  };

  const onAnswer = (from: Worker, answer: Answer) => {
    if (from !== worker) return;
    if (answer.bytes !== undefined) attached?.answer(answer.id, Buffer.from(answer.bytes.buffer));
    if (answer.broken === true) {
      drop(
        Object.assign(
          new Error(
            'the embedded database gave up a statement without an answer (most often: PostGIS on invalid geometry)',
          ),
          { code: 'XX000' },
        ),
      );
      reopen('a statement ended without an answer');
    }
  };

  const onLost = (from: Worker, error: Error) => {
    if (from !== worker || closing) return;
    drop(new DatabaseUnavailable('connection', 'the embedded database stopped', error));
    reopen(error.message);
  };

  const drop = (error: Error) => {
    const stream = attached;
    attached = undefined;
    stream?.destroy(error);
  };

  const reopen = (reason: string) => {
    const old = worker;
    worker = undefined;
    opening = undefined;
    if (old === undefined) return;
    log.warn(`reopening the embedded database: ${reason}`);
    // Two threads on one folder would destroy it: the new one waits until the old one is gone.
    ending = old.terminate();
    const started = Date.now();
    open().then(
      () => log.info(`embedded database open again after ${String(Date.now() - started)} ms`),
      (error: unknown) => log.error(`the embedded database did not reopen, will try again: ${String(error)}`),
    );
  };

  await open();

  return {
    connect: () =>
      new EngineStream(async (stream) => {
        if (closing) throw new DatabaseUnavailable('connection', 'the embedded database is closed');
        const thread = await open().catch((error: unknown) => {
          throw new DatabaseUnavailable('starting', `the embedded database is not open: ${String(error)}`, error);
        });
        if (attached !== undefined && attached !== stream) drop(new DatabaseUnavailable('connection', 'replaced'));
        attached = stream;
        return (id, bytes) => thread.postMessage({ id, bytes });
      }),
    restart(reason) {
      if (closing) return;
      drop(new DatabaseUnavailable('deadline', `the embedded database was restarted: ${reason}`));
      reopen(reason);
    },
    async close() {
      closing = true;
      const last = await (opening ?? Promise.resolve(undefined)).catch(() => undefined);
      attached = undefined;
      if (last !== undefined) await closeWorker(last, log);
      await ending;
    },
  };
}

function openWorker(
  dataDir: string,
  onAnswer: (from: Worker, answer: Answer) => void,
  onLost: (from: Worker, error: Error) => void,
): Promise<Worker> {
  return new Promise((resolve, reject) => {
    // No execArgv: the loaders of the main thread (tsx, vitest) have nothing to do in a plain .mjs file. No env: the
    // thread needs none of the operator's secrets.
    const worker = new Worker(workerFile, { workerData: { dataDir }, execArgv: [], env: {} });
    const timer = setTimeout(() => fail(new Error(`not open after ${String(OPEN_MS)} ms`)), OPEN_MS);
    const fail = (error: Error) => {
      clearTimeout(timer);
      void worker.terminate().finally(() => reject(error));
      onLost(worker, error);
    };
    worker.on('message', (answer: Answer) => {
      if (answer.ready !== true) return onAnswer(worker, answer);
      clearTimeout(timer);
      resolve(worker);
    });
    worker.on('error', (error) => fail(error instanceof Error ? error : new Error(String(error))));
    worker.on('exit', (code) => fail(new Error(`its thread ended with code ${String(code)}`)));
  });
}

async function closeWorker(worker: Worker, log: DatabaseLog): Promise<void> {
  const closed = await new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), CLOSE_MS);
    const end = (well: boolean) => {
      clearTimeout(timer);
      resolve(well);
    };
    worker.on('message', (answer: Answer) => {
      if (answer.closed === true) end(true);
    });
    worker.on('exit', () => end(false));
    worker.postMessage({ close: true });
  });
  if (!closed) log.warn('the embedded database did not close in time; it recovers at the next start');
  await worker.terminate();
}

const SYNC = 'S'.charCodeAt(0);
const SIMPLE_QUERY = 'Q'.charCodeAt(0);
const TERMINATE = 'X'.charCodeAt(0);

type Send = (id: number, bytes: Uint8Array) => void;

/** What pg takes for a socket; gathers messages up to the one that asks for an answer, and sends them as one batch. */
class EngineStream extends Duplex {
  private readonly attach: (stream: EngineStream) => Promise<Send>;
  private send: Send | undefined;
  private gathered: Buffer[] = [];
  private started = false;
  private lastId = 0;

  constructor(attach: (stream: EngineStream) => Promise<Send>) {
    super();
    this.attach = attach;
  }

  connect(): this {
    this.attach(this).then(
      (send) => {
        this.send = send;
        this.emit('connect');
      },
      (error: unknown) => this.destroy(error instanceof Error ? error : new Error(String(error))),
    );
    return this;
  }

  answer(id: number | undefined, bytes: Buffer): void {
    if (id === this.lastId && !this.destroyed) this.push(bytes);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const type = chunk[0];
    if (type !== TERMINATE) this.gathered.push(chunk);
    if (!this.started || type === SYNC || type === SIMPLE_QUERY) {
      this.started = true;
      const batch = Buffer.concat(this.gathered);
      this.gathered = [];
      this.lastId += 1;
      this.send?.(this.lastId, new Uint8Array(batch));
    }
    done();
  }

  override _read(): void {
    // answers are pushed as they come
  }

  override _final(done: () => void): void {
    this.push(null);
    done();
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}
