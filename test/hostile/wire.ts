/** Bytes over a socket, as somebody hostile would send them, and what must be true of every refusal. */
import { connect } from 'node:net';
import { expect } from 'vitest';
import { type ProblemCode, problemStatus } from '../../shared/problems.ts';
import { row, rows } from '../../server/db/rows.ts';
import type { TestApp } from '../kit/app.ts';
import type { Person } from '../kit/people.ts';

/** What came back on the wire. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  text: string;
  ms: number;
  /** false while the server still held the connection when the answer was complete */
  closed: boolean;
}

/** One request in its bytes; `Host`, `Connection: close` and the length are added unless given. */
export interface Wire {
  method?: string;
  path?: string;
  headers?: Record<string, string | string[]>;
  body?: string | Uint8Array;
  as?: Person;
}

/** A refusal later than this is a way to keep the service busy. */
const REFUSED_WITHIN_MS = 1_000;

/** The bytes of a request: nothing is tidied, escaped or left out. */
export function bytesOf(
  app: TestApp,
  { method = 'POST', path = '/api/sightings', headers = {}, body, as }: Wire,
): Buffer {
  const payload = typeof body === 'string' ? Buffer.from(body) : Buffer.from(body ?? '');
  const given = Object.fromEntries(
    Object.entries({ ...as?.headers, ...headers }).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const all: Record<string, string | string[]> = { host: new URL(app.url).host, connection: 'close', ...given };
  if (body !== undefined && all['content-length'] === undefined && all['transfer-encoding'] === undefined)
    all['content-length'] = String(payload.length);
  const lines = Object.entries(all).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((one) => `${name}: ${one}`),
  );
  return Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`), payload]);
}

function parse(bytes: Buffer, ms: number, closed: boolean): Answer {
  const end = bytes.indexOf('\r\n\r\n');
  const [first = '', ...lines] = bytes.subarray(0, Math.max(0, end)).toString('latin1').split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  let text = bytes.subarray(end + 4).toString('utf8');
  if (headers['transfer-encoding'] === 'chunked')
    text = text.replace(/^[\da-f]+\r\n/i, '').replace(/\r\n0\r\n\r\n$/, '');
  return { status: Number(first.split(' ')[1] ?? 0), headers, text, ms, closed };
}

/** Sends bytes and reads until the server closes; `feed` may go on writing after them. */
export function exchange(
  app: TestApp,
  bytes: Uint8Array,
  feed?: (write: (more: Uint8Array) => boolean) => void,
): Promise<Answer> {
  const { hostname, port } = new URL(app.url);
  return new Promise((resolve) => {
    const from = performance.now();
    const chunks: Buffer[] = [];
    let first = 0;
    const socket = connect(Number(port), hostname, () => {
      socket.write(bytes);
      feed?.((more) => !socket.destroyed && socket.write(more));
    });
    socket.on('data', (chunk: Buffer) => {
      first ||= performance.now();
      chunks.push(chunk);
    });
    // a server that has heard enough may reset while we still write: what it said before counts
    socket.on('error', () => undefined);
    socket.on('close', () => {
      resolve(parse(Buffer.concat(chunks), (first || performance.now()) - from, true));
    });
  });
}

export const send = (app: TestApp, wire: Wire): Promise<Answer> => exchange(app, bytesOf(app, wire));
export const json = { 'content-type': 'application/json' } as const;

const counters = new WeakMap<TestApp, string>();

/** How many rows each table holds: what a refused request must not change. */
export async function rowCounts(app: TestApp): Promise<Record<string, number>> {
  const sql = counters.get(app) ?? (await counterOf(app));
  counters.set(app, sql);
  return (await row<Record<string, number>>(app.database.knex, sql)) ?? {};
}

async function counterOf(app: TestApp): Promise<string> {
  const db = app.database.knex;
  const tables = await rows<{ name: string }>(
    db,
    `select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE' and table_name <> 'spatial_ref_sys' order by 1`,
  );
  return `select ${tables.map(({ name }) => `(select count(*)::integer from "${name}") as "${name}"`).join(', ')}`;
}

export interface Refusal {
  status: number | readonly number[];
  code?: ProblemCode;
  /** a field error's code that must be among the errors */
  field?: string;
}
interface Body {
  code: ProblemCode;
  status: number;
  type: string;
  title: string;
  errors: { path: string; code: string; message: string }[];
  current?: Record<string, unknown>;
}

/** What every refusal looks like: RFC 9457, a code of the table, words, no inside of ours. */
export function expectProblem(
  answer: Pick<Answer, 'status' | 'text' | 'headers'>,
  { status, code, field }: Refusal,
): Body {
  expect([status].flat(), answer.text.slice(0, 300)).toContain(answer.status);
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  const body = JSON.parse(answer.text) as Body;
  expect(body.status).toBe(answer.status);
  expect(problemStatus[body.code]).toBe(answer.status);
  expect(body.type).toBe(`urn:warmpath:problem:${body.code}`);
  expect(body.title).not.toMatch(/^problem\./);
  expect(answer.text).not.toMatch(/node_modules|\bat \S+ \(|\.[tj]s:\d+|select |insert |syntax error|ECONN/i);
  if (code !== undefined) expect(body.code).toBe(code);
  if (field !== undefined) expect(body.errors.map((error) => error.code)).toContain(field);
  return body;
}

export async function expectAlive(app: TestApp): Promise<void> {
  const response = await app.anyone.fetch('/api/health');
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({ status: 'ok' });
}

/** Sends it and proves: refused as said, in time, nothing written, the service well. A busy machine gets a second try at the time. */
export async function refused(app: TestApp, wire: Wire | Uint8Array, refusal: Refusal): Promise<Body> {
  const before = await rowCounts(app);
  const bytes = wire instanceof Uint8Array ? wire : bytesOf(app, wire);
  let answer = await exchange(app, bytes);
  if (answer.ms > REFUSED_WITHIN_MS) answer = await exchange(app, bytes);
  const body = expectProblem(answer, refusal);
  expect(answer.ms).toBeLessThan(REFUSED_WITHIN_MS);
  expect(await rowCounts(app)).toEqual(before);
  await expectAlive(app);
  return body;
}
