/**
 * Reports come in bursts, and each must be on disk before it is acknowledged. Waiting reports are therefore committed
 * together: one statement writes all their rows, facts and audit rows, so a burst costs one commit and not one each.
 */
import { createHash, createHmac, randomUUID } from 'node:crypto';
import { convert, distanceM, type LonLat, round6 } from '../../shared/geo.ts';
import type { IncidentRow, Priority } from '../../shared/incidents.ts';
import { fieldProblem, Problem } from '../../shared/problems.ts';
import { judgeObserved, type Receipt, type SightingBody } from '../../shared/sightings.ts';
import { type Actor, userIdOf } from '../context.ts';
import { codeOf } from '../db/errors.ts';
import { inGroups, type Waiting } from '../db/groups.ts';
import { rows } from '../db/rows.ts';
import type { Service } from '../realtime/command.ts';
import { EVENT_LOCK } from '../db/locks.ts';
import { tokenOf } from './follow-token.ts';

/** Reports committed together at most: more gains little and makes the first wait. */
const BATCH = 128;

/** 201 for the report that wrote, 200 and `replay` for its twins. */
export interface Reported {
  status: 200 | 201;
  body: Receipt;
  replay: boolean;
}

interface Report {
  body: SightingBody;
  actor: Actor;
  position: LonLat | null;
  receivedAt: Date;
  clockSuspect: boolean;
  fingerprint: Buffer;
}

interface Known {
  id: string;
  code: string;
  nearby: boolean;
  fingerprint: Buffer;
}

/** Eight letters and digits to read over a phone; made from the id, so a resend gets the same. */
const ALPHABET = '23456789ABCDEFGHJKMNPQRSTVWXYZ';
export function codeFor(followKey: Buffer, id: string): string {
  const bytes = createHmac('sha256', followKey).update(`code:${id}`).digest();
  const letters = Array.from({ length: 8 }, (_, n) => ALPHABET[(bytes[n] ?? 0) % ALPHABET.length]).join('');
  return `${letters.slice(0, 4)}-${letters.slice(4)}`;
}

interface Placed {
  n: number;
  areaId: string | null;
  stationId: string;
  informantId: string | null;
  nearby: boolean;
  radiusM: number;
  priority: Priority;
}

/** Area, station, informant, neighbours and priority of each report: one read for all. */
async function place(service: Service, batch: readonly Report[]): Promise<Placed[]> {
  const input = batch.map(({ body, position, receivedAt }, n) => ({
    n,
    lon: position?.[0],
    lat: position?.[1],
    at: receivedAt,
    code: body.informantCode,
    signs: body.signs,
  }));
  return rows<Placed>(
    service.database.knex,
    `with input as (
       select n, at, code, signs, st_setsrid(st_makepoint(lon, lat), 4326) as spot
       from jsonb_to_recordset(cast(:input as jsonb)) as x (n integer, lon float8, lat float8, at timestamptz, code text, signs text[])
     )
     select input.n, a.id as "areaId", s.id as "stationId", r.radius as "radiusM",
       (select f.id from informants f where f.code = input.code and f.active) as "informantId",
       exists (
         select from incidents i where i.status <> 'closed' and st_dwithin(i.position, input.spot::geography, r.radius)
           and i.opened_at >= input.at - r.hours * interval '1 hour'
       ) as nearby,
       case when input.signs && array(select jsonb_array_elements_text(rule_value('signs.life_risk', s.path))) then 'life_risk'
         when input.signs && array(select jsonb_array_elements_text(rule_value('signs.urgent', s.path))) then 'urgent' else 'normal' end as priority
     from input
     left join lateral (select id, station_id from areas where st_covers(outline, input.spot) order by size_m2, id limit 1) a on true
     join stations s on s.id = a.station_id or (a.station_id is null and s.parent_id is null)
     cross join lateral (
       select cast(rule_value('duplicates.radius', s.path) as text)::float8 as radius, cast(rule_value('duplicates.window', s.path) as text)::float8 as hours
     ) r
     order by input.n`,
    { input: JSON.stringify(input) },
    { prepare: 'intake-place' },
  );
}

/** Decimetres: a column of four bytes holds them exactly, so that the fact and the row say the same. */
const accuracyOf = ({ accuracyM }: SightingBody): number | null =>
  accuracyM === undefined ? null : Math.round(accuracyM * 10) / 10;

/** When they were last seen by this report: its own time where it is believable, and never later than it came. */
const lastSeenOf = ({
  observedAt,
  receivedAt,
  clockSuspect,
}: {
  observedAt: string | undefined;
  receivedAt: Date;
  clockSuspect: boolean;
}): string =>
  observedAt === undefined || clockSuspect || Date.parse(observedAt) > receivedAt.getTime()
    ? receivedAt.toISOString()
    : observedAt;

function incidentOf(
  service: Service,
  { body, position, receivedAt, clockSuspect }: Report,
  placed: Placed,
): IncidentRow {
  const at = receivedAt.toISOString();
  return {
    id: randomUUID(),
    version: 1,
    code: codeFor(service.followKey, body.id),
    stationId: placed.stationId,
    areaId: placed.areaId,
    lane: position === null ? 'unplaced' : placed.areaId === null ? 'outside' : null,
    status: 'open',
    priority: placed.priority,
    position: position === null ? null : { type: 'Point', coordinates: position },
    accuracyM: position === null ? null : accuracyOf(body),
    placeText: body.placeText ?? null,
    placeCode: body.placeCode ?? null,
    people: body.people,
    signs: body.signs,
    description: body.description ?? null,
    source: body.source,
    verified: placed.informantId !== null,
    openedAt: at,
    lastReportedAt: at,
    seenAt: null,
    firstDispatchedAt: null,
    arrivedAt: null,
    closedAt: null,
    closeReason: null,
    outcome: null,
    mergedInto: null,
    sightingIds: [body.id],
    patrolIds: [],
    lastSeenAt: lastSeenOf({ observedAt: body.observedAt, receivedAt, clockSuspect }),
    spoken: body.spoken ?? null,
    wantsHelp: body.wantsHelp ?? null,
    stillThere: body.stillThere ?? null,
    refusals: 0,
    wants: [],
    acceptedAt: null,
    safeAt: null,
    askedAt: null,
    answeredAt: null,
    claimedBy: null,
    claimedUntil: null,
    snoozedUntil: null,
    recheck: null,
  };
}

/** All rows of all reports that are not there yet, in one statement; answers the ids it wrote, for another node may have been first. */
async function write(service: Service, batch: readonly Report[], placed: readonly Placed[]): Promise<Set<string>> {
  const now = service.now();
  const input = batch.map((report, n) => {
    const { body, actor, position } = report;
    const at = placed[n];
    if (!at) throw new Error('a report was not placed');
    const incident = incidentOf(service, report, at);
    const near = batch
      .slice(0, n)
      .some(({ position: other }) => position !== null && other !== null && distanceM(position, other) <= at.radiusM);
    const foreign = position !== null && body.crs !== undefined && body.crs !== 'wgs84';
    return {
      n,
      id: body.id,
      incident_id: incident.id,
      code: incident.code,
      station_id: at.stationId,
      area_id: at.areaId,
      lane: incident.lane,
      priority: at.priority,
      informant_id: at.informantId,
      lon: position?.[0],
      lat: position?.[1],
      accuracy_m: accuracyOf(body),
      origin: foreign ? { crs: body.crs, coordinates: body.position?.coordinates } : null,
      place_text: body.placeText,
      place_code: body.placeCode,
      source: body.source,
      verified: incident.verified,
      observed_at: body.observedAt ?? report.receivedAt,
      received_at: report.receivedAt,
      clock_suspect: report.clockSuspect,
      last_seen_at: incident.lastSeenAt,
      people: body.people,
      description: body.description,
      signs: body.signs,
      spoken: body.spoken,
      wants_help: body.wantsHelp,
      still_there: body.stillThere,
      contact: body.contact,
      nearby: at.nearby || near,
      fingerprint: report.fingerprint.toString('hex'),
      actor_kind: actor.kind,
      actor_id: 'id' in actor ? actor.id : null,
      user_id: userIdOf(actor),
      actor_station_id: 'stationId' in actor ? actor.stationId : null,
      fields: Object.keys(body),
      payload: { rows: { incidents: [incident] } },
    };
  });
  const wrote = await rows<{ id: string }>(
    service.database.knex,
    `with input as materialized (
       select x.*, case when x.lon is null then null else st_setsrid(st_makepoint(x.lon, x.lat), 4326)::geography end as spot
       from jsonb_to_recordset(cast(:input as jsonb)) as x (
         n integer, id uuid, incident_id uuid, code text, station_id uuid, area_id uuid, lane text, priority text, informant_id uuid, lon float8, lat float8,
         accuracy_m real, origin jsonb, place_text text, place_code text, source text, verified boolean, observed_at timestamptz, received_at timestamptz,
         clock_suspect boolean, last_seen_at timestamptz, people integer, description text, signs text[], spoken boolean, wants_help boolean, still_there boolean, contact text,
         nearby boolean, fingerprint text, actor_kind text, actor_id uuid, user_id uuid, actor_station_id uuid, fields text[], payload jsonb)
       where not exists (select from sightings g where g.id = x.id)
     ), opened as (
       insert into incidents (id, code, station_id, area_id, lane, status, priority, position, accuracy_m, place_text, place_code, people, signs, description,
         source, verified, opened_at, last_reported_at, last_seen_at, spoken, wants_help, still_there)
       select incident_id, code, station_id, area_id, lane, 'open', priority, spot, case when spot is null then null else accuracy_m end, place_text, place_code,
         people, signs, description, source, verified, received_at, received_at, last_seen_at, spoken, wants_help, still_there from input
     ), stored as (
       insert into sightings (id, code, incident_id, first_incident_id, station_id, informant_id, position, accuracy_m, origin, place_text, place_code, source,
         verified, observed_at, received_at, clock_suspect, people, description, signs, spoken, wants_help, still_there, contact, nearby, fingerprint)
       select id, code, incident_id, incident_id, station_id, informant_id, spot, accuracy_m, origin, place_text, place_code, source,
         verified, observed_at, received_at, clock_suspect, people, description, signs, spoken, wants_help, still_there, contact, nearby, decode(fingerprint, 'hex')
       from input
     ), noted as (
       insert into incident_entries (incident_id, at, kind, actor_kind, actor_id, detail)
       select incident_id, received_at, 'reported', actor_kind, user_id, jsonb_build_object('sightingId', id, 'source', source, 'people', people) from input
     ), audited as (
       insert into audit (at, actor_kind, actor_id, station_id, command, subject_ids, fields)
       select received_at, actor_kind, actor_id, actor_station_id, 'reportSighting', array[id, incident_id], fields from input
     ), locked as materialized (
       select pg_advisory_xact_lock(${EVENT_LOCK}) where exists (select from input)
     )
     insert into events (type, at, station_id, payload)
     select 'sighting.reported', :now, input.station_id, input.payload from locked, input order by input.n
     returning payload #>> '{rows,incidents,0,sightingIds,0}' as id`,
    { input: JSON.stringify(input), now },
    { prepare: 'intake-write' },
  );
  return new Set(wrote.map(({ id }) => id));
}

/** What is stored under these ids; the receipt and the replay are both read from here. */
async function known(service: Service, ids: readonly string[]): Promise<Map<string, Known>> {
  const found = await rows<Known>(
    service.database.knex,
    `select id, code, nearby, fingerprint from sightings where id = any (cast(:ids as uuid[]))`,
    { ids },
    { prepare: 'intake-known' },
  );
  return new Map(found.map((sighting) => [sighting.id, sighting]));
}

function receiptOf(service: Service, { id, code, nearby }: Known): Receipt {
  return { id, version: 1, code, followUpUrl: `/follow/${tokenOf(service.followKey, id)}`, nearby };
}

/**
 * Passing reasons to write again: unique (the same report elsewhere), foreign key (an area that was just removed), deadlock (whoever removes it
 * holds the area and waits for the log, which the report holds).
 */
const PASSING: readonly (string | undefined)[] = ['23505', '23503', '40P01'];

/** Commits what waits and answers everybody. The first of each id writes; its twins and earlier ones get the same answer as a replay. */
async function flush(service: Service, group: readonly Waiting<Report, Reported>[]): Promise<void> {
  const first = new Map<string, Report>();
  for (const { work } of group) if (!first.has(work.body.id)) first.set(work.body.id, work);
  const ids = [...first.keys()];
  const all = [...first.values()];
  // Asked side by side: a group is seldom a replay, and waiting for one answer before the other costs every reporter.
  const [before, places] = await Promise.all([known(service, ids), place(service, all)]);
  const isFresh = all.map(({ body }) => !before.has(body.id));
  const fresh = all.filter((_report, n) => isFresh[n]);
  let stored = before;
  let wrote = new Set<string>();
  if (fresh.length > 0) {
    const placed = places.filter((_placed, n) => isFresh[n]);
    wrote = await write(service, fresh, placed);
    service.database.committed();
    stored = await known(service, ids);
  }
  for (const { work, resolve, reject } of group) {
    const sighting = stored.get(work.body.id);
    if (!sighting) reject(new Problem('unavailable', [], { retryAfterS: 1 }));
    else if (!sighting.fingerprint.equals(work.fingerprint))
      reject(
        new Problem('key_reuse', [{ path: '/id', code: 'key_reuse', message: 'this id was used for another report' }]),
      );
    else {
      const isFirst = wrote.has(work.body.id) && first.get(work.body.id) === work;
      resolve({ status: isFirst ? 201 : 200, body: receiptOf(service, sighting), replay: !isFirst });
    }
  }
}

/**
 * A second node may have taken the same report at the same moment, or an area may have gone since it was looked up: then
 * the next try finds what is there now.
 */
const taken = inGroups<Service, Report, Reported>(BATCH, async (service, group) => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await flush(service, group);
      return;
    } catch (error) {
      if (!PASSING.includes(codeOf(error)) || attempt === 3) throw error;
    }
  }
});

/** Takes a report; resolves when it is committed (201), or was before (200 with the same body). */
export function reportSighting(service: Service, actor: Actor, body: SightingBody): Promise<Reported> {
  const receivedAt = service.now();
  const observed = body.observedAt === undefined ? 'fine' : judgeObserved(new Date(body.observedAt), receivedAt);
  if (observed === 'refused')
    return Promise.reject(fieldProblem('/observedAt', 'range', 'before 2020 or more than 48 h ahead'));
  const [lon, lat] = body.position ? convert(body.position.coordinates, body.crs ?? 'wgs84', 'wgs84') : [null, null];
  const position: LonLat | null = lon === null ? null : [round6(lon), round6(lat)];
  const fingerprint = createHash('sha256').update(JSON.stringify(body)).digest();
  return taken(service, { body, actor, position, receivedAt, clockSuspect: observed === 'suspect', fingerprint });
}
