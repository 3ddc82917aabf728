/** Photos: too large, too many, disguised, broken, too big inside, talkative, and slow. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { row } from '../../server/db/rows.ts';
import { useApp } from '../kit/app.ts';
import { report } from '../kit/builders.ts';
import {
  type Answer,
  bytesOf,
  exchange,
  expectAlive,
  expectProblem,
  json,
  type Refusal,
  rowCounts,
  type Wire,
} from './wire.ts';

const boundary = 'xxxxxxxxxxxxxxxx';
interface Part {
  name?: string;
  filename?: string | null;
  type?: string;
  body?: string | Uint8Array;
}
function multipart(parts: Part[]): Buffer {
  const chunks = parts.flatMap(({ name = 'photo', filename = 'photo.jpg', type = 'image/jpeg', body = '' }) => [
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${filename === null ? '' : `; filename="${filename}"`}\r\n${filename === null ? '' : `Content-Type: ${type}\r\n`}\r\n`,
    ),
    Buffer.from(body),
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...chunks, Buffer.from(`--${boundary}--\r\n`)]);
}

/** A PNG of one colour: a few kilobytes, however many pixels. */
function blankPng(side: number): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(side, 0);
  head.writeUInt32BE(side, 4);
  head.set([1, 0, 0, 0, 0], 8);
  const rows = Buffer.alloc((Math.ceil(side / 8) + 1) * side);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(rows, { level: 1 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A GIF of one pixel and many frames. */
function longGif(frames: number): Buffer {
  const frame = Buffer.from('21f9040000000000' + '2c000000000100010000' + '02024401' + '00', 'hex');
  return Buffer.concat([
    Buffer.from('GIF89a'),
    Buffer.from('01000100800000000000ffffff', 'hex'),
    ...Array.from({ length: frames }, () => frame),
    Buffer.from(';'),
  ]);
}

const jpeg = (width = 64): Promise<Buffer> =>
  sharp({ create: { width, height: 48, channels: 3, background: '#446688' } })
    .jpeg()
    .toBuffer();

describe('photos', () => {
  const app = useApp();
  let id = '';
  let token = '';
  let scratch = '';
  const tmpBefore = process.env['TMPDIR'];
  /** one byte a while, from the beginning of the file's tests to their end */
  let slow: Promise<{ answer: Answer; seconds: number }>;

  const upload = (body: Uint8Array, headers: Wire['headers'] = {}): Wire => ({
    path: `/api/sightings/${id}/photos`,
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}`, 'x-follow-token': token, ...headers },
    body,
  });
  const send = (body: Uint8Array, headers: Wire['headers'] = {}): Promise<Answer> =>
    exchange(app, bytesOf(app, upload(body, headers)));
  const refusedUpload = async (body: Uint8Array, refusal: Refusal, headers: Wire['headers'] = {}): Promise<void> => {
    const before = await rowCounts(app);
    let answer = await send(body, headers);
    if (answer.ms > 1_000) answer = await send(body, headers);
    expectProblem(answer, refusal);
    expect(answer.ms).toBeLessThan(1_000);
    expect(await rowCounts(app)).toEqual(before);
    await expectAlive(app);
  };
  /** a report of its own for each photo that is taken */
  const fresh = async (): Promise<void> => {
    const receipt = await report(app);
    id = receipt.id;
    token = receipt.followUpUrl.split('/').pop() ?? '';
  };

  beforeAll(async () => {
    scratch = mkdtempSync(join(tmpdir(), 'warmpath-uploads-'));
    process.env['TMPDIR'] = scratch;
    await fresh();
    const from = performance.now();
    const whole = bytesOf(app, upload(multipart([{ body: await jpeg() }])));
    const begun = whole.subarray(0, whole.length - 400);
    let trickle: NodeJS.Timeout | undefined;
    slow = exchange(app, begun, (write) => {
      let next = begun.length;
      trickle = setInterval(() => {
        if (!write(whole.subarray(next, (next += 1)))) clearInterval(trickle);
      }, 1_000);
    }).then((answer) => {
      clearInterval(trickle);
      return { answer, seconds: (performance.now() - from) / 1000 };
    });
  });
  afterAll(() => {
    if (tmpBefore === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = tmpBefore;
    rmSync(scratch, { recursive: true, force: true });
  });

  it('U1 ten megabytes and a byte', async () => {
    const file = Buffer.alloc(10 * 1024 * 1024 + 1, 0xff);
    file.set([0xff, 0xd8, 0xff]);
    await refusedUpload(multipart([{ body: file }]), { status: 413, code: 'too_large' });
  });

  it('U1 a body without an end: refused, the connection closed, nothing left on the disk', async () => {
    const before = await rowCounts(app);
    const head = bytesOf(app, {
      ...upload(new Uint8Array()),
      headers: { ...upload(new Uint8Array()).headers, 'transfer-encoding': 'chunked', connection: 'keep-alive' },
    });
    const first = `--${boundary}\r\nContent-Disposition: form-data; name="photo"; filename="a.jpg"\r\n\r\n`;
    const chunk = (data: Buffer): Buffer =>
      Buffer.concat([Buffer.from(`${data.length.toString(16)}\r\n`), data, Buffer.from('\r\n')]);
    const megabyte = chunk(Buffer.alloc(1_048_576, 1));
    let sent = 0;
    const answer = await exchange(app, Buffer.concat([head, chunk(Buffer.from(first))]), (write) => {
      const more = (): void => {
        if (sent > 200) return;
        sent += 1;
        write(megabyte);
        setImmediate(more);
      };
      more();
    });
    expectProblem(answer, { status: 413, code: 'too_large' });
    expect(answer.closed).toBe(true);
    expect(await rowCounts(app)).toEqual(before);
    expect(readdirSync(scratch)).toEqual([]);
    await expectAlive(app);
  });

  it('U2 a hundred files, a thousand fields, a name of a megabyte', async () => {
    const picture = await jpeg();
    await refusedUpload(multipart(Array.from({ length: 100 }, () => ({ body: picture }))), {
      status: 413,
      code: 'too_large',
    });
    await refusedUpload(
      multipart(Array.from({ length: 1_000 }, (_, n) => ({ name: `f${String(n)}`, filename: null, body: 'x' }))),
      { status: 413, code: 'too_large' },
    );
    await refusedUpload(multipart([{ name: 'x'.repeat(1_000_000), filename: null }]), {
      status: 413,
      code: 'too_large',
    });
    await refusedUpload(multipart([{ filename: 'x'.repeat(1_000_000) }]), { status: 413, code: 'too_large' });
  });

  it('U3 what is no picture, whatever it calls itself', async () => {
    const files: [string, string | Uint8Array][] = [
      ['html', '<html><script>alert(1)</script>'],
      ['svg', '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'],
      ['pdf', '%PDF-1.7'],
      ['tiff', Buffer.from('49492a0008000000', 'hex')],
      ['nothing', ''],
      ['zip', Buffer.from('504b0304', 'hex')],
    ];
    for (const [, body] of files) await refusedUpload(multipart([{ body }]), { status: 415, code: 'unsupported_type' });
    await refusedUpload(await jpeg(), { status: 415, code: 'unsupported_type' }, { 'content-type': 'image/jpeg' });
    await refusedUpload(Buffer.from('{}'), { status: 415, code: 'unsupported_type' }, json);
  });

  it('U3 a picture that is also a script is a picture only, written anew', async () => {
    await fresh();
    const script = 'GIF89a/*</script><script>alert(document.domain)//*/';
    const polyglot = Buffer.concat([longGif(1), Buffer.from(script)]);
    const answer = await send(multipart([{ body: polyglot, filename: 'x.html', type: 'text/html' }]));
    expect(answer.status, answer.text).toBe(201);
    const photo = JSON.parse(answer.text) as { id: string };
    const shown = await app.east.dispatcher.fetch(`/api/photos/${photo.id}`);
    expect(shown.headers.get('content-type')).toBe('image/jpeg');
    expect(shown.headers.get('x-content-type-options')).toBe('nosniff');
    expect(shown.headers.get('content-security-policy')).toContain('sandbox');
    const bytes = Buffer.from(await shown.arrayBuffer());
    expect(bytes.toString('latin1')).not.toMatch(/GIF8|script|alert/);
    expect(bytes.subarray(0, 3)).toEqual(Buffer.from([0xff, 0xd8, 0xff]));
  });

  it('U5 nine hundred million pixels in a hundred kilobytes', async () => {
    const png = blankPng(30_000);
    expect(png.length).toBeLessThan(2_000_000);
    await refusedUpload(multipart([{ body: png }]), { status: 422, code: 'invalid_image' });
  });

  it('U6 a film of ten thousand frames', async () => {
    await refusedUpload(multipart([{ body: longGif(10_000) }]), { status: 422, code: 'invalid_image' });
    await fresh();
    expect((await send(multipart([{ body: longGif(3) }]))).status, 'a short one is a picture').toBe(201);
  });

  it('U8 a picture that was cut off, at any place', async () => {
    const whole = await jpeg(600);
    for (const share of [0.02, 0.3, 0.7, 0.98])
      await refusedUpload(multipart([{ body: whole.subarray(0, Math.ceil(whole.length * share)) }]), {
        status: 422,
        code: 'invalid_image',
      });
    await refusedUpload(multipart([{ body: Buffer.from('RIFF\x10\x00\x00\x00WEBPVP8 ', 'latin1') }]), {
      status: 422,
      code: 'invalid_image',
    });
    // and an upload that breaks off within its frame
    const body = multipart([{ body: whole }]);
    await refusedUpload(body.subarray(0, body.length - 40), { status: 400, code: 'malformed' });
    await refusedUpload(Buffer.from('no boundary in it'), { status: [400, 422] });
    await refusedUpload(multipart([]), { status: [400, 422] });
  });

  it('U9 where and when it was taken, by what, and its thumbnail: nothing of it is kept', async () => {
    await fresh();
    const talkative = await sharp(await jpeg(200))
      .withExif({
        IFD0: { Make: 'CanaryCam', ImageDescription: 'canary' },
        IFD3: {
          GPSLatitude: '34/1 15/1 0/1',
          GPSLatitudeRef: 'N',
          GPSLongitude: '108/1 58/1 0/1',
          GPSLongitudeRef: 'E',
        },
      })
      .withXmp(
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="canary"/></rdf:RDF></x:xmpmeta>',
      )
      .toBuffer();
    expect((await sharp(talkative).metadata()).exif).toBeDefined();
    const answer = await send(multipart([{ body: talkative }]));
    expect(answer.status, answer.text).toBe(201);
    const photo = JSON.parse(answer.text) as { id: string };
    const bytes = Buffer.from(await (await app.east.dispatcher.fetch(`/api/photos/${photo.id}`)).arrayBuffer());
    const { exif, xmp, iptc, icc } = await sharp(bytes).metadata();
    expect({ exif, xmp, iptc, icc }).toEqual({});
    expect(bytes.toString('latin1')).not.toMatch(/canary|Exif|GPS|adobe/i);
  });

  it('U10 names of files go nowhere', async () => {
    for (const filename of [
      '../../x',
      '..\\\\..\\\\x',
      'a%0d%0aSet-Cookie: x=1',
      'CON',
      'a\\r\\nSet-Cookie:x',
      'x'.repeat(4_000),
      '',
      '\u0000.jpg',
      '照片.jpg',
    ]) {
      await fresh();
      const answer = await send(multipart([{ filename, body: await jpeg() }]));
      expect([201, 400, 415, 422], `${filename.slice(0, 20)}: ${answer.text}`).toContain(answer.status);
      expect(answer.headers['set-cookie']).toBeUndefined();
      if (answer.status === 201)
        expect((JSON.parse(answer.text) as { id: string }).id).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
    }
    const stored = await row<{ columns: string[] }>(
      app.database.knex,
      `select array_agg(column_name::text order by 1) as columns from information_schema.columns where table_name = 'photos'`,
    );
    expect(stored?.columns).not.toContain('filename');
    expect(readdirSync(scratch)).toEqual([]);
  });

  it('a photo for somebody else’s report, or a fourth one', async () => {
    await fresh();
    const mine = id;
    const body = multipart([{ body: await jpeg() }]);
    await fresh();
    await refusedUpload(body, { status: 404, code: 'not_found' }, { 'x-follow-token': 'A'.repeat(43) });
    await refusedUpload(body, { status: 401, code: 'unauthorized' }, { 'x-follow-token': [] });
    const own = token;
    id = mine;
    await refusedUpload(body, { status: 404, code: 'not_found' }, { 'x-follow-token': own });
    await fresh();
    for (const width of [20, 21, 22]) expect((await send(multipart([{ body: await jpeg(width) }]))).status).toBe(201);
    expect((await send(multipart([{ body: await jpeg(22) }]))).status, 'the same again is the same').toBe(200);
    await refusedUpload(multipart([{ body: await jpeg(23) }]), { status: 422, code: 'too_many_photos' });
  });

  it('U12 one byte a second is closed within half a minute', async () => {
    const { answer, seconds } = await slow;
    expectProblem(answer, { status: 400, code: 'malformed' });
    expect(seconds).toBeLessThan(31);
    expect(answer.closed).toBe(true);
    await expectAlive(app);
  });
});
