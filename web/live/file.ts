/** A file that a call answers with. */
import type { Endpoint } from '../../shared/contract.ts';
import { answerOf, CallProblem, Offline, outgoing } from './call.ts';

interface FileAnswer {
  blob: Blob;
  /** as the service names it */
  name: string;
}
/** Making a file of a whole season takes longer than an ordinary answer. */
const TIMEOUT_MS = 60_000;

/** Calls an endpoint whose answer is a file. Throws CallProblem or Offline; a page in its place (a captive portal's) is no file. */
export async function callForFile(
  endpoint: Pick<Endpoint, 'method' | 'path' | 'status'>,
  input: Record<string, unknown>,
): Promise<FileAnswer> {
  const request = outgoing(endpoint, input);
  try {
    const response = await fetch(request.url, {
      method: request.method,
      headers: {
        'content-type': 'application/json',
        'x-requested-with': 'warmpath',
        ...(request.key === null ? {} : { 'idempotency-key': request.key }),
      },
      credentials: 'same-origin',
      redirect: 'error',
      cache: 'no-store',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      body: JSON.stringify(request.body),
    });
    const given = /filename="([^"]+)"/.exec(response.headers.get('content-disposition') ?? '')?.[1];
    // what is no file of ours is judged as any answer is
    if (!response.ok || given === undefined) {
      await answerOf(response, request);
      throw new Offline('not a file');
    }
    return { blob: await response.blob(), name: given };
  } catch (error) {
    if (error instanceof CallProblem || error instanceof Offline) throw error;
    throw new Offline('no answer', { cause: error });
  }
}

/** Hands a file to whoever asked for it. */
export function saveFile({ blob, name }: FileAnswer): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
