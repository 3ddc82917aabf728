/** A large body on its way: fetch() does not tell how far it is, the older call does. */
import type * as z from 'zod/mini';
import type { Endpoint } from '../../shared/contract.ts';
import { answerOf, CallProblem, Offline, urlOf } from './call.ts';

type Schema = z.ZodMiniType;
export interface Upload {
  query?: Record<string, string>;
  content: Blob;
  /** its media type */
  type: string;
  /** Hears how many bytes are sent; the last one still waits to be judged and stored. */
  onProgress: (sent: number, total: number) => void;
  signal?: AbortSignal;
}
/** A line that moves nothing for so long is dead, in ms; the server may think as long: a thousand new passwords are a thousand slow hashes. */
const STALLED_MS = 150_000;
/** What fetch() would say when it is given up. */
export class Cancelled extends Error {}

/** Sends `content` as the body of an endpoint. Throws CallProblem, Offline, or Cancelled when `signal` ended it. */
export async function upload<
  P extends Schema | undefined,
  Q extends Schema | undefined,
  B extends Schema | undefined,
  R extends Schema,
>(endpoint: Endpoint<P, Q, B, R>, { query = {}, content, type, onProgress, signal }: Upload): Promise<z.infer<R>> {
  const request = new XMLHttpRequest();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = (): void => request.abort();
  const alive = (): void => {
    clearTimeout(timer);
    timer = setTimeout(stop, STALLED_MS);
  };
  signal?.addEventListener('abort', stop);
  try {
    const response = await new Promise<Response>((resolve, reject) => {
      const lost = (): void => reject(signal?.aborted === true ? new Cancelled() : new Offline('no answer'));
      request.addEventListener('error', lost);
      request.addEventListener('abort', lost);
      request.upload.addEventListener('progress', ({ loaded }) => {
        alive();
        onProgress(Math.min(loaded, content.size), content.size);
      });
      request.addEventListener('load', () => {
        const headers = new Headers();
        for (const name of ['content-type', 'retry-after', 'date']) {
          const value = request.getResponseHeader(name);
          if (value !== null) headers.set(name, value);
        }
        resolve(new Response(request.responseText, { status: request.status, headers }));
      });
      request.open(endpoint.method, urlOf(endpoint.path, {}, query));
      request.setRequestHeader('accept', 'application/json');
      request.setRequestHeader('x-requested-with', 'warmpath');
      request.setRequestHeader('content-type', type);
      request.setRequestHeader('idempotency-key', crypto.randomUUID());
      alive();
      request.send(content);
    });
    return (await answerOf(response, { expectId: null })).body as z.infer<R>;
  } catch (error) {
    if (error instanceof CallProblem || error instanceof Offline || error instanceof Cancelled) throw error;
    throw new Offline('no answer', { cause: error });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}
