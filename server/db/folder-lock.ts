import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, realpath, rm } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { FolderInUse } from './errors.ts';

/** Says that this process, and no other, may use the folder. */
export interface FolderLock {
  release(): Promise<void>;
}

/*
 * Each process listens on a socket of its own in the folder first and asks all others second; so of two, the later one to
 * listen always finds the earlier, and nobody ever has to delete and remake one shared name (which two could do at once).
 * A socket answers 'h' when its process holds the folder and 'c' while it is still asking. Of two that still ask, the
 * lower name wins. A killed process leaves a file that refuses connections, so nothing has to expire.
 */
const HOLDER = 'h';
const CANDIDATE = 'c';
type State = typeof HOLDER | typeof CANDIDATE | 'gone';

/** A unix socket's path may have 107 bytes on Linux and 103 on macOS. */
const LONGEST_PATH = 100;
const ANSWER_MS = 2_000;

/** Takes the folder for this process, or throws FolderInUse; `name` tells several locks in one folder apart. */
export async function lockFolder(folder: string, name = 'lock'): Promise<FolderLock> {
  await mkdir(folder, { recursive: true });
  const place = await socketPlace(await realpath(folder), name);
  const mine = `${place.prefix}${randomBytes(6).toString('hex')}.sock`;
  let state: State = CANDIDATE;
  const server = net.createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end(state);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path.join(place.folder, mine), resolve);
  });
  server.unref();
  const release = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
    });

  try {
    for (const other of await others(place, mine)) await outlast(folder, path.join(place.folder, other), mine < other);
  } catch (error) {
    await release();
    throw error;
  }
  state = HOLDER;
  return { release };
}

async function outlast(folder: string, socketPath: string, iWin: boolean): Promise<void> {
  for (;;) {
    const state = await ask(socketPath);
    if (state === 'gone') return rm(socketPath, { force: true });
    if (state === HOLDER || !iWin) throw new FolderInUse(folder);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function ask(socketPath: string): Promise<State> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = net.connect(socketPath);
    // Stopped, busy, or another user's: it is there, and that is enough.
    const timer = setTimeout(() => end(HOLDER), ANSWER_MS);
    const end = (state: State) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(state);
    };
    socket.on('data', (data) => (answer += data.toString()));
    socket.on('end', () => end(answer === CANDIDATE ? CANDIDATE : answer === HOLDER ? HOLDER : 'gone'));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const dead = error.code === 'ECONNREFUSED' || error.code === 'ENOENT' || error.code === 'ECONNRESET';
      end(dead ? 'gone' : HOLDER);
    });
  });
}

interface Place {
  folder: string;
  prefix: string;
}

async function socketPlace(folder: string, name: string): Promise<Place> {
  const prefix = `${name}-`;
  if (Buffer.byteLength(folder) + prefix.length + 20 <= LONGEST_PATH) return { folder, prefix };
  const hash = createHash('sha256').update(folder).digest('hex').slice(0, 24);
  const short = path.join(os.tmpdir(), `warmpath-${hash}`);
  await mkdir(short, { recursive: true, mode: 0o700 });
  return { folder: short, prefix };
}

async function others(place: Place, mine: string): Promise<string[]> {
  const names = await readdir(place.folder);
  return names.filter((name) => name.startsWith(place.prefix) && name.endsWith('.sock') && name !== mine);
}
