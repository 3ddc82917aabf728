/** Takes one file of a multipart body into memory, within limits of size, shape and pace. Nothing touches the disk. */
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import busboy from 'busboy';
import type { Request, Response } from 'express';
import { idSchema } from '../../shared/ids.ts';
import { fieldProblem, Problem } from '../../shared/problems.ts';

/** Largest file, in bytes. */
const MAX_FILE = 10 * 1024 * 1024;
/** Headers, boundaries and fields beside the file, in bytes. */
const MAX_REST = 16 * 1024;
/** Uploads held in memory at a time; more are asked to come back. */
const MAX_UPLOADS = 8;
/** A refused body is still read for so long. */
const DRAIN_MS = 600;
/** Slower than this over a whole interval is no phone but somebody holding the door. */
const PACE = { everyMs: 15_000, minBytes: 1_024 } as const;

let held = 0;

const type415 = (): Problem => new Problem('unsupported_type');
const badForm = (message: string): Problem =>
  new Problem('malformed', [{ path: '/photo', code: 'malformed', message }]);

function parser(headers: IncomingHttpHeaders): busboy.Busboy {
  if (!/^multipart\/form-data\s*;/i.test(headers['content-type'] ?? '')) throw type415();
  try {
    // busboy says 'limit' when a file reaches it, so one byte more is the first that is too large
    const limits = {
      files: 1,
      fileSize: MAX_FILE + 1,
      fields: 8,
      fieldSize: 1_024,
      fieldNameSize: 100,
      parts: 10,
      headerPairs: 32,
    };
    return busboy({ headers, limits });
  } catch {
    throw badForm('not a multipart body');
  }
}

/**
 * The bytes of the only file, in field `photo`. Throws too_large, unsupported_type, malformed, or unavailable
 * while too many others upload. On any of them the rest of the body is unread: the caller closes the connection.
 */
export async function takeFile(req: Readable & { headers: IncomingHttpHeaders }): Promise<Buffer> {
  if (Number(req.headers['content-length'] ?? 0) > MAX_FILE + MAX_REST) throw new Problem('too_large');
  const form = parser(req.headers);
  if (held >= MAX_UPLOADS) throw new Problem('unavailable', [], { retryAfterS: 5 });
  held += 1;
  try {
    return await collect(req, form);
  } finally {
    held -= 1;
  }
}

function collect(req: Readable, form: busboy.Busboy): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let received = 0;
    let ofFile = 0;
    let receivedBefore = 0;
    let file: Readable | null = null;
    let settled = false;
    /** bytes that are not the file's: what is parsed and read, less what still waits in the two streams */
    const rest = (): number => received - ofFile - (file?.readableLength ?? 0) - form.writableLength;

    const pace = setInterval(() => {
      if (received - receivedBefore < PACE.minBytes) end(badForm('too slow'));
      receivedBefore = received;
    }, PACE.everyMs);
    const end = (problem?: Problem): void => {
      if (settled) return;
      settled = true;
      clearInterval(pace);
      req.off('data', onData);
      req.off('end', onEnd);
      req.off('aborted', onGone);
      req.off('error', onGone);
      form.removeAllListeners();
      // what the parser still says about a body we have left goes nowhere
      form.on('error', () => undefined);
      if (problem) {
        req.pause();
        reject(problem);
      } else if (file === null)
        reject(new Problem('invalid', [{ path: '/photo', code: 'required', message: 'required' }]));
      else resolve(Buffer.concat(chunks));
    };
    const onData = (chunk: Buffer): void => {
      received += chunk.length;
      form.write(chunk);
      if (rest() > MAX_REST) end(new Problem('too_large'));
    };
    const onEnd = (): void => {
      form.end();
    };
    const onGone = (): void => end(badForm('the upload was broken off'));

    form.on('file', (name, part) => {
      if (name !== 'photo') {
        end(
          new Problem('invalid', [{ path: `/${name.slice(0, 40)}`, code: 'unknown_field', message: 'unknown field' }]),
        );
        return;
      }
      file = part;
      part.on('data', (chunk: Buffer) => {
        ofFile += chunk.length;
        chunks.push(chunk);
      });
      part.on('limit', () => end(new Problem('too_large')));
      part.on('error', () => end(badForm('a broken part')));
    });
    for (const limit of ['filesLimit', 'fieldsLimit', 'partsLimit'] as const)
      form.on(limit, () => end(new Problem('too_large')));
    // headers of a part beyond the parser's own limit are an error to it, and too large to us
    form.on('error', () => {
      end(received - ofFile > MAX_REST ? new Problem('too_large') : badForm('not a multipart body'));
    });
    form.on('close', () => end());

    req.on('data', onData);
    req.on('end', onEnd);
    req.on('aborted', onGone);
    req.on('error', onGone);
  });
}

/** The id that a phone gave its photo in the header x-photo-id, or null where it gave none. */
export function photoIdOf(req: Request): string | null {
  const header = req.get('x-photo-id');
  if (header === undefined) return null;
  const id = idSchema.safeParse(header);
  if (!id.success) throw fieldProblem('/x-photo-id', 'format', 'a UUID');
  return id.data;
}

/** By which the same file is known again. */
export const fingerprintOf = (upload: Buffer): Buffer => createHash('sha256').update(upload).digest();

/**
 * Runs what answers an upload. Refused, what still comes of the body is read away for a moment, and the connection closed after the
 * answer: closed at once, a client that is still sending would see a broken connection instead of the reason.
 */
export async function answerUpload(req: Request, res: Response, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    await leaveBody(req, res);
    throw error;
  }
}

async function leaveBody(req: Request, res: Response): Promise<void> {
  if (req.readableEnded || req.destroyed) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, DRAIN_MS);
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    req.once('end', done);
    req.once('close', done);
    req.resume();
  });
  res.once('finish', () => {
    req.socket.destroySoon();
  });
}

/** Sends a stored picture so that it is looked at and nothing else: never kept, never run. */
export function sendPicture(res: Response, bytes: Uint8Array): void {
  res.set({
    'content-type': 'image/jpeg',
    'content-disposition': 'inline',
    'cache-control': 'private, no-store',
    'content-security-policy': "default-src 'none'; sandbox",
    'x-content-type-options': 'nosniff',
  });
  res.send(Buffer.from(bytes));
}
