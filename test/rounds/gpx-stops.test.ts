/** GPX files: the good of both versions, and whatever a stranger may send. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stopsOfGpx, thinned } from '../../server/rounds/gpx-stops.ts';
import { Problem } from '../../shared/problems.ts';

const HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n';
const gpx = (inner: string, attributes = 'version="1.1" xmlns="http://www.topografix.com/GPX/1/1"'): string =>
  `${HEAD}<gpx ${attributes}>${inner}</gpx>`;
const wpt = (lat: number | string, lon: number | string, inner = ''): string =>
  `<wpt lat="${String(lat)}" lon="${String(lon)}">${inner}</wpt>`;
const track = (count: number, inner: (n: number) => string = () => ''): string =>
  `<trk><name>north</name><trkseg>${Array.from({ length: count }, (_, n) => `<trkpt lat="34.2" lon="${(108.9 + n / 1e5).toFixed(6)}">${inner(n)}</trkpt>`).join('')}</trkseg></trk>`;
const read = (text: string | Buffer) => stopsOfGpx(Buffer.from(text));

/** Code and path of the refusal, within a second. */
function refusal(text: string | Buffer): [number, string | undefined, string | undefined] {
  const from = performance.now();
  try {
    read(text);
  } catch (error) {
    expect(performance.now() - from).toBeLessThan(1_000);
    if (error instanceof Problem) return [error.status, error.errors[0]?.code, error.errors[0]?.path];
    throw error;
  }
  throw new Error('was taken');
}

describe('a GPX file', () => {
  it('gives its way points first, then the first route, then the tracks', () => {
    const route = `<rte><name>Old town</name><rtept lat="34.1" lon="108.8"><name>gate</name></rtept><rtept lat="34.11" lon="108.81"/></rte><rte><rtept lat="0" lon="0"/></rte>`;
    const named = '<metadata><name>Friday</name></metadata>';
    expect(read(gpx(named + wpt(34.2, 108.9, '<name>桥 &amp; 洞 &#x6865;</name>') + route + track(3)))).toEqual({
      name: 'Friday',
      stops: [{ name: '桥 & 洞 桥', position: { type: 'Point', coordinates: [108.9, 34.2] } }],
      dropped: 0,
    });
    expect(read(gpx(named + route + track(3)))).toMatchObject({
      name: 'Old town',
      stops: [{ name: 'gate' }, { name: '2' }],
    });
    expect(read(gpx(track(3)))).toMatchObject({
      name: 'north',
      stops: [{ name: '1' }, { name: '2' }, { name: '3' }],
      dropped: 0,
    });
  });

  it.each([
    [
      'of version 1.0',
      gpx(`<name>ten</name>${wpt('+34.2', ' 108.9 ')}`, 'version="1.0" xmlns="http://www.topografix.com/GPX/1/0"'),
    ],
    [
      'with a prefix',
      gpx(wpt(34.2, 108.9))
        .replaceAll(/<(\/?)(gpx|wpt)/g, '<$1g:$2')
        .replace('xmlns=', 'xmlns:g='),
    ],
    ['with a byte order mark', `\uFEFF${gpx(wpt(34.2, 108.9))}`],
    [
      'with what others put in',
      gpx(
        `<!-- x --><extensions><a:b xmlns:a="u"><a:c>1</a:c></a:b></extensions>${wpt(34.2, 108.9, '<ele>3</ele><extensions><x>y</x></extensions>')}`,
      ),
    ],
    ['without a declaration', gpx(wpt(34.2, 108.9)).replace(HEAD, '')],
  ])('is read %s', (_what, text) => {
    expect(read(text).stops).toMatchObject([{ position: { coordinates: [108.9, 34.2] } }]);
  });

  it('longer than a round takes is cut, and says by how much', () => {
    const ways = read(gpx(Array.from({ length: 203 }, (_, n) => wpt(34, 108 + n / 1000)).join('')));
    expect([ways.stops.length, ways.dropped]).toEqual([200, 3]);
    const long = read(gpx(track(5_000)));
    expect([long.stops.length, long.dropped]).toEqual([200, 4_800]);
    expect(long.stops[0]?.position.coordinates).toEqual([108.9, 34.2]);
    expect(long.stops.at(-1)?.position.coordinates).toEqual([108.94999, 34.2]);
    const name = read(gpx(wpt(1, 2, `<name>${'𠮷'.repeat(5_000)}</name>`))).stops[0]?.name ?? '';
    expect(name.length).toBeLessThanOrEqual(200);
  });

  it.each<[string, string | Buffer, string, string]>([
    [
      'billion laughs',
      `<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>${gpx(wpt(1, 2, '<name>&b;</name>'))}`,
      'doctype',
      '',
    ],
    ['a file of ours', `<!doctype x [<!ENTITY e SYSTEM "file:///etc/passwd">]><gpx>${wpt(1, 2)}</gpx>`, 'doctype', ''],
    [
      'an address',
      `<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:1/x">%p;]><gpx>${wpt(1, 2)}</gpx>`,
      'doctype',
      '',
    ],
    ['no latitude', gpx(wpt(1, 2) + '<wpt lon="1"/>'), 'type', '/gpx/wpt/1/lat'],
    ['NaN', gpx(wpt('NaN', 2)), 'type', '/gpx/wpt/0/lat'],
    ['infinite', gpx(wpt(1, '1e999')), 'type', '/gpx/wpt/0/lon'],
    ['hexadecimal', gpx(wpt('0x10', 2)), 'type', '/gpx/wpt/0/lat'],
    ['swapped', gpx(wpt(108.9, 34.2)), 'lat_range', '/gpx/wpt/0/lat'],
    ['beside the Earth', gpx(wpt(1, 180.0000001)), 'lon_range', '/gpx/wpt/0/lon'],
    [
      'time going backwards',
      gpx(track(3, (n) => `<time>2026-01-01T00:00:${n === 2 ? '00' : `0${String(n + 1)}`}Z</time>`)),
      'order',
      '/gpx/trk/0/trkseg/0/trkpt/2/time',
    ],
    ['a time that is none', gpx(track(1, () => '<time>soon</time>')), 'format', '/gpx/trk/0/trkseg/0/trkpt/0/time'],
    ['nested without end', gpx('<a>'.repeat(100_000) + '</a>'.repeat(100_000)), 'xml', ''],
    ['nested and never closed', gpx('<a>'.repeat(300_000)), 'xml', ''],
    ['attributes without end', `<gpx ${'a'.repeat(900_000)}`, 'xml', ''],
    ['a thousand times the same attribute', `<gpx ${'a="1" '.repeat(150_000)}></gpx>`, 'xml', ''],
    ['a name to pollute with', gpx('<__proto__><polluted>1</polluted></__proto__>'), '', ''],
    ['a prototype', gpx('<constructor><prototype><polluted>1</polluted></prototype></constructor>'), '', ''],
    ['cut off', gpx(wpt(1, 2)).slice(0, -8), 'xml', ''],
    ['nothing', '', 'xml', ''],
    ['JSON', '{"gpx":1}', 'xml', ''],
    ['another language', `${HEAD}<kml></kml>`, 'gpx', ''],
    ['empty', gpx(''), 'required', '/gpx'],
    ['an empty track', gpx('<trk><trkseg></trkseg></trk>'), 'required', '/gpx'],
    ['GBK', Buffer.from([0x3c, 0x67, 0x70, 0x78, 0x3e, 0xc7, 0xc5]), 'encoding', ''],
    ['another encoding by name', gpx(wpt(1, 2)).replace('UTF-8', 'GB18030'), 'encoding', ''],
    ['UTF-16', Buffer.from(`\uFEFF${gpx(wpt(1, 2))}`, 'utf16le'), 'encoding', ''],
  ])('is refused when it has or is %s', (_what, text, code, path) => {
    const [status, found, where] = refusal(text);
    expect(status).toBe(422);
    if (code !== '') expect([found, where]).toEqual([code, path]);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('whatever it holds is read or refused, and nothing else happens', () => {
    const text = fc.string({
      unit: fc.constantFrom(
        '<',
        '>',
        '/',
        '"',
        '=',
        ' ',
        'gpx',
        'wpt',
        'lat',
        'lon',
        '1',
        '&',
        ';',
        '!',
        '[',
        '-',
        ']',
        '?',
      ),
      maxLength: 80,
    });
    fc.assert(
      fc.property(text, fc.boolean(), (inner, wrapped) => {
        try {
          read(wrapped ? gpx(inner) : inner);
        } catch (error) {
          expect(error).toBeInstanceOf(Problem);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('a line thinned', () => {
  it('keeps its ends and its order, is never longer than asked, and leaves no gap wider than a step and a point', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 300 }),
        fc.integer({ min: 2, max: 40 }),
        (steps, most) => {
          let lon = 100;
          const line = steps.map((step) => ({ position: [(lon += step / 1e5), 0] as [number, number] }));
          const kept = thinned(line, most);
          expect(kept.length).toBeLessThanOrEqual(most);
          expect([kept[0], kept.at(-1)]).toEqual([line[0], line.at(-1)]);
          const places = kept.map((each) => line.indexOf(each));
          expect(places).toEqual([...places].sort((a, b) => a - b));
          if (line.length <= most) return;
          const whole = (line.at(-1)?.position[0] ?? 0) - (line[0]?.position[0] ?? 0);
          const widest = Math.max(...kept.slice(1).map((each, n) => each.position[0] - (kept[n]?.position[0] ?? 0)));
          expect(widest).toBeLessThanOrEqual(whole / (most - 1) + 51 / 1e5);
        },
      ),
    );
  });
});
