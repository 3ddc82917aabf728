/** Named testers who speak to the service as a browser would. */
import { randomUUID } from 'node:crypto';
import { io, type Socket } from 'socket.io-client';
import type * as z from 'zod/mini';
import type { Endpoint, Part } from '../../shared/contract.ts';
import type { Changes, ServerEvents } from '../../shared/events.ts';
import type { Role } from '../../shared/roles.ts';
import type { Snapshot } from '../../shared/state.ts';

type Schema = z.ZodMiniType | undefined;
export interface Reply<T> {
  status: number;
  body: T;
  headers: Headers;
}
interface Asked<P, Q, B> {
  params?: P;
  query?: Q;
  body?: B;
  headers?: Record<string, string>;
}

export interface Person {
  id: string;
  role: Role | 'public';
  stationId: string;
  cookie: string | null;
  headers: Record<string, string>;
  /** any request, as the browser would send it */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** a call as the contract says it; the body is what came back, a problem too */
  call<P extends Schema, Q extends Schema, B extends Schema, R extends z.ZodMiniType>(
    endpoint: Endpoint<P, Q, B, R>,
    asked?: Asked<Partial<Part<P>> & object, Record<string, string>, Part<B>>,
  ): Promise<Reply<z.infer<R>>>;
  /** the same, and fails the test unless it succeeded */
  does<P extends Schema, Q extends Schema, B extends Schema, R extends z.ZodMiniType>(
    endpoint: Endpoint<P, Q, B, R>,
    asked?: Asked<Partial<Part<P>> & object, Record<string, string>, Part<B>>,
  ): Promise<z.infer<R>>;
  snapshot(): Promise<Snapshot>;
  listen(since?: number): Promise<Ear>;
}

/** An open socket and what it heard. */
export interface Ear {
  socket: Socket<ServerEvents>;
  heard: Changes[];
  resets: number;
  ticks: unknown[];
  /** resolves when a message reaches `seq`, or a reset comes */
  until(condition: (ear: Ear) => boolean): Promise<void>;
  close(): void;
}

const query = (values: Record<string, string> | undefined): string =>
  values ? `?${new URLSearchParams(values).toString()}` : '';

function fill(path: string, params: Record<string, string> | undefined): string {
  return path.replaceAll(/:(\w+)/g, (_all, name: string) => encodeURIComponent(params?.[name] ?? randomUUID()));
}

const ears = new Set<Ear>();
export function closeEars(): void {
  for (const ear of ears) ear.close();
  ears.clear();
}

function openEar(url: string, cookie: string | null, since: number | undefined): Promise<Ear> {
  return new Promise((resolve, reject) => {
    const socket: Socket<ServerEvents> = io(url, {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      auth: since === undefined ? {} : { since },
      extraHeaders: cookie === null ? {} : { cookie },
    });
    const waiting = new Set<() => void>();
    const ear: Ear = {
      socket,
      heard: [],
      resets: 0,
      ticks: [],
      until: (condition) =>
        new Promise((done) => {
          const look = (): void => {
            if (!condition(ear)) return;
            waiting.delete(look);
            done();
          };
          waiting.add(look);
          look();
        }),
      close: () => {
        socket.disconnect();
      },
    };
    const changed = (): void => {
      for (const look of [...waiting]) look();
    };
    socket.on('changes', (message) => {
      ear.heard.push(message);
      changed();
    });
    socket.on('positions', (tick) => {
      ear.ticks.push(tick);
      changed();
    });
    socket.on('reset', () => {
      ear.resets += 1;
      changed();
    });
    socket.on('disconnect', changed);
    socket.once('connect', () => {
      ears.add(ear);
      resolve(ear);
    });
    socket.once('connect_error', reject);
  });
}

export function person(
  url: string,
  who: { id: string; role: Role | 'public'; stationId: string; cookie: string | null; bearer?: string },
): Person {
  const headers: Record<string, string> =
    who.cookie === null ? {} : { cookie: who.cookie, 'x-requested-with': 'warmpath' };
  if (who.bearer !== undefined) headers['authorization'] = `Bearer ${who.bearer}`;
  const self: Person = {
    id: who.id,
    role: who.role,
    stationId: who.stationId,
    cookie: who.cookie,
    headers,
    fetch: (path, init = {}) =>
      fetch(`${url}${path}`, {
        redirect: 'manual',
        ...init,
        headers: { ...headers, ...(init.headers as Record<string, string> | undefined) },
      }),
    async call(endpoint, asked = {}) {
      const unsafe = endpoint.method !== 'GET';
      const response = await self.fetch(
        fill(endpoint.path, asked.params as Record<string, string> | undefined) + query(asked.query),
        {
          method: endpoint.method,
          headers: { ...(unsafe ? { 'content-type': 'application/json' } : {}), ...asked.headers },
          ...(unsafe ? { body: JSON.stringify(asked.body ?? {}) } : {}),
        },
      );
      const text = await response.text();
      const body: unknown = response.headers.get('content-type')?.includes('json') === true ? JSON.parse(text) : text;
      return { status: response.status, body: body as never, headers: response.headers };
    },
    async does(endpoint, asked = {}) {
      const { status, body } = await self.call(endpoint, asked);
      if (status >= 300) throw new Error(`${who.role} ${endpoint.name}: ${String(status)} ${JSON.stringify(body)}`);
      return body;
    },
    async snapshot() {
      const response = await self.fetch('/api/snapshot');
      if (response.status !== 200) throw new Error(`snapshot: ${String(response.status)} ${await response.text()}`);
      return (await response.json()) as Snapshot;
    },
    listen: (since) => openEar(url, who.cookie, since),
  };
  return self;
}
