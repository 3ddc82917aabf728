/** Other people's servers, imitated on this machine: what is asked of a public address arrives here instead, without TLS. */
import { createServer, type IncomingMessage, request as requestPlainly, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { OutsideParts, Resolved } from '../../server/http/outbound.ts';

export interface Asked {
  /** as the caller wrote it */
  url: string;
  method: string;
  headers: IncomingMessage['headers'];
  body: string;
}
export interface FakeOutside {
  parts: Partial<OutsideParts>;
  /** every connection that was made, whatever came of it */
  connections: number;
  asked: Asked[];
  /** names that were looked up */
  looked: string[];
  /** what a name stands for; a public address unless said */
  names: Map<string, readonly Resolved[] | Error>;
  /** the addresses that the last connection was told to use */
  told: unknown;
  answer: (asked: Asked, res: ServerResponse) => void;
  close(): Promise<void>;
}

export const PUBLIC: Resolved = { address: '93.184.215.14', family: 4 };

/** Starts it; `answer` is put there by each test. */
export async function fakeOutside(deadlineMs = 5_000): Promise<FakeOutside> {
  const server = createServer((req, res) => {
    let body = '';
    req.setEncoding('utf8');
    req.on('data', (piece: string) => {
      body += piece;
    });
    req.on('end', () => {
      const asked = {
        url: `https://${req.headers.host ?? ''}${req.url ?? ''}`,
        method: req.method ?? '',
        headers: req.headers,
        body,
      };
      fake.asked.push(asked);
      fake.answer(asked, res);
    });
  });
  server.on('connection', () => {
    fake.connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const fake: FakeOutside = {
    connections: 0,
    asked: [],
    looked: [],
    names: new Map(),
    told: null,
    answer: (_asked, res) => {
      res.end();
    },
    parts: {
      deadlineMs,
      resolve: (host) => {
        fake.looked.push(host);
        const found = fake.names.get(host) ?? [PUBLIC];
        return found instanceof Error ? Promise.reject(found) : Promise.resolve(found);
      },
      request: (options, answered) => {
        options.lookup?.('anything', { all: true }, (_error, addresses) => {
          fake.told = addresses;
        });
        const { lookup: _lookup, ...rest } = options;
        const headers = { ...(options.headers as Record<string, string>), host: String(options.hostname) };
        return requestPlainly({ ...rest, headers, protocol: 'http:', hostname: '127.0.0.1', port }, answered);
      },
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => {
          resolve();
        });
      }),
  };
  return fake;
}
