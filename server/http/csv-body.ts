/** Takes a file as the whole body: its bytes, because which letters they are is for the reader of the file to find out. */
import express, { type NextFunction, type Request, type Response } from 'express';
import type { Endpoint } from '../../shared/contract.ts';
import { Problem } from '../../shared/problems.ts';
import { problemOf } from './body.ts';

/** The bytes of a body of one of the media types named, none when there are none; throws unsupported_type, too_large, bad_encoding. */
export async function readFileBody(
  endpoint: Endpoint,
  types: readonly string[],
  req: Request,
  res: Response,
): Promise<Buffer> {
  // What the header says of the charset is a browser's guess and not listened to.
  const [type] = (req.headers['content-type'] ?? '').toLowerCase().split(';');
  if (!types.includes(type?.trim() ?? '')) throw new Problem('unsupported_type');
  const failure = await new Promise<unknown>((resolve) => {
    void express.raw({ limit: endpoint.limit, type: () => true })(req, res, resolve as NextFunction);
  });
  if (failure !== undefined) throw problemOf(failure);
  const body = req.body as unknown;
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0);
}

/** The bytes of a text/csv body. */
export const readCsvBody = (endpoint: Endpoint, req: Request, res: Response): Promise<Buffer> =>
  readFileBody(endpoint, ['text/csv'], req, res);
