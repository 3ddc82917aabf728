import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ProblemBody, type ProblemCode, problemStatus } from '../../shared/problems.ts';
import { chooseLocale, translator } from './words.ts';

const phrase: Partial<Record<ProblemCode, string>> = { header_too_large: 'Request Header Fields Too Large' };

/** Answers what node's parser refuses before there is a request: RFC 9457 like every other refusal, and the connection ends. */
export function answerClientErrors(http: Server): void {
  http.on('clientError', (error: Error & { code?: string }, socket: Duplex) => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const code: ProblemCode = error.code === 'HPE_HEADER_OVERFLOW' ? 'header_too_large' : 'bad_request';
    const status = problemStatus[code];
    const title = translator(chooseLocale(undefined, undefined, undefined))(`problem.${code}`);
    const body = JSON.stringify({
      type: `urn:warmpath:problem:${code}`,
      title,
      status,
      code,
      errors: [],
    } satisfies ProblemBody);
    socket.end(
      `HTTP/1.1 ${String(status)} ${phrase[code] ?? 'Bad Request'}\r\nContent-Type: application/problem+json; charset=utf-8\r\n` +
        `Content-Length: ${String(Buffer.byteLength(body))}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n${body}`,
    );
  });
}
