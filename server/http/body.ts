import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import type { Endpoint } from '../../shared/contract.ts';
import { type FieldError, Problem } from '../../shared/problems.ts';

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
  const [type, ...parameters] = header.toLowerCase().split(';').map((part) => part.trim());
  const charset = parameters.find((part) => part.startsWith('charset='))?.slice(8).replaceAll('"', '');
  if (type !== 'application/json' && type !== 'application/geo+json') throw new Problem('unsupported_type');
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8') throw new Problem('unsupported_type');
}

const hasBody = (req: Request): boolean => req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0;

/** What no schema sees: NUL in a string (PostgreSQL refuses it) and keys that reach for prototypes. */
function hidden(value: unknown, path: string, found: FieldError[], depth: number): void {
  if (typeof value === 'string') {
    if (value.includes('\u0000')) found.push({ path, code: 'nul_char', message: 'contains a NUL character' });
  } else if (typeof value === 'object' && value !== null) {
    if (depth > 32) {
      found.push({ path, code: 'depth', message: 'nested too deep' });
      return;
    }
    for (const key of Object.keys(value)) {
      const at = `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      if (key === '__proto__') found.push({ path: at, code: 'unknown_field', message: 'unknown field' });
      else hidden((value as Record<string, unknown>)[key], at, found, depth + 1);
      if (found.length > 20) return;
    }
  }
}

function judgeShape(endpoint: Endpoint, body: unknown): unknown {
  const wantsArray = endpoint.body?._zod.def.type === 'array';
  if (body === undefined) return {};
  if (body === null || typeof body !== 'object') throw new Problem('bad_json');
  if (Array.isArray(body) && !wantsArray) throw new Problem('not_object');
  const found: FieldError[] = [];
  hidden(body, '', found, 0);
  const nul = found.find(({ code }) => code === 'nul_char');
  if (nul) throw new Problem('nul_char', found);
  if (found.length > 0) throw new Problem('invalid', found);
  return body;
}

interface ParserError {
  type?: string;
  status?: number;
}
function problemOf(error: unknown): unknown {
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
export function readBody(endpoint: Endpoint, req: Request, res: Response): Promise<unknown> {
  return new Promise((resolve, reject) => {
    judgeType(req);
    const next: NextFunction = (error?: unknown) => {
      if (error !== undefined) {
        reject(problemOf(error) as Error);
        return;
      }
      try {
        resolve(judgeShape(endpoint, req.body as unknown));
      } catch (problem) {
        reject(problem as Error);
      }
    };
    void parserOf(endpoint.limit)(req, res, next);
  });
}
