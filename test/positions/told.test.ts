/** Every form in which trackers say something, and what is understood; as clients send them, written by hand. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { osmandTold } from '../../server/positions/osmand.ts';
import { owntracksTold } from '../../server/positions/owntracks.ts';
import type { Told } from '../../server/positions/told.ts';
import { Problem } from '../../shared/problems.ts';

const at = Date.parse('2026-01-15T13:00:00.000Z');
const query = (text: string): Record<string, unknown> => {
  const fields: Record<string, unknown> = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const known = fields[name];
    fields[name] = known === undefined ? value : [known, value].flat();
  }
  return fields;
};
const get = (text: string): Told[] => osmandTold(query(text), '');
const form = (text: string): Told[] => osmandTold({}, text);
const json = (body: unknown, also = ''): Told[] => osmandTold(query(also), JSON.stringify(body));
const tracks = (body: unknown): Told[] => owntracksTold(JSON.stringify(body), 'van 1');
const HERE = 'id=van1&lat=34.2611&lon=108.9422';
const sdk = (over: object = {}, coords: object = {}): object => ({
  device_id: '48241179',
  location: {
    timestamp: '2026-01-15T13:00:00.000Z',
    coords: { latitude: 34.2611, longitude: 108.9422, accuracy: 8, speed: 2.5, heading: 90, altitude: 400, ...coords },
    is_moving: true,
    odometer: 1200,
    event: 'motionchange',
    battery: { level: 0.57, is_charging: false },
    activity: { type: 'in_vehicle' },
    extras: {},
    ...over,
  },
});

const understood: [string, () => Told[], Partial<Told>][] = [
  ['the least', () => get(HERE), { uniqueId: 'van1', at: null, position: [108.9422, 34.2611], speed: null }],
  [
    'Traccar Client 8 for Android',
    () =>
      get(
        'id=48241179&timestamp=1768482000&lat=34.2611&lon=108.9422&speed=4.86&bearing=271.0&altitude=405.2&accuracy=12.5&batt=57.0&charge=true',
      ),
    { uniqueId: '48241179', at, speed: 4.86, speedUnit: null, headingDeg: 271, accuracyM: 12.5, battery: 57 },
  ],
  [
    'OsmAnd',
    () => get(`${HERE}&timestamp=1768482000123&hdop=1.2&altitude=400&speed=0.0&bearing=0.0`),
    { at: at + 123, speed: 0, headingDeg: 0 },
  ],
  ['deviceid', () => get('deviceid=866104&lat=1&lon=2'), { uniqueId: '866104', position: [2, 1] }],
  ['a time in ISO 8601', () => get(`${HERE}&timestamp=2026-01-15T13:00:00Z`), { at }],
  ['with an offset', () => get(`${HERE}&timestamp=2026-01-15T21:00:00.000%2B08:00`), { at }],
  ['with an offset nobody escaped', () => get(`${HERE}&timestamp=2026-01-15T21:00:00+0800`), { at }],
  ['with microseconds and no zone', () => get(`${HERE}&timestamp=2026-01-15T13:00:00.000999`), { at }],
  ['yyyy-MM-dd HH:mm:ss', () => get(`${HERE}&timestamp=2026-01-15%2013:00:00`), { at }],
  ['the same with plus', () => get(`${HERE}&timestamp=2026-01-15+13:00:00`), { at }],
  ['seconds with a fraction', () => get(`${HERE}&timestamp=1768482000.5`), { at: at + 500 }],
  ['a receiver without a clock', () => get(`${HERE}&timestamp=0`), { at: 0 }],
  ['location=lat,lon', () => get('id=a&location=34.2611,108.9422'), { position: [108.9422, 34.2611] }],
  ['a heading', () => get(`${HERE}&heading=359.5`), { headingDeg: 359.5 }],
  ['a heading once round', () => get(`${HERE}&heading=370`), { headingDeg: 10 }],
  [
    '-1 for what is not known',
    () => get(`${HERE}&speed=-1&bearing=-1&accuracy=-1&batt=-1`),
    { speed: null, headingDeg: null, accuracyM: null, battery: null },
  ],
  ['nothing for what is not known', () => get(`${HERE}&speed=&timestamp=&batt=`), { speed: null, at: null }],
  ['volts', () => get(`${HERE}&battery=4100`), { battery: null }],
  ['battery', () => get(`${HERE}&battery=41`), { battery: 41 }],
  ['not valid', () => get(`${HERE}&valid=false`), { unsure: true }],
  ['not valid, shorter', () => get(`${HERE}&valid=0`), { unsure: true }],
  ['valid', () => get(`${HERE}&valid=true`), { unsure: false }],
  [
    'what is let be',
    () =>
      get(
        `${HERE}&driverUniqueId=x&alarm=sos&event=1&charge=true&altitude=high&cell=460,0,1,2&cell=460,0,3,4&wifi=a-b,1&wifi=c-d,2`,
      ),
    { position: [108.9422, 34.2611] },
  ],
  ['cells and no place', () => get('id=a&cell=460,0,12345,67890,-70&batt=20'), { position: null, battery: 20 }],
  ['only that it is there', () => get('id=a&timestamp=1768482000'), { position: null, at }],
  ['0,0', () => get('id=a&lat=0&lon=0'), { position: [0, 0] }],
  ['a token', () => get(`${HERE}&token=abc`), { token: 'abc' }],
  ['a form', () => form(`${HERE}&timestamp=1768482000&speed=3`), { uniqueId: 'van1', at, speed: 3 }],
  [
    'an address and a form',
    () => osmandTold(query('id=van1&token=t'), 'lat=1&lon=2'),
    { uniqueId: 'van1', token: 't', position: [2, 1] },
  ],
  ['POST with everything in the address', () => osmandTold(query(HERE), ''), { position: [108.9422, 34.2611] }],
  [
    'Traccar Client 9',
    () => json(sdk()),
    {
      uniqueId: '48241179',
      at,
      position: [108.9422, 34.2611],
      speed: 2.5,
      speedUnit: 'mps',
      headingDeg: 90,
      accuracyM: 8,
      battery: 57,
    },
  ],
  [
    'Traccar Client 9 standing still',
    () => json(sdk({ battery: { level: -1 } }, { speed: -1, heading: -1, accuracy: -1 })),
    { speed: null, headingDeg: null, accuracyM: null, battery: null },
  ],
  [
    'a heartbeat of it',
    () => json({ device_id: 'a', location: { timestamp: at, is_heartbeat: true } }),
    { position: null, at },
  ],
  ['a number as its id', () => json({ ...sdk(), device_id: 48241179 }), { uniqueId: '48241179' }],
  ['one location alone', () => json(Reflect.get(sdk(), 'location'), 'id=van1'), { uniqueId: 'van1', at }],
  ['flat JSON', () => json({ id: 'a', lat: 1, lon: '2', timestamp: at }), { position: [2, 1], at, speedUnit: null }],
  [
    'OwnTracks on Android',
    () =>
      tracks({
        _type: 'location',
        BSSID: 'x',
        acc: 12,
        alt: 410,
        batt: 85,
        bs: 1,
        conn: 'm',
        created_at: 1768482009,
        lat: 34.2611,
        lon: 108.9422,
        m: 1,
        t: 'u',
        tid: 'v1',
        tst: 1768482000,
        vac: 3,
        vel: 36,
        cog: 180,
      }),
    {
      uniqueId: 'van 1',
      at,
      position: [108.9422, 34.2611],
      speed: 36,
      speedUnit: 'kmh',
      headingDeg: 180,
      accuracyM: 12,
      battery: 85,
    },
  ],
  [
    'OwnTracks on iOS that does not know',
    () => tracks({ _type: 'location', lat: 1, lon: 2, tst: 1768482000, vel: -1, cog: -1, acc: -1, batt: -1 }),
    { speed: null, headingDeg: null, accuracyM: null, battery: null },
  ],
  ...['transition', 'waypoint', 'waypoints', 'lwt', 'status', 'card', 'cmd', 'steps', 'encrypted', 'beacon'].map(
    (type): [string, () => Told[], Partial<Told>] => [
      `OwnTracks ${type}`,
      () => tracks({ _type: type, lat: 1, lon: 2, tst: 1768482000, data: 'x' }),
      { position: null, at: null },
    ],
  ),
];

const refused: [string, () => Told[], string, string][] = [
  ['nothing', () => get(''), '/query/id', 'required'],
  ['no id', () => get('lat=1&lon=2'), '/query/id', 'required'],
  ['an empty id', () => get('id=&lat=1&lon=2'), '/query/id', 'required'],
  ['a form without id', () => form('lat=1&lon=2'), '/id', 'required'],
  ['no longitude', () => get('id=a&lat=1'), '/query/lon', 'required'],
  ['no latitude', () => get('id=a&lon=1'), '/query/lat', 'required'],
  ['words', () => get('id=a&lat=north&lon=2'), '/query/lat', 'type'],
  ['a template that nobody filled in', () => get('id=a&lat={0}&lon={1}'), '/query/lat', 'type'],
  ['NaN', () => get('id=a&lat=NaN&lon=2'), '/query/lat', 'type'],
  ['infinite', () => get('id=a&lat=1e999&lon=2'), '/query/lat', 'type'],
  ['hexadecimal', () => get('id=a&lat=0x10&lon=2'), '/query/lat', 'type'],
  ['latitude 90.1', () => get('id=a&lat=90.1&lon=2'), '/query/lat', 'lat_range'],
  ['longitude -180.1', () => form('id=a&lat=1&lon=-180.1'), '/lon', 'range'],
  ['half a location', () => get('id=a&location=34.2'), '/query/location', 'format'],
  ['a location of words', () => get('id=a&location=here,there'), '/query/location', 'type'],
  ['yesterday', () => get(`${HERE}&timestamp=yesterday`), '/query/timestamp', 'format'],
  ['30 February', () => get(`${HERE}&timestamp=2026-02-30T00:00:00Z`), '/query/timestamp', 'format'],
  ['25 o’clock', () => get(`${HERE}&timestamp=2026-01-15%2025:00:00`), '/query/timestamp', 'format'],
  ['before 1970', () => get(`${HERE}&timestamp=-5`), '/query/timestamp', 'format'],
  ['a time beyond all calendars', () => get(`${HERE}&timestamp=99999999999999999`), '/query/timestamp', 'format'],
  ['speed in words', () => get(`${HERE}&speed=fast`), '/query/speed', 'type'],
  ['lat twice', () => get(`${HERE}&lat=35`), '/query/lat', 'array'],
  ['lat twice in a form', () => form(`${HERE}&lat=35`), '/lat', 'array'],
  ['lat in the address and another in the form', () => osmandTold(query(HERE), 'lat=35'), '/lat', 'array'],
  ['half of an object', () => osmandTold({}, '{"id":'), '', 'format'],
  ['an array of numbers', () => json([1]), '/0', 'type'],
  ['a place of words', () => json(sdk({}, { latitude: 'x' })), '/location/coords/latitude', 'type'],
  ['a place that is half', () => json(sdk({}, { longitude: null })), '/location/coords/longitude', 'required'],
  ['coords that are none', () => json(sdk({ coords: [1, 2] })), '/location/coords', 'type'],
  ['a bad one among good', () => json([sdk(), sdk({ timestamp: 'x' })]), '/1/location/timestamp', 'format'],
  ['one in a queue', () => json({ id: 'a', location: [{}, 5] }), '/location/1', 'type'],
  ['lat that is a list', () => json({ id: 'a', lat: [1, 2], lon: 2 }), '/lat', 'array'],
  ['an id that is an object', () => json({ id: {}, lat: 1, lon: 2 }), '/id', 'required'],
  ['NUL', () => json({ id: 'a\u0000b' }), '/id', 'nul_char'],
  ['thousands', () => json(Array.from({ length: 2_001 }, () => ({ id: 'a' }))), '', 'range'],
  ['OwnTracks: half of an object', () => owntracksTold('{', 'a'), '', 'format'],
  ['OwnTracks: a number', () => tracks(5), '', 'type'],
  ['OwnTracks: no type', () => tracks({ lat: 1, lon: 2 }), '/_type', 'required'],
  ['OwnTracks: no place', () => tracks({ _type: 'location', tst: 1 }), '/lat', 'required'],
  ['OwnTracks: swapped', () => tracks({ _type: 'location', lat: 108.9, lon: 34 }), '/lat', 'lat_range'],
  [
    'OwnTracks: a bad one among good',
    () => tracks([{ _type: 'lwt' }, { _type: 'location', lat: 1 }]),
    '/1/lon',
    'required',
  ],
];

describe('a tracker is understood:', () => {
  it.each(understood)('%s', (_name, told, expected) => {
    const messages = told();
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatchObject(expected);
  });

  it('a queue of one device, of several, and nothing at all', () => {
    expect(json([sdk(), sdk({ timestamp: at + 1000 })]).map((told) => told.at)).toEqual([at, at + 1000]);
    const [one, two] = json({ device_id: 'a', location: [{ timestamp: at }, { timestamp: at + 1 }] });
    expect([one?.at, two?.at, two?.uniqueId]).toEqual([at, at + 1, 'a']);
    expect(tracks([{ _type: 'location', lat: 1, lon: 2, tst: 5 }, { _type: 'lwt' }])).toHaveLength(2);
    expect(owntracksTold('', 'a')).toEqual([]);
    expect(owntracksTold(' \n', 'a')).toEqual([]);
    expect(tracks([])).toEqual([]);
  });

  it.each(refused)('and refused with the place of the mistake: %s', (_name, told, path, code) => {
    let thrown: unknown;
    try {
      told();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(Problem);
    expect(thrown).toMatchObject({ code: 'malformed', errors: [{ path, code }] });
  });

  it('whatever it sends: an answer or a problem, never anything else', () => {
    const sane = (told: () => Told[]): void => {
      try {
        for (const { at: time, position, battery } of told()) {
          expect(time === null || Number.isFinite(time)).toBe(true);
          expect(position === null || (Math.abs(position[0]) <= 180 && Math.abs(position[1]) <= 90)).toBe(true);
          expect(battery === null || (battery >= 0 && battery <= 100)).toBe(true);
        }
      } catch (error) {
        expect(error).toBeInstanceOf(Problem);
      }
    };
    const names = fc.constantFrom('id', 'lat', 'lon', 'timestamp', 'location', 'speed', 'batt', 'coords', '__proto__');
    const value = fc.oneof(fc.jsonValue(), fc.double(), fc.string(), fc.constantFrom('2026-01-15 10:00:00', '1,2'));
    fc.assert(
      fc.property(fc.dictionary(names, value), fc.string(), (fields, text) => {
        sane(() => json(fields));
        sane(() => json([fields]));
        sane(() => osmandTold(fields, text));
        sane(() => tracks({ _type: 'location', ...fields }));
        sane(() => owntracksTold(text, 'a'));
      }),
    );
  });
});
