/**
 * The OsmAnd protocol as Traccar's server understands it (traccar.org/osmand): a query, a form, or the JSON of Traccar Client 9.
 *
 * | field | meaning |
 * | --- | --- |
 * | `id`, `deviceid`, `device_id` | the device's unique id |
 * | `token` | its token, where the registry asks for one (or Basic authentication) |
 * | `timestamp` | s, ms, ISO 8601 or `yyyy-MM-dd HH:mm:ss` in UTC; now when left out |
 * | `lat` and `lon`, or `location=lat,lon` | degrees, WGS 84; without them the device is only heard of |
 * | `speed` | in the unit of the device; JSON of Traccar Client: m/s |
 * | `bearing`, `heading` | degrees |
 * | `accuracy` | metres |
 * | `batt`, `battery` | percent |
 * | `valid` | `false` or `0`: kept and marked |
 *
 * -1 is unknown. All else (altitude, hdop, charge, cell, wifi, driverUniqueId, event, alarm ...) is let be.
 */
import {
  batteryOf,
  headingAt,
  isRecord,
  knownAt,
  malformed,
  MOST_TOLD,
  nameAt,
  numberAt,
  placeOf,
  timeAt,
  type Told,
} from './told.ts';

interface Said {
  value: unknown;
  path: string;
}
/** Reads a field by one of its names; `path` is where it stands or should. */
type Reader = (...names: [string, ...string[]]) => Said;

function readerOf(fields: ReadonlyMap<string, Said>, base: string): Reader {
  return (...names) => {
    for (const name of names) {
      const said = fields.get(name);
      if (said && said.value !== '' && said.value !== null && said.value !== undefined) return said;
    }
    return { value: undefined, path: `${base}/${names[0]}` };
  };
}

/** Only what is read may not be said twice: several cells and networks are no mistake. */
const READ = new Set(
  'id deviceid device_id token timestamp lat lon location speed bearing heading accuracy batt battery valid'.split(' '),
);

function put(fields: Map<string, Said>, name: string, said: Said): void {
  const known = fields.get(name);
  if (READ.has(name) && ((known && known.value !== said.value) || Array.isArray(said.value)))
    throw malformed(said.path, 'array', 'given more than once');
  fields.set(name, said);
}

const fieldsOf = (object: object, base: string): Map<string, Said> => {
  const fields = new Map<string, Said>();
  for (const [name, value] of Object.entries(object)) put(fields, name, { value, path: `${base}/${name}` });
  return fields;
};

const isFalse = (value: unknown): boolean => value === false || value === 0 || value === 'false' || value === '0';

function placeIn(read: Reader): Told['position'] {
  const [lat, lon, location] = [read('lat'), read('lon'), read('location')];
  if (location.value === undefined || lat.value !== undefined || lon.value !== undefined)
    return placeOf(lat.value, lon.value, lat.path, lon.path);
  const parts = typeof location.value === 'string' ? location.value.split(',') : [];
  if (parts.length < 2) throw malformed(location.path, 'format', 'not lat,lon');
  const [y, x] = [numberAt(parts[0], location.path), numberAt(parts[1], location.path)];
  if (y === null || x === null) throw malformed(location.path, 'format', 'not lat,lon');
  return placeOf(y, x, location.path, location.path);
}

function whoIn(read: Reader): Pick<Told, 'uniqueId' | 'idPath' | 'token'> {
  const [id, token] = [read('id', 'deviceid', 'device_id'), read('token')];
  return {
    uniqueId: nameAt(id.value, id.path),
    idPath: id.path,
    token: token.value === undefined ? null : nameAt(token.value, token.path),
  };
}

/** Query and form: names and values. */
function toldFlat(read: Reader): Told {
  const [time, speed, heading, accuracy] = [
    read('timestamp'),
    read('speed'),
    read('bearing', 'heading'),
    read('accuracy'),
  ];
  return {
    ...whoIn(read),
    at: timeAt(time.value, time.path),
    position: placeIn(read),
    speed: knownAt(speed.value, speed.path),
    speedUnit: null,
    headingDeg: headingAt(heading.value, heading.path),
    accuracyM: knownAt(accuracy.value, accuracy.path),
    battery: batteryOf(read('batt', 'battery').value),
    unsure: isFalse(read('valid').value),
  };
}

/** One location as the background location SDK of Traccar Client words it. */
function toldNested(location: unknown, path: string, read: Reader): Told {
  if (!isRecord(location)) throw malformed(path, 'type', 'not an object');
  const { timestamp, coords, battery } = location;
  if (coords !== undefined && coords !== null && !isRecord(coords))
    throw malformed(`${path}/coords`, 'type', 'not an object');
  const at = coords ?? {};
  const own = `${path}/coords`;
  return {
    ...whoIn(read),
    at: timeAt(timestamp, `${path}/timestamp`),
    position: placeOf(at['latitude'], at['longitude'], `${own}/latitude`, `${own}/longitude`),
    speed: knownAt(at['speed'], `${own}/speed`),
    speedUnit: 'mps',
    headingDeg: headingAt(at['heading'], `${own}/heading`),
    accuracyM: knownAt(at['accuracy'], `${own}/accuracy`),
    battery: isRecord(battery) ? batteryOf(battery['level'], 100) : null,
    unsure: false,
  };
}

/** One object of a JSON body, with what the address says already. */
function toldObject(item: unknown, base: string, query: ReadonlyMap<string, Said>): Told[] {
  if (!isRecord(item)) throw malformed(base, 'type', 'not an object');
  const location = item['location'] ?? (isRecord(item['coords']) ? item : undefined);
  if (typeof location !== 'object' || location === null)
    return [toldFlat(readerOf(new Map([...query, ...fieldsOf(item, base)]), base))];
  const { location: _nested, battery: _level, ...who } = item;
  const read = readerOf(new Map([...query, ...fieldsOf(who, base)]), base);
  const path = item['location'] === undefined ? base : `${base}/location`;
  return Array.isArray(location)
    ? location.map((each: unknown, n) => toldNested(each, `${path}/${String(n)}`, read))
    : [toldNested(location, path, read)];
}

function toldJson(text: string, query: ReadonlyMap<string, Said>): Told[] {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw malformed('', 'format', 'not JSON');
  }
  const told = Array.isArray(body)
    ? body.slice(0, MOST_TOLD + 1).flatMap((item: unknown, n) => toldObject(item, `/${String(n)}`, query))
    : toldObject(body, '', query);
  if (told.length > MOST_TOLD) throw malformed('', 'range', 'too many at once');
  return told;
}

/** What a call says; throws malformed with the place of the first thing wrong. `query` has arrays where a name came twice. */
export function osmandTold(query: Readonly<Record<string, unknown>>, body: string): Told[] {
  const fields = fieldsOf(query, '/query');
  const text = body.trim();
  if (text.startsWith('{') || text.startsWith('[')) return toldJson(text, fields);
  for (const [name, value] of new URLSearchParams(text)) put(fields, name, { value, path: `/${name}` });
  const base = text === '' ? '/query' : '';
  return [toldFlat(readerOf(fields, base))];
}
