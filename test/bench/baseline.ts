/** The raw side: express with one prepared insert, a socket.io room, bare ws; nothing of ours. */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import pg from 'pg';
import { Server } from 'socket.io';
import { WebSocketServer } from 'ws';

const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'], max: 16 });
await pool.query(
  `create table if not exists raw_sightings (id uuid primary key, lon float8, lat float8, people integer, source text, description text, received_at timestamptz)`,
);
await pool.query(
  `create table if not exists raw_positions (patrol_id uuid primary key, lon float8, lat float8, at timestamptz)`,
);
await pool.query(`create table if not exists raw_shelters (id uuid primary key, total integer)`);
await pool.query(
  `create table if not exists raw_holds (id uuid primary key, shelter_id uuid, people integer, held_for text, expires_at timestamptz)`,
);
await pool.query(`create index if not exists raw_holds_shelter on raw_holds (shelter_id, expires_at)`);
const app = express();
app.use(express.json());
app.post('/api/shelters/:id/holds', async (req, res) => {
  const { id, people, for: heldFor } = req.body as { id: string; people: number; for: string };
  const shelterId = req.params.id;
  const now = new Date();
  const client = await pool.connect();
  try {
    await client.query('begin');
    const {
      rows: [shelter],
    } = await client.query<{ total: number }>({
      name: 'lock',
      text: 'select total from raw_shelters where id = $1 for no key update',
      values: [shelterId],
    });
    const {
      rows: [taken],
    } = await client.query<{ people: number }>({
      name: 'count',
      text: 'select coalesce(sum(people), 0)::integer as people from raw_holds where shelter_id = $1 and expires_at > $2',
      values: [shelterId, now],
    });
    const free = (shelter?.total ?? 0) - (taken?.people ?? 0) >= people;
    if (free)
      await client.query({
        name: 'hold',
        text: 'insert into raw_holds values ($1, $2, $3, $4, $5)',
        values: [id, shelterId, people, heldFor, new Date(now.getTime() + 5_400_000)],
      });
    await client.query('commit');
    res.status(free ? 201 : 409).json({ id });
  } finally {
    client.release();
  }
});
app.post('/sightings', async (req, res) => {
  const { id, position, people, source, description } = req.body as {
    id: string;
    position: { coordinates: number[] };
    people: number;
    source: string;
    description: string;
  };
  await pool.query({
    name: 'insert',
    text: 'insert into raw_sightings values ($1, $2, $3, $4, $5, $6, $7)',
    values: [id, position.coordinates[0], position.coordinates[1], people, source, description, new Date()],
  });
  res.status(201).json({ id });
});
const http = createServer(app);
const io = new Server(http, { perMessageDeflate: false });
io.on('connection', (socket) => void socket.join('all'));
const bare = new WebSocketServer({ noServer: true, perMessageDeflate: false });
http.on('upgrade', (req, socket, head) => {
  if (req.url === '/bare') bare.handleUpgrade(req, socket, head, (client) => bare.emit('connection', client, req));
});
await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50));
const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

process.on(
  'message',
  (message: {
    emit?: number;
    send?: number;
    payload?: unknown;
    event?: string;
    unnest?: number;
    ticks?: number;
    sql?: string;
  }) => {
    const work = async (): Promise<object> => {
      const from = performance.now();
      if (message.sql !== undefined) await pool.query(message.sql);
      if (message.emit !== undefined) {
        for (let n = 0; n < message.emit; n += 1) {
          io.to('all').emit(message.event ?? 'changes', message.payload);
          await breathe();
        }
      }
      if (message.ticks !== undefined) {
        const cpu = process.cpuUsage();
        for (let n = 0; n < message.ticks; n += 1) {
          io.to('all').emit('positions', message.payload);
          await pause();
        }
        const { user, system } = process.cpuUsage(cpu);
        return { cpuMs: (user + system) / 1000 };
      }
      if (message.send !== undefined) {
        for (let n = 0; n < message.send; n += 1) {
          const text = JSON.stringify(message.payload);
          for (const client of bare.clients) client.send(text);
          await breathe();
        }
      }
      if (message.unnest !== undefined) {
        for (let n = 0; n < message.unnest; n += 1) {
          const ids = Array.from({ length: 1000 }, () => randomUUID());
          await pool.query(
            `insert into raw_positions select * from unnest($1::uuid[], $2::float8[], $3::float8[], $4::timestamptz[])
           on conflict (patrol_id) do update set lon = excluded.lon, lat = excluded.lat, at = excluded.at`,
            [ids, ids.map(() => 108.9), ids.map(() => 34.2), ids.map(() => new Date())],
          );
        }
      }
      return { ms: performance.now() - from };
    };
    void work().then((answer) => process.send?.(answer));
  },
);
process.on('SIGTERM', () => process.exit(0));
process.send?.({ url: `http://127.0.0.1:${String((http.address() as AddressInfo).port)}` });
