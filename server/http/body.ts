import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import type * as z from 'zod/mini';
import type { Endpoint } from '../../shared/contract.ts';
import { type FieldError, fieldErrors, Problem } from '../../shared/problems.ts';

/** express.json() by limit: one parser for each distinct size. */
const parsers = new Map<number, RequestHandler>();
function parserOf(limit: number): RequestHandler {
  let parser = parsers.get(limit);
  if (!parser) {
    // Type and charset are judged before; `strict` would let arrays through and refuse nothing we do not refuse ourselves.
    parser = express.json({ limit, strict: false, type: () => true });
    parsers.set(limit, parser);
  }
  return parser;
}

/** Only JSON in UTF-8: other charsets are decoded by guesswork, and a form post needs no preflight. */
function judgeType(req: Request): void {
  const header = req.headers['content-type'];
  if (header === undefined) {
    if (hasBody(req)) throw new Problem('unsupported_type');
    return;
  }
  const [type, ...parameters] = header
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  const charset = parameters
    .find((part) => part.startsWith('charset='))
    ?.slice(8)
    .replaceAll('"', '');
  if (type !== 'application/json' && type !== 'application/geo+json') throw new Problem('unsupported_type');
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8') throw new Problem('unsupported_type');
}

const hasBody = (req: Request): boolean =>
  req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0;

/** One half of a pair that stands for one character, as a text cut off in the middle has; PostgreSQL refuses it in JSON. */
const HALF_CHARACTER = /\p{Surrogate}/gu;
/** Whole or half: tells at once of nearly every string that it has neither. */
const PAIRED = /[\ud800-\udfff]/;

/** Most findings one answer names. */
const MOST_FOUND = 20;
const MOST_DEEP = 32;

function say(found: FieldError[], trail: readonly string[], code: string, message: string): void {
  const path = trail.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  found.push({ path, code, message });
}

/**
 * What no schema sees: NUL in text (PostgreSQL refuses it) and keys that reach for prototypes. Half characters become U+FFFD.
 * `trail` is the way from the body to `value`; it becomes a pointer only where something is found, because batches hold thousands of values.
 */
function hidden(value: object, trail: string[], found: FieldError[]): void {
  if (trail.length > MOST_DEEP) {
    say(found, trail, 'depth', 'nested too deep');
    return;
  }
  for (const key of Object.keys(value)) {
    if (found.length > MOST_FOUND) return;
    const child = (value as Record<string, unknown>)[key];
    if (key.includes('\u0000')) say(found, trail, 'nul_char', 'contains a NUL character');
    if (key === '__proto__') say(found, [...trail, key], 'unknown_field', 'unknown field');
    else if (typeof child === 'string') {
      if (child.includes('\u0000')) say(found, [...trail, key], 'nul_char', 'contains a NUL character');
      if (PAIRED.test(child)) (value as Record<string, unknown>)[key] = child.replaceAll(HALF_CHARACTER, '\uFFFD');
    } else if (typeof child === 'object' && child !== null) {
      trail.push(key);
      hidden(child, trail, found);
      trail.pop();
    }
  }
}

function judgeShape(endpoint: Endpoint, body: unknown): unknown {
  const wantsArray = endpoint.body?._zod.def.type === 'array';
  if (body === undefined) return {};
  if (body === null || typeof body !== 'object') throw new Problem('bad_json');
  if (Array.isArray(body) && !wantsArray) throw new Problem('not_object');
  const found: FieldError[] = [];
  hidden(body, [], found);
  const nul = found.find(({ code }) => code === 'nul_char');
  if (nul) throw new Problem('nul_char', found);
  if (found.length > 0) throw new Problem('invalid', found);
  return body;
}

interface ParserError {
  type?: string;
  status?: number;
}
/** What a body parser's failure is to the client. */
export function problemOf(error: unknown): unknown {
  const { type, status } = error as ParserError;
  switch (type) {
    case 'entity.too.large':
      return new Problem('too_large');
    case 'encoding.unsupported':
    case 'charset.unsupported':
      return new Problem('unsupported_type');
    case 'entity.parse.failed':
      return new Problem('bad_json');
    default:
      // Broken gzip, a length that lies, a client that went away: all the client's, none to be described.
      return status !== undefined && status < 500 ? new Problem('bad_encoding') : error;
  }
}

/** Reads and judges a JSON body; the schema comes after. */
export async function readBody(endpoint: Endpoint, req: Request, res: Response): Promise<unknown> {
  judgeType(req);
  const failure = await new Promise<unknown>((resolve) => {
    void parserOf(endpoint.limit)(req, res, resolve as NextFunction);
  });
  if (failure !== undefined) throw problemOf(failure);
  return judgeShape(endpoint, req.body as unknown);
}

/** The body of a call that reads its own: what the contract says it is, or 422. */
export async function bodyOf<
  P extends z.ZodMiniType | undefined,
  Q extends z.ZodMiniType | undefined,
  B extends z.ZodMiniType,
  R extends z.ZodMiniType,
>(endpoint: Endpoint<P, Q, B, R>, { req, res }: { req: Request; res: Response }): Promise<z.infer<B>> {
  const given = await readBody(endpoint, req, res);
  const parsed = endpoint.body.safeParse(given);
  if (!parsed.success) throw new Problem('invalid', fieldErrors(parsed.error.issues, given));
  return parsed.data;
}
