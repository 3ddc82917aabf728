/** Uploads of strangers: what is let in, in which form, and how fast the rest is shown the door. */
import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { sightingIdOfToken, tokenOf } from '../../server/sightings/follow-token.ts';
import { one, rows } from '../../server/db/rows.ts';
import { type Receipt, reportSighting } from '../../shared/sightings.ts';
import { places, useApp } from '../kit/app.ts';
import type { Person } from '../kit/people.ts';

const app = useApp();

const report = (): Promise<Receipt> =>
  app.anyone.does(reportSighting, {
    body: {
      id: randomUUID(),
      source: 'public',
      people: 1,
      signs: [],
      position: { type: 'Point', coordinates: places.east },
    },
  });
const tokenIn = ({ followUpUrl }: Receipt): string => followUpUrl.split('/').at(-1) ?? '';

interface Sent {
  name?: string;
  field?: string;
  who?: Person;
  token?: string | null;
}
async function upload(receipt: Receipt, file: Uint8Array, sent: Sent = {}): Promise<Response> {
  const form = new FormData();
  form.append(sent.field ?? 'photo', new Blob([file as Uint8Array<ArrayBuffer>]), sent.name ?? 'photo.jpg');
  const token = sent.token === undefined ? tokenIn(receipt) : sent.token;
  return (sent.who ?? app.anyone).fetch(`/api/sightings/${receipt.id}/photos`, {
    method: 'POST',
    body: form,
    headers: token === null ? {} : { 'x-follow-token': token },
  });
}
const picture = (width = 80, height = 60, background = '#335577'): Sharp =>
  sharp({ create: { width, height, channels: 3, background } });
/** A PNG of one colour, one bit a pixel: some hundred kilobytes that unpack to a hundred megabytes. */
function hugePng(side: number): Buffer {
  const crc = (bytes: Buffer): number => {
    let value = ~0;
    for (const byte of bytes) {
      value ^= byte;
      for (let bit = 0; bit < 8; bit += 1) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
    }
    return ~value >>> 0;
  };
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const ends = Buffer.alloc(8);
    ends.writeUInt32BE(data.length, 0);
    ends.writeUInt32BE(crc(body), 4);
    return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
  };
  const size = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
  size.writeUInt32BE(side, 0);
  size.writeUInt32BE(side, 4);
  const pixels = deflateSync(Buffer.alloc(side * (side / 8 + 1)), { level: 9 });
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', size),
    chunk('IDAT', pixels),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
const codeOf = async (response: Response): Promise<string> => ((await response.json()) as { code: string }).code;
const stored = async (sightingId: string): Promise<Buffer[]> =>
  (
    await rows<{ bytes: Buffer }>(app.database.knex, `select bytes from photos where sighting_id = :sightingId`, {
      sightingId,
    })
  ).map(({ bytes }) => Buffer.from(bytes));

describe('the link', () => {
  const key = Buffer.alloc(32, 1);
  it('is 43 characters and names its sighting only with the right key and spelling', () => {
    const id = randomUUID();
    const token = tokenOf(key, id);
    expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(sightingIdOfToken(key, token)).toBe(id);
    expect(sightingIdOfToken(Buffer.alloc(32, 2), token)).toBeNull();
    for (const wrong of ['', token.slice(1), `${token}A`, 'A'.repeat(43), '../../etc/passwd'])
      expect(sightingIdOfToken(key, wrong)).toBeNull();
    // the last character holds two bits that say nothing
    const other = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'].find(
      (last) =>
        last !== token.at(-1) &&
        Buffer.from(token.slice(0, -1) + last, 'base64url').equals(Buffer.from(token, 'base64url')),
    );
    expect(sightingIdOfToken(key, token.slice(0, -1) + String(other))).toBeNull();
  });
});

describe('who may add a photo', () => {
  it('is the holder of the link, the desk of the station and nobody else', async () => {
    const receipt = await report();
    const other = await report();
    const file = await picture().jpeg().toBuffer();
    expect((await upload(receipt, file, { token: null })).status).toBe(401);
    expect((await upload(receipt, file, { token: tokenIn(other) })).status).toBe(404);
    expect((await upload(receipt, file, { token: 'x'.repeat(43) })).status).toBe(404);
    expect((await upload(receipt, file, { token: null, who: app.west.dispatcher })).status).toBe(404);
    expect((await upload(receipt, file, { token: null, who: app.east.shelter })).status).toBe(403);
    expect((await upload(receipt, file, { token: null, who: app.east.crew })).status).toBe(403);
    expect(await stored(receipt.id)).toHaveLength(0);
    expect((await upload(receipt, file, { token: null, who: app.east.dispatcher })).status).toBe(201);
  });

  it('tells the desk, writes a line of the story, and shows it to those who may see the place', async () => {
    const receipt = await report();
    const since = (await app.east.dispatcher.snapshot()).seq;
    const added = await upload(receipt, await picture().png().toBuffer());
    expect(added.status).toBe(201);
    const photo = (await added.json()) as { id: string; width: number; height: number; version: number };
    expect(photo).toMatchObject({ width: 80, height: 60, version: 1 });
    const { changes } = (await (await app.east.dispatcher.fetch(`/api/changes?since=${since}`)).json()) as {
      changes: { type: string }[];
    };
    expect(changes.map(({ type }) => type)).toEqual(['sighting.photographed']);
    const { count } = await one<{ count: number }>(
      app.database.knex,
      `select count(*)::integer as count from incident_entries e join sightings s on s.incident_id = e.incident_id where s.id = :id and e.kind = 'photo'`,
      { id: receipt.id },
    );
    expect(count).toBe(1);

    const look = (who: Person): Promise<Response> => who.fetch(`/api/photos/${photo.id}`);
    const seen = await look(app.east.manager);
    expect(seen.status).toBe(200);
    expect(seen.headers.get('content-type')).toBe('image/jpeg');
    expect(seen.headers.get('cache-control')).toBe('private, no-store');
    expect(seen.headers.get('content-security-policy')).toContain('sandbox');
    expect((await sharp(Buffer.from(await seen.arrayBuffer())).metadata()).format).toBe('jpeg');
    expect((await look(app.root.dispatcher)).status).toBe(200);
    expect((await look(app.west.dispatcher)).status).toBe(404);
    expect((await look(app.east.crew)).status).toBe(404);
    expect((await look(app.east.shelter)).status).toBe(403);
    expect((await look(app.anyone)).status).toBe(401);
    expect((await look(app.east.inspector)).status).toBe(200);
    const audited = await rows(
      app.database.knex,
      `select id from audit where command = 'readPhoto' and subject_ids @> array[cast(:id as uuid)]`,
      { id: photo.id },
    );
    expect(audited).toHaveLength(1);
  });

  it('takes three, the same one once, however many come at a time', async () => {
    const receipt = await report();
    const files = await Promise.all([20, 30, 40, 50].map((width) => picture(width).jpeg().toBuffer()));
    const [first = Buffer.alloc(0)] = files;
    const twice = await Promise.all([upload(receipt, first), upload(receipt, first), upload(receipt, first)]);
    expect(twice.map(({ status }) => status).sort()).toEqual([200, 200, 201]);
    const bodies = await Promise.all(twice.map((response) => response.json()));
    expect(bodies[1]).toEqual(bodies[0]);
    const again = await upload(receipt, first);
    expect([again.status, again.headers.get('idempotent-replay')]).toEqual([200, 'true']);
    const rest = await Promise.all(files.slice(1).map((file) => upload(receipt, file)));
    expect(rest.map(({ status }) => status).sort()).toEqual([201, 201, 422]);
    const refused = rest.find(({ status }) => status === 422);
    expect(await codeOf(refused ?? new Response('{}'))).toBe('too_many_photos');
    expect(await stored(receipt.id)).toHaveLength(3);
  });
});

describe('what is stored', () => {
  it('is a JPEG without a trace of where, when and with what it was taken (U9, U10)', async () => {
    const receipt = await report();
    const file = await picture(3200, 1200)
      .withExif({ IFD0: { Make: 'CANARY-MAKE' }, IFD3: { GPSLatitude: '34/1 15/1 0/1', GPSLatitudeRef: 'N' } })
      .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/"><CANARY-XMP/></x:xmpmeta>')
      .jpeg()
      .toBuffer();
    expect(file.includes('CANARY-MAKE') && file.includes('CANARY-XMP')).toBe(true);
    const added = await upload(receipt, file, { name: '../../CANARY-NAME\r\nSet-Cookie: x=1' });
    expect(added.status).toBe(201);
    expect(await added.json()).toMatchObject({ width: 1600, height: 600 });
    const [bytes = Buffer.alloc(0)] = await stored(receipt.id);
    expect(bytes.includes('CANARY')).toBe(false);
    const { exif, xmp, icc, iptc, format } = await sharp(bytes).metadata();
    expect({ exif, xmp, icc, iptc, format }).toEqual({
      exif: undefined,
      xmp: undefined,
      icc: undefined,
      iptc: undefined,
      format: 'jpeg',
    });
    expect(app.logged.join()).not.toContain('CANARY');
  });

  it('is upright as the phone meant it', async () => {
    const receipt = await report();
    const file = await picture(60, 40).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    expect(await (await upload(receipt, file)).json()).toMatchObject({ width: 40, height: 60 });
  });

  it('is never a script: HTML is refused, a polyglot is drawn anew (U3)', async () => {
    const receipt = await report();
    const page = await upload(receipt, Buffer.from('<html><script>alert(1)</script>'));
    expect([page.status, await codeOf(page)]).toEqual([415, 'unsupported_type']);
    const polyglot = Buffer.concat([await picture(8, 8).gif().toBuffer(), Buffer.from('/*CANARY-SCRIPT*/alert(1)')]);
    expect((await upload(receipt, polyglot)).status).toBe(201);
    const [bytes = Buffer.alloc(0)] = await stored(receipt.id);
    expect(bytes.includes('CANARY-SCRIPT')).toBe(false);
  });

  it('is not what is too large, broken or a film (U5, U6, U8)', async () => {
    const receipt = await report();
    const wide = hugePng(30_000);
    const frames = 10_000;
    const raw = Buffer.from(Array.from({ length: 4 * frames * 3 }, (_, at) => at % 251));
    const film = await sharp(raw, {
      raw: { width: 2, height: 2 * frames, channels: 3, pageHeight: 2 },
      limitInputPixels: false,
    })
      .gif()
      .toBuffer();
    const whole = await sharp({
      create: {
        width: 400,
        height: 300,
        channels: 3,
        background: '#000',
        noise: { type: 'gaussian', mean: 128, sigma: 40 },
      },
    })
      .jpeg()
      .toBuffer();
    for (const file of [wide, film, whole.subarray(0, whole.length / 2)]) {
      const refused = await upload(receipt, file);
      expect([refused.status, await codeOf(refused)]).toEqual([422, 'invalid_image']);
    }
    expect(await stored(receipt.id)).toHaveLength(0);
  });
});

describe('the shape of the upload', () => {
  it('is one field of at most 10 MB (U1, U2)', async () => {
    const receipt = await report();
    const size = 10 * 1024 * 1024;
    const fitting = Buffer.concat([await picture().jpeg().toBuffer(), Buffer.alloc(size)]).subarray(0, size);
    expect((await upload(receipt, fitting)).status).toBe(201);
    const large = await upload(receipt, Buffer.concat([fitting, Buffer.alloc(1)]));
    expect([large.status, await codeOf(large)]).toEqual([413, 'too_large']);

    const send = async (form: FormData): Promise<number> => {
      const headers = { 'x-follow-token': tokenIn(receipt) };
      return (await app.anyone.fetch(`/api/sightings/${receipt.id}/photos`, { method: 'POST', body: form, headers }))
        .status;
    };
    const files = new FormData();
    for (let n = 0; n < 100; n += 1) files.append('photo', new Blob(['x']), `${String(n)}.jpg`);
    const fields = new FormData();
    for (let n = 0; n < 1_000; n += 1) fields.append(`f${String(n)}`, 'x');
    const name = new FormData();
    name.append('n'.repeat(1_000_000), 'x');
    for (const form of [files, fields, name]) expect(await send(form)).toBe(413);
    expect(await send(new FormData())).toBe(422);
    expect((await upload(receipt, fitting, { field: 'picture' })).status).toBe(422);
    const json = await app.anyone.fetch(`/api/sightings/${receipt.id}/photos`, {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json', 'x-follow-token': tokenIn(receipt) },
    });
    expect(json.status).toBe(415);
    expect((await app.anyone.fetch('/api/health')).status).toBe(200);
  });

  /** Sends the head of an upload and then `chunk` again and again; resolves with all that came back once the socket is closed. */
  function drip(receipt: Receipt, chunk: Buffer, everyMs: number): Promise<{ answer: string; ms: number }> {
    return new Promise((resolve) => {
      const began = performance.now();
      const { port } = new URL(app.url);
      let answer = '';
      let timer: ReturnType<typeof setTimeout> | undefined;
      const socket = connect(Number(port), '127.0.0.1', () => {
        socket.write(
          `POST /api/sightings/${receipt.id}/photos HTTP/1.1\r\nhost: ${new URL(app.url).host}\r\ntransfer-encoding: chunked\r\n` +
            `content-type: multipart/form-data; boundary=b\r\nx-follow-token: ${tokenIn(receipt)}\r\n\r\n`,
        );
        const head = '--b\r\ncontent-disposition: form-data; name="photo"; filename="x"\r\n\r\n';
        socket.write(`${head.length.toString(16)}\r\n${head}\r\n`);
        const more = (): void => {
          const ready = socket.write(
            Buffer.concat([Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')]),
          );
          if (everyMs > 0 || ready) timer = setTimeout(more, everyMs);
          else socket.once('drain', more);
        };
        more();
      });
      socket.on('data', (data) => (answer += data.toString('latin1')));
      socket.on('error', () => undefined);
      socket.on('close', () => {
        clearTimeout(timer);
        resolve({ answer, ms: performance.now() - began });
      });
    });
  }

  it('ends, also when the body does not (U1)', async () => {
    const { answer, ms } = await drip(await report(), Buffer.alloc(65_536), 0);
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
    expect(ms).toBeLessThan(5_000);
  });

  it('is not fed to us one byte a second (U12)', async () => {
    const { ms } = await drip(await report(), Buffer.from('x'), 1_000);
    expect(ms).toBeLessThan(30_000);
  });
});
