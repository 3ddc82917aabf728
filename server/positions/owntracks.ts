/** OwnTracks in HTTP mode (owntracks.org/booklet/tech/http and /json): locations are kept, all else says that the device is there. */
import { batteryOf, headingAt, isRecord, knownAt, malformed, MOST_TOLD, placeOf, timeAt, type Told } from './told.ts';

function toldMessage(message: unknown, path: string, uniqueId: string): Told {
  if (!isRecord(message)) throw malformed(path, 'type', 'not an object');
  const type = message['_type'];
  if (typeof type !== 'string') throw malformed(`${path}/_type`, 'required', 'the type of the message');
  const heard: Told = {
    uniqueId,
    idPath: '',
    token: null,
    at: null,
    position: null,
    speed: null,
    speedUnit: 'kmh',
    headingDeg: null,
    accuracyM: null,
    battery: batteryOf(message['batt']),
    unsure: false,
  };
  if (type !== 'location') return heard;
  const position = placeOf(message['lat'], message['lon'], `${path}/lat`, `${path}/lon`);
  if (position === null) throw malformed(`${path}/lat`, 'required', 'required');
  return {
    ...heard,
    position,
    at: timeAt(message['tst'], `${path}/tst`),
    speed: knownAt(message['vel'], `${path}/vel`),
    headingDeg: headingAt(message['cog'], `${path}/cog`),
    accuracyM: knownAt(message['acc'], `${path}/acc`),
  };
}

/** What a body says, none or several messages; throws malformed. An empty body is a friend that was deleted in the app. */
export function owntracksTold(body: string, uniqueId: string): Told[] {
  const text = body.trim();
  if (text === '') return [];
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    throw malformed('', 'format', 'not JSON');
  }
  if (!Array.isArray(said)) return [toldMessage(said, '', uniqueId)];
  if (said.length > MOST_TOLD) throw malformed('', 'range', 'too many at once');
  return said.map((message: unknown, n) => toldMessage(message, `/${String(n)}`, uniqueId));
}
