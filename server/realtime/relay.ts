/** Turns rows of the fact log into socket messages, on every node for its own sockets. */
import type { Changes, ServerEvents } from '../../shared/events.ts';
import { type Heard, packFix, packHeard, type PositionsTick } from '../../shared/positions.ts';
import type { Staff } from '../context.ts';
import { factsRelayed, relaySeq } from '../http/metrics.ts';
import { seesPatrolPositions, type StationPaths, type Viewer, viewerKey, viewerOf } from './audience.ts';
import type { Service } from './command.ts';
import { BATCH, changesFor, factsAfter, lastSeq, regrouped, stationPaths, type StoredFact } from './log.ts';

/** A fix as stored, with whose it is. */
export interface StoredFix {
  num: number;
  stationId: string;
  lon: number;
  lat: number;
  /** epoch ms */
  at: number;
  speedMps: number | null;
  headingDeg: number | null;
}

/** When a patrol was last heard of, with whose it is. */
export interface StoredHeard extends Heard {
  num: number;
  stationId: string;
}

/** What the relay reads each tick: what arrived at or after a time. */
export interface Signs {
  changedPositions(db: Service['database']['knex'], since: Date): Promise<StoredFix[]>;
  changedHeard(db: Service['database']['knex'], since: Date): Promise<StoredHeard[]>;
}

/** What the relay needs of a socket server; socket.io's fits (see sockets.ts). */
export interface Rooms {
  emit<E extends keyof ServerEvents>(room: string | string[], event: E, ...args: Parameters<ServerEvents[E]>): void;
  emitVolatile(rooms: string[], tick: PositionsTick): void;
  /** the sockets of some people on this node */
  regroup(userIds: readonly string[]): Promise<void>;
}

const POLL_MS = 2_000;
const POSITIONS_MS = 1_000;
/**
 * Fixes are looked for this far back: a batch of another node is stamped by that node's clock, and becomes visible later.
 * There is one row a patrol, so a long look back costs little, and a fix is told once all the same.
 */
const POSITIONS_OVERLAP_MS = 30_000;
/** That a patrol is still heard of is told this often at most; that its tracking changed, at once. */
const HEARD_AGAIN_MS = 10_000;

/** One node's relay. `viewers` is kept by join and leave: a room per distinct viewer. */
export interface Relay {
  start(): Promise<void>;
  stop(): Promise<void>;
  seq(): number;
  paths(): StationPaths;
  join(staff: Staff): string;
  leave(key: string): void;
  /** reads what there is now; resolves when this node has told it */
  catchUp(): Promise<void>;
  tickPositions(): Promise<void>;
}

interface Room {
  viewer: Viewer;
  sockets: number;
  /** everything up to here has been sent to this room */
  after: number;
}

export function createRelay(service: Service, rooms: Rooms, signs: Signs): Relay {
  const { database, log } = service;
  const byKey = new Map<string, Room>();
  const lastFix = new Map<number, number>();
  const lastHeard = new Map<number, Heard>();
  let seq = 0;
  let paths: StationPaths = new Map();
  let running: Promise<void> | null = null;
  let again = false;
  let stopped = false;
  let positionsRunning = false;
  const timers: NodeJS.Timeout[] = [];
  let unlisten: (() => Promise<void>) | null = null;

  const tell = async (facts: readonly StoredFact[]): Promise<void> => {
    const last = facts.at(-1);
    if (!last) return;
    if (facts.some((fact) => fact.type.startsWith('station.') || !paths.has(fact.stationId)))
      paths = await stationPaths(database.knex);
    for (const [key, room] of byKey) {
      const changes = changesFor(facts, room.viewer, paths);
      if (changes.length > 0)
        rooms.emit(key, 'changes', { after: room.after, upTo: last.seq, changes } satisfies Changes);
      // What a room was not told it need not know: `after` of its next message reaches back to the last one it got.
      if (changes.length > 0) room.after = last.seq;
    }
    seq = last.seq;
    relaySeq.set(seq);
    factsRelayed.inc(facts.length);
    const people = [...new Set(facts.flatMap(regrouped))];
    if (people.length > 0) await rooms.regroup(people);
  };

  const drain = async (): Promise<void> => {
    for (;;) {
      again = false;
      const facts = await factsAfter(database.knex, seq);
      await tell(facts);
      if (facts.length < BATCH && !again) return;
    }
  };
  const catchUp = async (): Promise<void> => {
    again = true;
    running ??= drain().finally(() => {
      running = null;
    });
    return running;
  };
  const wake = (): void => {
    if (stopped) return;
    catchUp().catch((error: unknown) => {
      log.warn(
        { error: error instanceof Error ? error.name : 'unknown' },
        'relay could not read the log; it will try again',
      );
    });
  };

  const tickPositions = async (): Promise<void> => {
    if (positionsRunning || byKey.size === 0) return;
    positionsRunning = true;
    try {
      const now = service.now();
      const since = new Date(now.getTime() - POSITIONS_MS - POSITIONS_OVERLAP_MS);
      const found = await signs.changedPositions(database.knex, since);
      const fresh = found.filter((fix) => (lastFix.get(fix.num) ?? 0) < fix.at);
      for (const fix of fresh) lastFix.set(fix.num, fix.at);
      const heard = (await signs.changedHeard(database.knex, since)).filter((each) => {
        const told = lastHeard.get(each.num);
        return !told || (each.at > told.at && (each.tracking !== told.tracking || each.at - told.at >= HEARD_AGAIN_MS));
      });
      for (const each of heard) lastHeard.set(each.num, each);
      if (fresh.length === 0 && heard.length === 0) return;
      const at = Math.floor(now.getTime() / 1000);
      const byStation = new Map<string, string[]>();
      for (const [key, { viewer }] of byKey) {
        if (!seesPatrolPositions.includes(viewer.role)) continue;
        byStation.set(viewer.stationId, [...(byStation.get(viewer.stationId) ?? []), key]);
      }
      for (const [stationId, keys] of byStation) {
        const here = (sign: StoredFix | StoredHeard): boolean =>
          paths.get(sign.stationId)?.includes(stationId) === true;
        const fixes = fresh.filter(here).map((fix) => packFix(fix.num, { ...fix, position: [fix.lon, fix.lat] }, at));
        const words = heard.filter(here).map((each) => packHeard(each.num, each, at));
        if (fixes.length > 0 || words.length > 0)
          rooms.emitVolatile(keys, { at, fixes, ...(words.length > 0 && { heard: words }) });
      }
    } finally {
      positionsRunning = false;
    }
  };

  return {
    async start() {
      paths = await stationPaths(database.knex);
      seq = await lastSeq(database.knex);
      unlisten = await database.listen(wake);
      timers.push(setInterval(wake, POLL_MS));
      const tick = (): void => {
        tickPositions().catch(() => {
          log.warn({}, 'positions could not be read; they will be at the next tick');
        });
      };
      timers.push(setInterval(tick, POSITIONS_MS));
      for (const timer of timers) timer.unref();
    },
    async stop() {
      stopped = true;
      timers.forEach(clearInterval);
      await unlisten?.();
      await running?.catch(() => undefined);
    },
    seq: () => seq,
    paths: () => paths,
    join(staff) {
      const viewer = viewerOf(staff);
      const key = viewerKey(viewer);
      const room = byKey.get(key);
      if (room) room.sockets += 1;
      else byKey.set(key, { viewer, sockets: 1, after: seq });
      return key;
    },
    leave(key) {
      const room = byKey.get(key);
      if (!room) return;
      room.sockets -= 1;
      if (room.sockets === 0) byKey.delete(key);
    },
    catchUp,
    tickPositions,
  };
}
