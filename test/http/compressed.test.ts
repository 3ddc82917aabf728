/** Large answers are compressed for those who take it, and say so. */
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import express from 'express';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sendJson } from '../../server/http/compressed.ts';

const rows = Array.from({ length: 2000 }, (_, n) => ({ n, words: '桥下有人' }));
const app = express();
app.get('/large', (req, res) => sendJson(req, res, 200, rows));
app.get('/small', (req, res) => sendJson(req, res, 200, { few: true }));
const server = createServer(app);
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => new Promise((resolve) => server.close(resolve)));

interface Heard {
  encoding: string | undefined;
  vary: string | undefined;
  bytes: Buffer;
}
const ask = (path: string, accept: string): Promise<Heard> =>
  new Promise((resolve, reject) => {
    const { port } = server.address() as AddressInfo;
    request({ port, host: '127.0.0.1', path, headers: { 'accept-encoding': accept } }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('end', () => {
        const { vary, 'content-encoding': encoding } = answer.headers;
        resolve({ encoding, vary, bytes: Buffer.concat(parts) });
      });
    })
      .on('error', reject)
      .end();
  });

it.each([
  ['/large', 'gzip, deflate, br', 'gzip'],
  ['/large', 'identity', undefined],
  ['/large', 'gzip;q=0', undefined],
  ['/small', 'gzip', undefined],
])('%s for %s: %s', async (path, accept, encoding) => {
  const heard = await ask(path, accept);
  expect(heard.encoding).toBe(encoding);
  expect(heard.vary).toContain('Accept-Encoding');
  const text = (encoding === 'gzip' ? gunzipSync(heard.bytes) : heard.bytes).toString();
  expect(JSON.parse(text)).toEqual(path === '/large' ? rows : { few: true });
});
