/**
 * The one way to call other people's servers at addresses that are kept in settings: https, hosts that the rule `outside.hosts` names,
 * public addresses only, no redirect, 5 s and 1 MB in all. Whatever goes wrong is one of a few codes.
 */
import { lookup } from 'node:dns/promises';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { request as requestOverTls, type RequestOptions } from 'node:https';
import { BlockList, isIP } from 'node:net';
import type { Knex } from 'knex';
import { type feedFaults } from '../../shared/feeds.ts';
import { fieldProblem } from '../../shared/problems.ts';
import { row } from '../db/rows.ts';

type Db = Knex | Knex.Transaction;

/** Why a call came to nothing. */
export type OutsideFault = (typeof feedFaults)[number];
export class OutsideFailure extends Error {
  readonly fault: OutsideFault;
  constructor(fault: OutsideFault, cause?: unknown) {
    super(fault, { cause });
    this.fault = fault;
  }
}

/** An address that a name stands for. */
export interface Resolved {
  address: string;
  family: 4 | 6;
}
/** What reaches the outside; the ordinary parts are node's own. Tests put theirs in their place. */
export interface OutsideParts {
  resolve: (host: string) => Promise<readonly Resolved[]>;
  request: (options: RequestOptions, answered: (response: IncomingMessage) => void) => ClientRequest;
  /** all of one call, name and body too, in ms */
  deadlineMs: number;
}
export interface OutsideCall {
  headers?: Readonly<Record<string, string>>;
  /** with one it is a POST of JSON, whose answer is not read */
  body?: string;
}
export interface OutsideAnswer {
  /** 200 to 299, or 304 */
  status: number;
  etag: string | null;
  body: Buffer;
}
export interface Outside {
  /** Throws OutsideFailure url_not_allowed for an address that must not be called; the name is looked up, nothing is called. */
  judge(db: Db, url: string): Promise<void>;
  /** Calls it, outside any transaction; throws OutsideFailure. */
  ask(db: Db, url: string, call?: OutsideCall): Promise<OutsideAnswer>;
}

const MOST_BYTES = 1_000_000;
const DEADLINE_MS = 5_000;
const AGENT = 'Warmpath';

/** IANA special-purpose registry of IPv4: networks that are somebody's own, or nobody's. */
const closed4 = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  closed4.addSubnet(net, bits, 'ipv4');
/** Of IPv6 only global unicast is open, without its parts that stand for IPv4 or for examples: what holds an IPv4 address inside is never judged by it. */
const open6 = new BlockList();
open6.addSubnet('2000::', 3, 'ipv6');
const closed6 = new BlockList();
for (const [net, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  closed6.addSubnet(net, bits, 'ipv6');

/** Whether an address is one of the public Internet. */
export function isPublic(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !closed4.check(address, 'ipv4');
    case 6:
      return open6.check(address, 'ipv6') && !closed6.check(address, 'ipv6');
    default:
      return false;
  }
}

const notAllowed = (): OutsideFailure => new OutsideFailure('url_not_allowed');

/** The address by its form alone: https, a name (no number in any writing), nobody's password. */
function formOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '') throw notAllowed();
  // numbers in hexadecimal, octal or with fewer dots have become plain ones by now
  if (url.hostname.startsWith('[') || isIP(url.hostname) !== 0 || url.hostname.endsWith('.')) throw notAllowed();
  return url;
}

async function judgeHost(db: Db, host: string): Promise<void> {
  const found = await row<{ hosts: { host: string }[] | null }>(
    db,
    `select rule_value('outside.hosts', (select path from stations where parent_id is null)) as hosts`,
  );
  if (found?.hosts?.some((each) => each.host === host) !== true) throw notAllowed();
}

/** Gives up what takes longer than the signal allows: looking up a name cannot be stopped. */
async function within<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  signal.throwIfAborted();
  let stop = (): void => undefined;
  const over = new Promise<never>((_, reject) => {
    stop = () => {
      reject(new OutsideFailure('unreachable'));
    };
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, over]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** What the name stands for; one address of a private network among them spoils all. */
async function addressesOf(parts: OutsideParts, host: string, signal: AbortSignal): Promise<readonly Resolved[]> {
  let found: readonly Resolved[];
  try {
    found = await within(signal, parts.resolve(host));
  } catch (error) {
    throw new OutsideFailure('unreachable', error);
  }
  if (found.length === 0) throw new OutsideFailure('unreachable');
  if (!found.every(({ address }) => isPublic(address))) throw notAllowed();
  return found;
}

/** Connects to what was judged, whatever the name stands for by then. */
const judged = (addresses: readonly Resolved[]): NonNullable<RequestOptions['lookup']> =>
  ((_host: string, options: { all?: boolean }, done: (...found: unknown[]) => void) => {
    if (options.all === true) done(null, addresses);
    else done(null, addresses[0]?.address, addresses[0]?.family);
  }) as NonNullable<RequestOptions['lookup']>;

function judgeAnswer({ statusCode = 0, headers }: IncomingMessage): void {
  // it leads elsewhere, and where is not for it to say
  if (statusCode >= 300 && statusCode < 400 && statusCode !== 304) throw notAllowed();
  if ((statusCode < 200 || statusCode >= 300) && statusCode !== 304) throw new OutsideFailure('status');
  if (Number(headers['content-length'] ?? 0) > MOST_BYTES) throw new OutsideFailure('too_large');
  // nothing packed was asked for: what is small here may be large when unpacked
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') throw new OutsideFailure('unreadable');
}

async function bodyOf(response: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > MOST_BYTES) throw new OutsideFailure('too_large');
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** An entity tag that can be sent back: printable ASCII and short. */
const tagOf = (value: string | undefined): string | null =>
  value !== undefined && /^[\x21-\x7e]{1,200}$/.test(value) ? value : null;

async function send(
  parts: OutsideParts,
  url: URL,
  call: OutsideCall,
  addresses: readonly Resolved[],
  signal: AbortSignal,
): Promise<OutsideAnswer> {
  let response: IncomingMessage | undefined;
  try {
    response = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = parts.request(
        {
          protocol: 'https:',
          hostname: url.hostname,
          ...(url.port === '' ? {} : { port: Number(url.port) }),
          path: `${url.pathname}${url.search}`,
          method: call.body === undefined ? 'GET' : 'POST',
          headers: {
            'user-agent': AGENT,
            accept: '*/*',
            'accept-encoding': 'identity',
            ...(call.body === undefined
              ? {}
              : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(call.body) }),
            ...call.headers,
          },
          lookup: judged(addresses),
          // a connection that is kept was judged for another moment
          agent: false,
          signal,
        },
        resolve,
      );
      request.on('error', reject);
      request.end(call.body);
    });
    judgeAnswer(response);
    const body = call.body === undefined ? await bodyOf(response) : Buffer.alloc(0);
    return { status: response.statusCode ?? 0, etag: tagOf(response.headers.etag), body };
  } catch (error) {
    throw error instanceof OutsideFailure ? error : new OutsideFailure('unreachable', error);
  } finally {
    response?.destroy();
  }
}

const resolve = async (host: string): Promise<Resolved[]> =>
  (await lookup(host, { all: true })).map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));

/** The way out of this process. */
export function createOutside(given: Partial<OutsideParts> = {}): Outside {
  const parts: OutsideParts = { resolve, request: requestOverTls, deadlineMs: DEADLINE_MS, ...given };
  return {
    async judge(db, text) {
      const url = formOf(text);
      await judgeHost(db, url.hostname);
      await addressesOf(parts, url.hostname, AbortSignal.timeout(parts.deadlineMs)).catch((error: unknown) => {
        // a name nobody knows yet may come; that nobody answers is seen when it is asked
        if (error instanceof OutsideFailure && error.fault === 'unreachable') return;
        throw error;
      });
    },
    async ask(db, text, call = {}) {
      const url = formOf(text);
      await judgeHost(db, url.hostname);
      const signal = AbortSignal.timeout(parts.deadlineMs);
      return send(parts, url, call, await addressesOf(parts, url.hostname, signal), signal);
    },
  };
}

/** Throws 422 url_not_allowed at `path` for an address that the service must never call. Not inside a transaction: a name is looked up. */
export async function judgeUrl(
  service: { database: { knex: Knex }; outside?: Outside },
  url: string,
  path = '/url',
): Promise<void> {
  try {
    await (service.outside ?? createOutside()).judge(service.database.knex, url);
  } catch (error) {
    if (!(error instanceof OutsideFailure)) throw error;
    throw fieldProblem(path, 'url_not_allowed', 'not a server that may be called', 'url_not_allowed');
  }
}
