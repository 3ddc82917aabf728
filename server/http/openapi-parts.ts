/** What the contract's schemas do not say of themselves: names of what recurs, chapters, other media than JSON, examples. */
import type * as z from 'zod/mini';
import { alertRow } from '../../shared/alerts.ts';
import { dispatchRow, suggestionRow } from '../../shared/dispatches.ts';
import { shiftRow, spotCheckRow } from '../../shared/duty.ts';
import { encounterRow } from '../../shared/encounters.ts';
import type { Noun } from '../../shared/events.ts';
import { feedRow } from '../../shared/feeds.ts';
import { pointSchema } from '../../shared/geo.ts';
import {
  hsdsCapacity,
  hsdsLocation,
  hsdsOrganization,
  hsdsService,
  hsdsServiceAtLocation,
  hsdsServiceListed,
} from '../../shared/hsds.ts';
import { idSchema, instant } from '../../shared/ids.ts';
import { entryRow, incidentRow } from '../../shared/incidents.ts';
import { informantRow } from '../../shared/informants.ts';
import { crewMember, deviceRow, patrolRow, vehicleRow } from '../../shared/patrols.ts';
import { trackPoint } from '../../shared/positions.ts';
import { importedShelter } from '../../shared/shelter-import.ts';
import { holdRow, publicShelter, shelterCount, shelterRow, shelterView } from '../../shared/shelters.ts';
import { shelterMatch } from '../../shared/shelter-match.ts';
import { stayRow } from '../../shared/stays.ts';
import { panicRow } from '../../shared/panics.ts';
import { recheckRow } from '../../shared/rechecks.ts';
import { roundRow, runRow } from '../../shared/rounds.ts';
import { condition } from '../../shared/plan-conditions.ts';
import { activationRow, decisionRow, planRow, planSpec, planState } from '../../shared/plans.ts';
import { siteRow } from '../../shared/sites.ts';
import { readingRow, weatherRow } from '../../shared/weather.ts';
import { callRow } from '../../shared/calls.ts';
import { placeImportRow } from '../../shared/places.ts';
import { questionRow } from '../../shared/questions.ts';
import { followRow, photoRow, receipt, sightingRow } from '../../shared/sightings.ts';
import { areaRow, ruleRow, stationRow } from '../../shared/stations.ts';
import { loadLine, loadListRow, loadRow } from '../../shared/loads.ts';
import { stocktakeRow } from '../../shared/stocktakes.ts';
import { depotRow, itemRow, movementRow, stockRow } from '../../shared/supplies.ts';
import { tallyRow } from '../../shared/tally.ts';
import { taskRow } from '../../shared/tasks.ts';
import { sessionRow, tokenRow, userRow } from '../../shared/users.ts';

/** Schemas that many calls share, by the name they get under components. */
export const namedSchemas: Readonly<Record<string, z.ZodMiniType>> = {
  Id: idSchema,
  Instant: instant,
  Point: pointSchema,
  Activation: activationRow,
  Alert: alertRow,
  Area: areaRow,
  Condition: condition,
  Decision: decisionRow,
  Feed: feedRow,
  Plan: planRow,
  PlanSpec: planSpec,
  PlanState: planState,
  Shift: shiftRow,
  SpotCheck: spotCheckRow,
  Depot: depotRow,
  Load: loadRow,
  LoadLine: loadLine,
  LoadList: loadListRow,
  Device: deviceRow,
  Dispatch: dispatchRow,
  Encounter: encounterRow,
  Follow: followRow,
  Hold: holdRow,
  HsdsCapacity: hsdsCapacity,
  HsdsLocation: hsdsLocation,
  HsdsOrganization: hsdsOrganization,
  HsdsService: hsdsService,
  HsdsServiceAtLocation: hsdsServiceAtLocation,
  HsdsServiceListed: hsdsServiceListed,
  Incident: incidentRow,
  Informant: informantRow,
  Item: itemRow,
  LiveShelter: shelterRow,
  Movement: movementRow,
  CrewMember: crewMember,
  Panic: panicRow,
  Patrol: patrolRow,
  Recheck: recheckRow,
  Round: roundRow,
  Run: runRow,
  Photo: photoRow,
  PublicShelter: publicShelter,
  Receipt: receipt,
  Reading: readingRow,
  Rule: ruleRow,
  Site: siteRow,
  Weather: weatherRow,
  Call: callRow,
  PlaceImport: placeImportRow,
  Question: questionRow,
  Session: sessionRow,
  Shelter: shelterView,
  ShelterCount: shelterCount,
  ImportedShelter: importedShelter,
  ShelterMatch: shelterMatch,
  Sighting: sightingRow,
  Station: stationRow,
  Stay: stayRow,
  Stocktake: stocktakeRow,
  Stock: stockRow,
  Suggestion: suggestionRow,
  Tally: tallyRow,
  Task: taskRow,
  TimelineEntry: entryRow,
  Token: tokenRow,
  TrackPoint: trackPoint,
  User: userRow,
  Vehicle: vehicleRow,
};

/** What zod writes as a pattern of hundreds of characters, said shortly. */
export const plainSchemas: Readonly<Record<string, object>> = {
  Id: {
    type: 'string',
    format: 'uuid',
    description: 'Any UUID but the nil one, made by whoever creates the thing; read without regard to case.',
  },
  Instant: {
    type: 'string',
    format: 'date-time',
    description: 'ISO 8601 with an offset; answered in UTC with milliseconds.',
  },
  Point: {
    type: 'object',
    description: 'GeoJSON: longitude first.',
    properties: {
      type: { type: 'string', const: 'Point' },
      coordinates: {
        type: 'array',
        description: '[longitude, latitude]: -180 to 180, then -90 to 90.',
        items: { type: 'number', minimum: -180, maximum: 180 },
        minItems: 2,
        maxItems: 2,
      },
    },
    required: ['type', 'coordinates'],
    additionalProperties: false,
  },
};

/** Chapters, in reading order: the paths under /api that belong to one, and what it is about. */
export const chapters: readonly { name: string; paths: readonly string[]; about: string }[] = [
  {
    name: 'live',
    paths: ['health', 'snapshot', 'changes'],
    about: 'The live picture: where a client starts and how it keeps up.',
  },
  {
    name: 'sightings',
    paths: ['sightings', 'photos', 'follow'],
    about: 'Reports that somebody may need help, their photos, and what the reporter may know of them.',
  },
  {
    name: 'incidents',
    paths: ['incidents'],
    about: 'What the desk works on: one or more sightings of the same people, from new to closed.',
  },
  { name: 'dispatches', paths: ['dispatches', 'dispatch-plan'], about: 'Patrols sent to incidents, step by step.' },
  { name: 'encounters', paths: ['encounters'], about: 'Whom a patrol met, what was given, and how it ended.' },
  { name: 'patrols', paths: ['patrols', 'vehicles', 'devices'], about: 'Outings, vehicles and tracking devices.' },
  {
    name: 'positions',
    paths: ['positions', 'osmand', 'owntracks'],
    about: 'Where patrols are, told by phones and devices.',
  },
  { name: 'panics', paths: ['panics'], about: 'Crews that call for help.' },
  { name: 'rounds', paths: ['rounds', 'runs'], about: 'Patrol rounds, and how far patrols have come with them.' },
  { name: 'coverage', paths: ['coverage'], about: 'Where patrols have looked, and where to look next.' },
  { name: 'rechecks', paths: ['rechecks'], about: 'Whom to look at again after a refusal.' },
  {
    name: 'shelters',
    paths: ['shelters', 'stays', 'public'],
    about: 'Warm places: what is free, beds that are held, people who stay.',
  },
  {
    name: 'hsds',
    paths: ['hsds'],
    about: 'Warm places for other directories, as the Human Services Data Specification 3 has them.',
  },
  {
    name: 'supplies',
    paths: ['supplies'],
    about: 'Items, depots, stock and each movement of it; loads of patrols, and counts.',
  },
  { name: 'tasks', paths: ['tasks'], about: 'What somebody must still see to.' },
  { name: 'tally', paths: ['reports'], about: "The night's numbers, and how long each step took." },
  { name: 'weather', paths: ['weather'], about: 'Readings of the weather, observed and forecast.' },
  {
    name: 'alerts',
    paths: ['alerts', 'feeds'],
    about: 'Warnings, and where they and the weather come from by themselves.',
  },
  {
    name: 'plans',
    paths: ['plans', 'activations'],
    about: 'Emergency plans: when they switch on, what they do, what is on now and why.',
  },
  { name: 'duty', paths: ['duty'], about: 'Who answers the desk: shifts, hand-over, spot checks, samples.' },
  { name: 'sites', paths: ['sites'], about: 'Known places, and what happened there before.' },
  { name: 'places', paths: ['places'], about: 'What words, codes and pasted coordinates mean on the map.' },
  {
    name: 'calls',
    paths: ['calls', 'hotlines', 'presence'],
    about: 'The desk itself: its hotlines, and who is at which incident.',
  },
  {
    name: 'stations',
    paths: ['stations', 'areas', 'rules'],
    about: 'Who is responsible where, and the rules of the field that hold there.',
  },
  { name: 'informants', paths: ['informants'], about: 'Organisations whose reports count as verified.' },
  {
    name: 'users',
    paths: ['session', 'sessions', 'users', 'tokens'],
    about: 'Signing in, people, and tokens of other systems.',
  },
];
/** Where a call stands that no chapter names yet. */
export const OTHER = { name: 'other', about: 'Other calls.' };

/** The chapter of a path such as `/api/shelters/{id}`. */
export const chapterOf = (path: string): string =>
  chapters.find(({ paths }) => paths.includes(path.replace(/^\/api/, '').split('/')[1] ?? ''))?.name ?? OTHER.name;

const file = (description: string): object => ({
  type: 'string',
  contentMediaType: 'application/octet-stream',
  description,
});

/** Rows of the live picture: what a snapshot holds, and what a change brings. */
const liveRows = Object.fromEntries(
  Object.entries({
    stations: 'Station',
    incidents: 'Incident',
    patrols: 'Patrol',
    dispatches: 'Dispatch',
    shelters: 'LiveShelter',
    holds: 'Hold',
    stays: 'Stay',
    items: 'Item',
    stock: 'Stock',
    tasks: 'Task',
    weather: 'Weather',
    sites: 'Site',
    panics: 'Panic',
    rounds: 'Round',
    runs: 'Run',
    rechecks: 'Recheck',
    alerts: 'Alert',
    plans: 'PlanState',
    activations: 'Activation',
    shifts: 'Shift',
    checks: 'SpotCheck',
  } satisfies Record<Noun, string>).map(([noun, name]) => [
    noun,
    { type: 'array', items: { $ref: `#/components/schemas/${name}` } },
  ]),
);
const seq = { type: 'integer', minimum: 0 };
const ids = { type: 'array', items: { $ref: '#/components/schemas/Id' } };

/** Calls whose body or answer is not JSON of the contract: media types, and what is in them. */
export const media: Readonly<Record<string, { takes?: Record<string, object>; gives?: Record<string, object> }>> = {
  readSnapshot: {
    gives: {
      'application/json': {
        type: 'object',
        properties: {
          seq,
          at: { $ref: '#/components/schemas/Instant' },
          positions: { type: 'object', description: 'As the socket message of the same name' },
          ...liveRows,
        },
        required: ['seq', 'at', 'positions', ...Object.keys(liveRows)],
      },
    },
  },
  readChanges: {
    gives: {
      'application/json': {
        type: 'object',
        properties: {
          after: seq,
          upTo: seq,
          changes: {
            type: 'array',
            items: {
              type: 'object',
              properties: {
                seq,
                type: { type: 'string', description: 'Name of the fact, such as `sighting.reported`' },
                at: { $ref: '#/components/schemas/Instant' },
                stationId: { $ref: '#/components/schemas/Id' },
                payload: {
                  type: 'object',
                  properties: {
                    ...liveRows,
                    gone: {
                      type: 'object',
                      description: 'Ids that the caller may no longer see, by noun',
                      additionalProperties: ids,
                    },
                  },
                },
              },
              required: ['seq', 'type', 'at', 'stationId', 'payload'],
            },
          },
        },
        required: ['after', 'upTo', 'changes'],
      },
    },
  },
  importAreas: {
    takes: Object.fromEntries(
      ['application/geo+json', 'application/json'].map((type) => [
        type,
        {
          type: 'object',
          description: 'A GeoJSON FeatureCollection (RFC 7946) of Polygons and MultiPolygons.',
          properties: {
            type: { type: 'string', const: 'FeatureCollection' },
            features: {
              type: 'array',
              items: {
                type: 'object',
                properties: {
                  type: { type: 'string', const: 'Feature' },
                  properties: {
                    type: 'object',
                    properties: {
                      name: { type: 'string', minLength: 1, maxLength: 200 },
                      stationId: { $ref: '#/components/schemas/Id' },
                    },
                    required: ['name'],
                  },
                  geometry: { type: 'object', description: 'Polygon or MultiPolygon, at most 5,000 points' },
                },
                required: ['type', 'properties', 'geometry'],
              },
            },
          },
          required: ['type', 'features'],
        },
      ]),
    ),
  },
  importUsers: {
    takes: {
      'text/csv': {
        type: 'string',
        description:
          'The file. First line: username,name,role,station,password,locale; the last two may be missing. UTF-8, UTF-16 or GB 18030; at most 1,000 rows.',
      },
    },
  },
  importReadings: {
    takes: {
      'text/csv': {
        type: 'string',
        description:
          'at, temperatureC, and windKmh, humidity, precipitation, precipitationMm where there are any, named so or in Chinese; UTF-8, UTF-16 with a byte order mark, or GB 18030. A time without an offset is the station’s.',
      },
    },
  },
  importShelters: {
    takes: {
      'text/csv': {
        type: 'string',
        description:
          'The list. First line: name and any of kind, status, address, lon, lat, crs, phone, hours, features, confidential, station, bedsAny, bedsMen, bedsWomen, bedsFamily, bedsAccessible, bedsQuarantine, seats, surge, operator, contact, about, or what the page calls them in English or Chinese. UTF-8, UTF-16 or GB 18030; at most 2,000 rows.',
      },
      'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': file(
        'The same as the first sheet of a workbook.',
      ),
    },
  },
  postAlert: {
    takes: {
      'application/cap+xml': {
        type: 'string',
        description:
          'A message of CAP 1.2 or 1.1, also as application/xml or text/xml; in UTF-8, UTF-16 or GB 18030, without a DOCTYPE. It counts once, by sender, identifier and time sent, whoever sends it. What an update or a cancellation names ends, also when it arrives later.',
      },
    },
    gives: {
      'application/json': {
        description: 'The warning; of a message that changed nothing, why.',
        anyOf: [
          { $ref: '#/components/schemas/Alert' },
          {
            type: 'object',
            properties: { ignored: { type: 'string', enum: ['test', 'receipt', 'unknown'] } },
            required: ['ignored'],
          },
        ],
      },
    },
  },
  importPlaces: {
    takes: {
      'text/csv': {
        type: 'string',
        description:
          'The table. First line: code,name,lon,lat,accuracyM in any order; accuracyM and one of code and name may be missing, other columns are not read. UTF-8, UTF-16 or GB 18030; at most 200,000 rows.',
      },
    },
  },
  readGpxStops: {
    takes: {
      'application/gpx+xml': {
        type: 'string',
        description: 'GPX 1.1 or 1.0 in UTF-8, without a DOCTYPE; at most 1 MB.',
      },
      'text/xml': { type: 'string', description: 'The same.' },
    },
  },
  getOsmand: { gives: { 'text/plain': { type: 'string', maxLength: 0, description: 'Nothing: it was heard' } } },
  postOsmand: {
    takes: {
      'application/x-www-form-urlencoded': { type: 'object', description: 'The fields of the query, there or here.' },
      'application/json': {
        type: ['object', 'array'],
        description:
          'As Traccar Client 9 sends it: {device_id, location: {timestamp, coords: {latitude, longitude, accuracy, speed, heading}, battery: {level}}}, or the fields of the query in an object; or an array of either, at most 2,000.',
      },
    },
    gives: { 'text/plain': { type: 'string', maxLength: 0, description: 'Nothing: it was heard' } },
  },
  postOwntracks: {
    takes: {
      'application/json': {
        type: ['object', 'array'],
        description: 'A message of OwnTracks with `_type`, or an array of such; an empty body is heard as well.',
      },
    },
    gives: { 'application/json': { type: 'array', maxItems: 0, items: { type: 'object' } } },
  },
  addPhoto: {
    takes: {
      'multipart/form-data': {
        type: 'object',
        properties: { photo: file('JPEG, PNG or WebP, at most 10 MB and 40 megapixels') },
        required: ['photo'],
      },
    },
  },
  readPhoto: { gives: { 'image/jpeg': file('The picture, without metadata') } },
  readTrackGpx: { gives: { 'application/gpx+xml': { type: 'string', description: 'GPX 1.1' } } },
  readTallyCsv: {
    gives: { 'text/csv': { type: 'string', description: 'UTF-8 with a byte order mark; no cell starts a formula' } },
  },
  readTallyXlsx: {
    gives: {
      'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': file(
        'Three sheets: total, by station, by day',
      ),
    },
  },
  exportGuests: {
    gives: {
      'text/csv': { type: 'string', description: 'With `csv`: UTF-8 with a byte order mark; no cell starts a formula' },
      'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': file('With `xlsx`: one sheet'),
    },
  },
};
