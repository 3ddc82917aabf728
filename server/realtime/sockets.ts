/** The socket side: who may connect, which room, what was missed. Server to client only. */
import type { IncomingHttpHeaders, IncomingMessage, Server as HttpServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { Server, type Socket } from 'socket.io';
import type { ServerEvents } from '../../shared/events.ts';
import type { Staff } from '../context.ts';
import { clientEventsRefused, socketsOpen } from '../http/metrics.ts';
import { viewerOf } from './audience.ts';
import type { Service } from './command.ts';
import { changesFor, factsAfter, MAX_CATCH_UP, mayBePruned, regrouped } from './log.ts';
import { createRelay, type Relay, type Rooms, type Signs } from './relay.ts';

interface Kept {
  staff: Staff;
  key: string;
  refused: number;
}
type Client = Socket<Record<string, never>, ServerEvents, Record<string, never>, Kept>;

/** What the nouns lend to realtime, so that it knows none of them. */
export interface Doors extends Signs {
  authenticate(headers: IncomingHttpHeaders): Promise<Staff | null>;
  /** of these sessions and tokens, those that still hold */
  stillValid(staff: readonly Staff[]): Promise<Set<string>>;
  ownOrigin(headers: IncomingHttpHeaders): boolean;
}

/** A revoked session loses its socket within this. */
const REVOKE_CHECK_MS = 2_500;
/** Client events are all refused; a client that keeps sending is thrown out. */
const MAX_REFUSED = 20;
const MAX_MESSAGE_BYTES = 100_000;

const credential = (staff: Staff): string => staff.sessionId ?? staff.id;

export interface Realtime {
  relay: Relay;
  /** the address of every open socket's room is the relay's; this only closes */
  close(): Promise<void>;
  start(): Promise<void>;
  checkRevoked(): Promise<void>;
}

export function createRealtime(service: Service, http: HttpServer, doors: Doors): Realtime {
  const io = new Server<Record<string, never>, ServerEvents, Record<string, never>, Kept>(http, {
    serveClient: false,
    maxHttpBufferSize: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    allowRequest: (req, done) => {
      const fine = doors.ownOrigin(req.headers);
      done(fine ? null : 'origin', fine);
    },
  });

  // engine.io answers 400 to any upgrade it refuses; another site's page gets the same 403 on both transports
  const upgrades = http.listeners('upgrade');
  http.removeAllListeners('upgrade');
  http.on('upgrade', (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (doors.ownOrigin(req.headers)) for (const upgrade of upgrades) upgrade.call(http, req, socket, head);
    else socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
  });

  const rooms: Rooms = {
    emit: (room, event, ...args) => {
      io.local.to(room).emit(event, ...args);
    },
    emitVolatile: (keys, tick) => {
      io.local.to(keys).volatile.emit('positions', tick);
    },
    regroup: async (userIds) => {
      for (const socket of io.sockets.sockets.values()) {
        if (!userIds.includes(socket.data.staff.id)) continue;
        const staff = await doors.authenticate(socket.handshake.headers).catch(() => null);
        if (!staff) {
          socket.disconnect(true);
          continue;
        }
        enter(socket, staff);
        socket.emit('reset');
      }
    },
  };
  const relay = createRelay(service, rooms, doors);

  const enter = (socket: Client, staff: Staff): void => {
    const before = (socket.data as Partial<Kept>).key;
    const key = relay.join(staff);
    if (before !== undefined) {
      relay.leave(before);
      void socket.leave(before);
    }
    void socket.join(key);
    socket.data.staff = staff;
    socket.data.key = key;
  };

  io.use((socket, next) => {
    const headers = { ...socket.handshake.headers };
    // An API client may hand its token in auth instead of a header.
    const token: unknown = socket.handshake.auth['token'];
    if (typeof token === 'string') headers.authorization = `Bearer ${token}`;
    doors.authenticate(headers).then(
      (staff) => {
        if (!staff) {
          next(new Error('unauthorized'));
          return;
        }
        socket.handshake.headers = headers;
        socket.data.refused = 0;
        socket.data.staff = staff;
        next();
      },
      () => {
        next(new Error('unavailable'));
      },
    );
  });

  const sendMissed = async (socket: Client, since: number): Promise<void> => {
    const db = service.database.knex;
    if (await mayBePruned(db, since)) {
      socket.emit('reset');
      return;
    }
    const facts = await factsAfter(db, since, MAX_CATCH_UP + 1);
    const viewer = viewerOf(socket.data.staff);
    const last = facts.at(-1);
    const { staff } = socket.data;
    const isRegrouped = staff.role === 'crew' && facts.some((fact) => regrouped(fact).includes(staff.id));
    if (facts.length > MAX_CATCH_UP || isRegrouped) socket.emit('reset');
    else
      socket.emit('changes', {
        after: since,
        upTo: last?.seq ?? since,
        changes: changesFor(facts, viewer, relay.paths()),
      });
  };

  io.on('connection', (socket) => {
    socketsOpen.inc();
    enter(socket, socket.data.staff);
    socket.use((_event, next) => {
      // what was on its way when the client was thrown out is not worth a look
      if (socket.data.refused > MAX_REFUSED) return;
      clientEventsRefused.inc();
      socket.data.refused += 1;
      if (socket.data.refused > MAX_REFUSED) socket.disconnect(true);
      next(new Error('refused'));
    });
    // socket.io prints the stack of each refusal that nobody listens for
    socket.on('error', () => undefined);
    socket.on('disconnect', () => {
      socketsOpen.dec();
      relay.leave(socket.data.key);
    });
    const since: unknown = socket.handshake.auth['since'];
    if (typeof since !== 'number' || !Number.isSafeInteger(since) || since < 0) {
      socket.emit('reset');
      return;
    }
    sendMissed(socket, since).catch(() => {
      socket.emit('reset');
    });
  });

  const checkRevoked = async (): Promise<void> => {
    const sockets = [...io.sockets.sockets.values()];
    if (sockets.length === 0) return;
    const valid = await doors.stillValid(sockets.map(({ data }) => data.staff));
    for (const socket of sockets) if (!valid.has(credential(socket.data.staff))) socket.disconnect(true);
  };
  let timer: NodeJS.Timeout | undefined;

  return {
    relay,
    checkRevoked,
    async start() {
      await relay.start();
      timer = setInterval(() => {
        checkRevoked().catch(() => undefined);
      }, REVOKE_CHECK_MS);
      timer.unref();
    },
    async close() {
      clearInterval(timer);
      await relay.stop();
      io.disconnectSockets(true);
      await io.close();
    },
  };
}
