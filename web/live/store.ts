/** The live picture of one signed-in page: snapshot, then changes over the socket, with gaps closed over HTTP. */
import { io, type Socket } from 'socket.io-client';
import { type ShallowRef, shallowRef } from 'vue';
import type { Change, Changes, ServerEvents } from '../../shared/events.ts';
import { readChanges, readSnapshot } from '../../shared/live.ts';
import { applyHeard, applyTick, type Fix, type Heard, type PositionsTick } from '../../shared/positions.ts';
import { emptyState, fromSnapshot, type Snapshot, type State } from '../../shared/state.ts';
import type { SessionRow } from '../../shared/users.ts';
import { call, CallProblem, type SignedOut, whenSignedOut } from './call.ts';
import { wipeDevice } from './device.ts';
import { backOffMs, reconnecting, takeChanges } from './feed.ts';
import { forgetPictures, loadPicture, savePicture } from './kept.ts';

export type Connection = 'connecting' | 'live' | 'offline' | 'signed_out';
export interface Store {
  state: Readonly<ShallowRef<State>>;
  /** latest fix by patrol num */
  positions: Readonly<ShallowRef<ReadonlyMap<number, Fix>>>;
  /** when each patrol was last heard of, moving or not, by patrol num */
  heard: Readonly<ShallowRef<ReadonlyMap<number, Heard>>>;
  connection: Readonly<ShallowRef<Connection>>;
  /** epoch ms when the server was last heard, or null */
  lastHeard: Readonly<ShallowRef<number | null>>;
  /** true once there is a picture to show, fresh or kept */
  ready: Readonly<ShallowRef<boolean>>;
  /** Called for each change that happened while watching; not for the snapshot. Returns how to stop. */
  onChange: (listener: (change: Change) => void) => () => void;
  /** Fetches what is missing now, e.g. after a command while the socket is down. */
  catchUp: () => Promise<void>;
  /**
   * Leaves in memory only what `view` leaves of the picture, and nothing on the device, until it is lifted with null: then
   * the picture is fetched anew. Facts go on coming.
   */
  veil: (view: ((state: State) => State) | null) => void;
  /** Somebody has signed in again: goes on where the ended session left off. */
  resume: () => void;
  start: () => void;
  stop: () => void;
}
interface Options {
  session: SessionRow;
  /** what of the picture to keep on the device for a start without network (crews' phones) */
  keep?: (state: State) => State;
}

const SAVE_AFTER_MS = 2000;

export function createStore({ session, keep }: Options): Store {
  const state = shallowRef<State>(emptyState);
  const positions = shallowRef<ReadonlyMap<number, Fix>>(new Map());
  const patrolsHeard = shallowRef<ReadonlyMap<number, Heard>>(new Map());
  const connection = shallowRef<Connection>('connecting');
  const lastHeard = shallowRef<number | null>(null);
  const ready = shallowRef(false);
  const listeners = new Set<(change: Change) => void>();
  let socket: Socket<ServerEvents> | null = null;
  let running = false;
  let hasSnapshot = false;
  /** the highest seq a dropped message spoke of */
  let wanted = 0;
  let closing: Promise<void> | null = null;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;
  let saveTimer: ReturnType<typeof setTimeout> | undefined;
  let wake: (() => void) | null = null;
  let stopListening: (() => void) | null = null;
  let saving: Promise<void> = Promise.resolve();
  let veiled: ((state: State) => State) | null = null;

  const heard = (): void => {
    lastHeard.value = Date.now();
  };
  const move = (next: State): void => {
    state.value = veiled ? veiled(next) : next;
    if (!keep || veiled || saveTimer !== undefined) return;
    saveTimer = setTimeout(() => {
      saveTimer = undefined;
      if (!veiled) saving = savePicture(session.user.id, keep(state.value));
    }, SAVE_AFTER_MS);
  };
  const forget = (): void => {
    clearTimeout(saveTimer);
    saveTimer = undefined;
    // one that is being written must not come last
    if (keep) void saving.then(() => forgetPictures({ page: false }));
  };
  const tell = (news: readonly Change[]): void => {
    for (const change of news) for (const listener of [...listeners]) listener(change);
  };

  const takeSnapshot = async (): Promise<void> => {
    const snapshot = (await call(readSnapshot)) as unknown as Snapshot;
    if (!running) return;
    positions.value = veiled ? new Map() : applyTick(new Map(), snapshot.positions);
    patrolsHeard.value = veiled ? new Map() : applyHeard(new Map(), snapshot.positions);
    move(fromSnapshot(snapshot));
    hasSnapshot = true;
    ready.value = true;
    heard();
  };

  const fetchMissing = async (): Promise<void> => {
    try {
      const message = (await call(readChanges, { query: { since: String(state.value.seq) } })) as unknown as Changes;
      const step = takeChanges(state.value, message);
      if (step.kind === 'gap') await takeSnapshot();
      if (step.kind === 'moved') {
        move(step.state);
        tell(step.news);
      }
      heard();
    } catch (error) {
      if (error instanceof CallProblem && error.status === 410) await takeSnapshot();
      else throw error;
    }
  };

  /** One at a time; goes on until the seq of the newest dropped message is reached. */
  const closeGap = async (): Promise<void> => {
    for (let tries = 0; running && connection.value !== 'signed_out';) {
      const before = state.value.seq;
      try {
        await (hasSnapshot ? fetchMissing() : takeSnapshot());
        if (state.value.seq >= wanted) return;
        tries = state.value.seq > before ? 0 : tries + 1;
      } catch (error) {
        if (error instanceof CallProblem && error.status === 401) return;
        if (socket?.connected !== true) connection.value = 'offline';
        tries += 1;
      }
      if (tries > 0) await pause(backOffMs(tries - 1, Math.random()));
    }
  };
  const catchUp = (): Promise<void> => {
    closing ??= closeGap().finally(() => {
      closing = null;
    });
    return closing;
  };
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
      retryTimer = setTimeout(resolve, ms);
    });

  const onChanges = (message: Changes): void => {
    heard();
    const step = takeChanges(state.value, message);
    if (step.kind === 'gap') {
      wanted = Math.max(wanted, step.wanted);
      void catchUp();
    } else if (step.kind === 'moved') {
      move(step.state);
      tell(step.news);
    }
  };
  const onPositions = (tick: PositionsTick): void => {
    heard();
    if (veiled) return;
    positions.value = applyTick(positions.value, tick);
    patrolsHeard.value = applyHeard(patrolsHeard.value, tick);
  };
  const onReset = (): void => {
    hasSnapshot = false;
    void catchUp();
  };

  const signedOut = (how: SignedOut): void => {
    connection.value = 'signed_out';
    socket?.disconnect();
    // the session was ended, perhaps because the phone is lost: nothing of the night stays on it
    clearTimeout(saveTimer);
    saveTimer = undefined;
    if (how === 'revoked') {
      state.value = emptyState;
      void wipeDevice();
    } else if (keep) void saving.then(() => forgetPictures());
  };
  const connect = (): void => {
    const link: Socket<ServerEvents> = io({
      transports: ['websocket', 'polling'],
      // some networks let HTTP through but no web socket
      tryAllTransports: true,
      // asked at every connection: a reconnect says how far we are now
      auth: (send: (data: object) => void) => send({ since: state.value.seq }),
      ...reconnecting,
    });
    socket = link;
    link.on('connect', () => {
      connection.value = 'live';
      heard();
    });
    link.on('changes', onChanges);
    link.on('positions', onPositions);
    link.on('reset', onReset);
    link.io.on('ping', heard);
    link.on('disconnect', (reason) => {
      if (connection.value !== 'signed_out') connection.value = 'offline';
      // the server ended it: it restarts, or the session was revoked, which the next HTTP call tells
      if (reason === 'io server disconnect') void again(link);
    });
    link.on('connect_error', (error) => {
      if (connection.value !== 'signed_out') connection.value = 'offline';
      if (error.message === 'unauthorized') void again(link);
      else if (!link.active) void again(link);
    });
  };
  const again = async (link: Socket<ServerEvents>): Promise<void> => {
    await catchUp();
    await pause(backOffMs(1, Math.random()));
    if (running && connection.value !== 'signed_out' && !link.connected) link.connect();
  };
  const onOnline = (): void => {
    wake?.();
    if (socket !== null && !socket.connected && connection.value !== 'signed_out') socket.connect();
  };
  const onOffline = (): void => {
    if (connection.value !== 'signed_out') connection.value = 'offline';
    // the engine would notice only after its ping time-out
    socket?.io.engine.close();
  };

  const begin = async (): Promise<void> => {
    if (keep && !veiled) {
      const kept = await loadPicture(session.user.id);
      if (kept && running && !hasSnapshot && !veiled) {
        state.value = kept;
        ready.value = true;
      }
    }
    await catchUp();
    if (!running || connection.value === 'signed_out') return;
    if (socket) socket.connect();
    else connect();
  };

  return {
    state,
    positions,
    heard: patrolsHeard,
    connection,
    lastHeard,
    ready,
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    catchUp,
    veil: (view) => {
      const lifted = veiled !== null && view === null;
      veiled = view;
      if (view) {
        state.value = view(state.value);
        positions.value = new Map();
        patrolsHeard.value = new Map();
        forget();
      } else if (lifted) onReset();
    },
    resume: () => {
      if (!running || connection.value !== 'signed_out') return;
      connection.value = 'connecting';
      void begin();
    },
    start: () => {
      if (running) return;
      running = true;
      stopListening = whenSignedOut(signedOut);
      window.addEventListener('online', onOnline);
      window.addEventListener('offline', onOffline);
      void begin();
    },
    stop: () => {
      running = false;
      clearTimeout(retryTimer);
      wake?.();
      clearTimeout(saveTimer);
      saveTimer = undefined;
      stopListening?.();
      window.removeEventListener('online', onOnline);
      window.removeEventListener('offline', onOffline);
      socket?.disconnect();
      socket = null;
    },
  };
}
