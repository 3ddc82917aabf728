import { randomUUID } from 'node:crypto';
import type { Part } from '../../shared/contract.ts';
import {
  type EncounterRow,
  type Handover,
  helpedOutcomes,
  type PersonOutcome,
  type recordEncounter,
} from '../../shared/encounters.ts';
import { convert } from '../../shared/geo.ts';
import { happenedAt } from '../../shared/lateness.ts';
import { allocate, groupOf } from '../../shared/shelter-match.ts';
import { bedKinds, type Beds, type HoldRow, noBeds, totalBeds } from '../../shared/shelters.ts';
import type { TaskRow } from '../../shared/tasks.ts';
import { fieldProblem, Problem } from '../../shared/problems.ts';
import { type Context, isDesk, userIdOf } from '../context.ts';
import { pointSql } from '../db/postgis.ts';
import { one, row, rows } from '../db/rows.ts';
import { inSubtreeSql, scopeOf } from '../db/scope.ts';
import { etasOf } from '../dispatches/commands-arrival.ts';
import { tell } from '../incidents/commands.ts';
import { incidentRows } from '../incidents/queries.ts';
import { lockPatrol } from '../patrols/commands.ts';
import { record } from '../realtime/record.ts';
import { followMeeting } from '../rechecks/commands.ts';
import { holdIn } from '../shelters/commands-holds.ts';
import { lockShelter } from '../shelters/commands.ts';
import { availabilityOf } from '../shelters/queries.ts';
import { siteInScope } from '../sites/queries.ts';
import { ruleNumber } from '../stations/queries.ts';
import { handOut } from '../supplies/commands.ts';
import { raiseTask } from '../tasks/commands.ts';
import { lockIncidentOf, type Setting, settingOf } from './commands-setting.ts';
import { encounterRows } from './queries.ts';

type Body = Part<(typeof recordEncounter)['body']>;

/** What is free in a house, under its lock; nothing in one that was given up since the meeting. */
async function freeIn(ctx: Context, shelterId: string): Promise<{ beds: Beds; seats: Beds }> {
  try {
    const free = await availabilityOf(ctx.db, await lockShelter(ctx, shelterId), ctx.now());
    return { beds: free.available, seats: free.seats.available };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { beds: noBeds(), seats: noBeds() };
  }
}

/**
 * Places for those who come along, as far as the job does not hold them there already: in the kinds that suit them, seats when the
 * beds are gone. Who finds none is a task for the desk, never a lost encounter.
 */
async function bringIn(
  ctx: Context,
  setting: Setting,
  shelterId: string,
  arrived: Body['people'],
): Promise<{ holds: HoldRow[]; tasks: TaskRow[] }> {
  const { kept, coming } = await one<{ kept: number; coming: number }>(
    ctx.db,
    `select cast(coalesce((select sum(people) from holds where shelter_id = cast(:shelterId as uuid) and dispatch_id = cast(:dispatchId as uuid)
         and (status = 'used' or (status = 'held' and expires_at > :now))), 0) as integer) as kept,
       (select cast(count(*) as integer) from encounter_people p join encounters e on e.id = p.encounter_id
         where p.outcome = 'brought_in' and e.dispatch_id = cast(:dispatchId as uuid) and e.shelter_id = cast(:shelterId as uuid)) as coming`,
    { shelterId, dispatchId: setting.dispatchId, now: ctx.now() },
  );
  const people = setting.dispatchId === null ? arrived.length : Math.min(arrived.length, coming - kept);
  if (people <= 0) return { holds: [], tasks: [] };
  const wanted = groupOf(arrived.slice(-people).map(({ groups = [], needs = [] }) => ({ groups, needs })));
  const free = await freeIn(ctx, shelterId);
  const inBeds = allocate(wanted, free.beds);
  const inSeats = allocate(inBeds.left, free.seats);
  const { dispatchId } = setting;
  const parts = (
    [
      ['bed', inBeds.beds],
      ['seat', inSeats.beds],
    ] as const
  ).flatMap(([unit, places]) =>
    bedKinds
      .filter((kind) => places[kind] > 0)
      .map((kind) => ({
        id: randomUUID(),
        shelterId,
        people: places[kind],
        unit,
        kind,
        for: '',
        dispatchId,
        etaAt: null,
      })),
  );
  const etas = dispatchId === null ? null : await etasOf(ctx.db, parts, ctx.now());
  const holds = await holdIn(
    ctx,
    shelterId,
    parts.map((part) => ({ ...part, etaAt: etas?.get(part.id) ?? null })),
  );
  const left = totalBeds(inSeats.left);
  const subject = { shelterId, people: left };
  return {
    holds,
    tasks: left === 0 ? [] : [await raiseTask(ctx, { stationId: setting.stationId, kind: 'no_bed', subject })],
  };
}

/** A hand-over of which nobody said more. */
const unsaid: Omit<Handover, 'to'> = { reference: null, calledAt: null, takenOverAt: null };

async function store(ctx: Context, body: Body, setting: Setting, at: Date): Promise<void> {
  const now = ctx.now();
  const [lon, lat] = convert(body.position.coordinates, body.crs ?? 'wgs84', 'wgs84');
  const foreign = body.crs !== undefined && body.crs !== 'wgs84';
  await rows(
    ctx.db,
    `insert into encounters (id, station_id, dispatch_id, incident_id, patrol_id, shelter_id, site_id, position, origin, at, recorded_at, recorded_by, set_by_desk, not_found_reason)
     values (cast(:id as uuid), cast(:stationId as uuid), cast(:dispatchId as uuid), cast(:incidentId as uuid), cast(:patrolId as uuid), cast(:shelterId as uuid), cast(:siteId as uuid),
       ${pointSql(':lon', ':lat')}, cast(:origin as jsonb), :at, :now, cast(:recordedBy as uuid), :byDesk, :notFoundReason)`,
    {
      id: body.id,
      ...setting,
      shelterId: body.shelterId ?? null,
      siteId: body.siteId ?? null,
      lon,
      lat,
      origin: foreign ? JSON.stringify({ crs: body.crs, coordinates: body.position.coordinates }) : null,
      at,
      now,
      recordedBy: userIdOf(ctx.actor),
      byDesk: isDesk(ctx.actor),
      notFoundReason: body.notFoundReason ?? null,
    },
  );
  const people = body.people.map((person) => ({
    id: person.id ?? randomUUID(),
    outcome: person.outcome,
    refusal: person.refusal ?? null,
    might_change: person.mightChange ?? null,
    needs: person.needs ?? [],
    groups: person.groups ?? [],
    name: person.name ?? null,
    language: person.language ?? null,
    consent: person.consent ?? 'not_asked',
    // it covers nothing unless it was given
    consent_scope: person.consent === 'given' ? [...new Set(person.consentScope)] : [],
    cold_stage: person.coldStage ?? null,
    handover: person.handover ? { ...unsaid, ...person.handover } : null,
  }));
  await rows(
    ctx.db,
    `insert into encounter_people (id, encounter_id, outcome, refusal, might_change, needs, groups, name, language, consent, consent_scope, cold_stage, handover)
     select id, cast(:encounterId as uuid), outcome, refusal, might_change, needs, groups, name, language, consent, consent_scope, cold_stage, handover
     from jsonb_to_recordset(cast(:people as jsonb)) as x (id uuid, outcome text, refusal text, might_change text, needs text[], groups text[],
       name text, language text, consent text, consent_scope text[], cold_stage text, handover jsonb)`,
    { encounterId: body.id, people: JSON.stringify(people) },
  );
}

/** A shelter of the subtree, judged before anything refers to it. */
async function judgeShelter(ctx: Context, shelterId: string): Promise<void> {
  const found = await row(
    ctx.db,
    `select h.id from shelters h where h.id = cast(:shelterId as uuid) and ${inSubtreeSql('h.station_id')}`,
    { shelterId, ...scopeOf(ctx) },
  );
  if (!found) throw fieldProblem('/shelterId', 'not_found', 'no such shelter', 'not_found');
}

/** A known place of the subtree; a retired one is a place still. */
async function judgeSite(ctx: Context, siteId: string): Promise<void> {
  if (!(await siteInScope(ctx.db, scopeOf(ctx).scope, siteId)))
    throw fieldProblem('/siteId', 'not_found', 'no such known place', 'not_found');
}

/** Helped on the spot; whoever comes along is safe when there is a bed. */
const isSafeHere = (outcome: PersonOutcome): boolean =>
  outcome !== 'brought_in' && helpedOutcomes.some((helped) => helped === outcome);

const countBy = (list: readonly string[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const key of list) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
};

/** Nobody holds a bed for who was brought in longer ago than a bed is held. */
const mayStillArrive = async (ctx: Context, at: Date, stationId: string): Promise<boolean> =>
  ctx.now().getTime() - at.getTime() < (await ruleNumber(ctx.db, 'holds.duration', stationId)) * 60_000;

/** Records a meeting. What happened is a fact and accepted, however late, also when the job was recalled or the outing ended meanwhile. */
export async function recordMeeting(ctx: Context, body: Body): Promise<EncounterRow> {
  const setting = await settingOf(ctx, body);
  if (body.shelterId !== undefined) await judgeShelter(ctx, body.shelterId);
  if (typeof body.siteId === 'string') await judgeSite(ctx, body.siteId);
  const { incidents: before, answers } = await lockIncidentOf(ctx, setting);
  if (setting.patrolId !== null) await lockPatrol(ctx, setting.patrolId, 'anywhere');
  const at = happenedAt(body.at, ctx.now(), await ruleNumber(ctx.db, 'reports.max_late', setting.stationId));
  await store(ctx, body, setting, at);
  const refused = body.people.filter(({ outcome }) => outcome === 'refused').length;
  const coming = body.people.filter(({ outcome }) => outcome === 'brought_in');
  const bed =
    body.shelterId !== undefined && coming.length > 0 && (await mayStillArrive(ctx, at, setting.stationId))
      ? await bringIn(ctx, setting, body.shelterId, coming)
      : { holds: [], tasks: [] };
  const given = await handOut(ctx, {
    encounterId: body.id,
    patrolId: setting.patrolId,
    items: body.handouts ?? [],
    at,
    stationId: setting.stationId,
  });
  if (setting.incidentId !== null) {
    await rows(
      ctx.db,
      `update incidents set version = version + 1, outcome = case when outcome = 'found' or :met then 'found' else 'not_found' end,
         arrived_at = least(arrived_at, cast(:at as timestamptz)), safe_at = least(safe_at, cast(:safeAt as timestamptz)), refusals = refusals + cast(:refused as integer)
       where id = cast(:id as uuid)`,
      {
        id: setting.incidentId,
        met: body.people.length > 0,
        at,
        safeAt: body.people.some(({ outcome }) => isSafeHere(outcome)) ? at : null,
        refused,
      },
    );
    if (body.people.length > 0)
      await tell(
        ctx,
        setting.incidentId,
        'encounter',
        { encounterId: body.id, outcomes: countBy(body.people.map(({ outcome }) => outcome)) },
        at,
      );
    else await tell(ctx, setting.incidentId, 'not_found', { encounterId: body.id, reason: body.notFoundReason }, at);
  }
  const followed = answers
    ? await followMeeting(ctx, {
        encounterId: body.id,
        dispatchId: setting.dispatchId,
        patrolId: setting.patrolId,
        incident: answers,
        at,
        notFoundReason: body.notFoundReason ?? null,
        refused,
      })
    : { rechecks: [], before: [] };
  const incidents = await incidentRows(
    ctx.db,
    before.map(({ id }) => id),
  );
  record(ctx, {
    type: 'encounter.recorded',
    stationId: setting.stationId,
    rows: {
      incidents,
      holds: bed.holds,
      stock: given.stock,
      tasks: [...bed.tasks, ...given.tasks],
      rechecks: followed.rechecks,
    },
    // who took no part in it is offered nothing more
    before: { rechecks: followed.before },
  });
  const [encounter] = await encounterRows(ctx.db, [body.id]);
  if (!encounter) throw new Error('the encounter just written is not there');
  return encounter;
}
