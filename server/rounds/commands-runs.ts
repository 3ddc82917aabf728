/** Runs: one patrol on one round. What a phone tells afterwards counts by when it happened. */
import type { Part } from '../../shared/contract.ts';
import { happenedAt } from '../../shared/lateness.ts';
import type { PatrolRow } from '../../shared/patrols.ts';
import { fieldProblem, Problem } from '../../shared/problems.ts';
import type { endRun, RunRow, RunStop, startRun, visitStop } from '../../shared/rounds.ts';
import type { SiteRow } from '../../shared/sites.ts';
import { type Context, isDesk, staffOf } from '../context.ts';
import { row, rows } from '../db/rows.ts';
import { scopeOf } from '../db/scope.ts';
import { lockPatrol } from '../patrols/commands.ts';
import { record } from '../realtime/record.ts';
import { type Visit, visitSites } from '../sites/commands.ts';
import { ruleNumber } from '../stations/queries.ts';
import { type Reached, reachedStops, roundInScope, runInScope, runRows } from './queries.ts';

type Look = Part<(typeof visitStop)['body']>;

async function lockRun(ctx: Context, id: string): Promise<RunRow> {
  await row(ctx.db, `select id from runs where id = cast(:id as uuid) for no key update`, { id });
  const [run] = await runRows(ctx.db, [id]);
  if (!run) throw new Problem('not_found');
  return run;
}

/**
 * A crew acts for its own outing: the one it is on, one that is over and that it was on, and one it was taken off for what
 * happened before. Another patrol is not there (404).
 */
async function judgeOwn(ctx: Context, patrol: PatrolRow, claimed: string | undefined): Promise<void> {
  const actor = staffOf(ctx);
  if (isDesk(actor) || actor.patrolId === patrol.id) return;
  const member = await row<{ leftAt: Date | null }>(
    ctx.db,
    `select left_at as "leftAt" from patrol_crew where patrol_id = cast(:patrolId as uuid) and user_id = cast(:userId as uuid)`,
    { patrolId: patrol.id, userId: actor.id },
  );
  const before = member?.leftAt && claimed !== undefined && new Date(claimed) <= member.leftAt;
  if (!member || (patrol.endedAt === null && before !== true)) throw new Problem('not_found');
}

/** The phone's own time within the rule `reports.max_late`, and not before `from`. */
const momentOf = async (ctx: Context, stationId: string, claimed: string | undefined, from: string): Promise<Date> =>
  happenedAt(claimed, ctx.now(), await ruleNumber(ctx.db, 'reports.max_late', stationId), new Date(from));

/** Tells of a run as it now is, with the known places its crew was at. */
async function told(
  ctx: Context,
  type: 'run.started' | 'run.changed',
  id: string,
  sites: readonly SiteRow[] = [],
): Promise<RunRow> {
  const begun = type === 'run.started';
  await rows(ctx.db, `update runs set version = version + cast(:step as integer) where id = cast(:id as uuid)`, {
    id,
    step: begun ? 0 : 1,
  });
  const [run] = await runRows(ctx.db, [id]);
  if (!run) throw new Error('the run just written is not there');
  if (begun) record(ctx, { type, stationId: run.stationId, rows: { runs: [run] } });
  else record(ctx, { type, stationId: run.stationId, rows: { runs: [run], sites: [...sites] } });
  return run;
}

/** A patrol begins a round, also one that it began before its outing ended; 409 patrol_off, in_use (on a round already). */
export async function beginRun(ctx: Context, body: Part<(typeof startRun)['body']>): Promise<RunRow> {
  const { scope } = scopeOf(ctx);
  const patrol = await lockPatrol(ctx, body.patrolId).catch((error: unknown) => {
    throw error instanceof Problem ? fieldProblem('/patrolId', 'not_found', 'no such patrol', 'not_found') : error;
  });
  await judgeOwn(ctx, patrol, body.at);
  const round = await roundInScope(ctx.db, scope, body.roundId);
  if (!round) throw fieldProblem('/roundId', 'not_found', 'no such round', 'not_found');
  const at = await momentOf(ctx, patrol.stationId, body.at, patrol.startedAt);
  if (patrol.endedAt !== null && at > new Date(patrol.endedAt)) throw new Problem('patrol_off');
  if (!round.active) throw fieldProblem('/roundId', 'not_found', 'this round is no longer in use', 'not_found');
  const running = await row(
    ctx.db,
    `select id from runs where patrol_id = cast(:patrolId as uuid) and ended_at is null`,
    { patrolId: patrol.id },
  );
  if (running) throw fieldProblem('/patrolId', 'in_use', 'is on a round already', 'in_use');
  await rows(
    ctx.db,
    `with begun as (
       insert into runs (id, station_id, round_id, patrol_id, name, started_at)
       values (cast(:id as uuid), cast(:stationId as uuid), cast(:roundId as uuid), cast(:patrolId as uuid), :name, :at) returning id
     )
     insert into run_stops (run_id, id, place, name, position, radius_m, site_id, state)
     select b.id, t.id, t.place, t.name, t.position, t.radius_m, t.site_id, 'todo' from begun b cross join round_stops t where t.round_id = cast(:roundId as uuid)`,
    { id: body.id, stationId: patrol.stationId, roundId: round.id, patrolId: patrol.id, name: round.name, at },
  );
  // begun without a signal: the device may have told of the way since then long ago
  const reached = await reachedStops(ctx.db, { patrolId: patrol.id, since: at });
  const run = await told(ctx, 'run.started', body.id);
  if (reached.length === 0) return run;
  await markReached(ctx, reached);
  return lockRun(ctx, body.id);
}

async function writeStop(ctx: Context, runId: string, { stopId, state, how, reason }: Look, at: Date): Promise<void> {
  const visited = state === 'visited';
  await rows(
    ctx.db,
    `update run_stops set state = :state, at = :at, how = cast(:how as text), reason = cast(:reason as text)
     where run_id = cast(:runId as uuid) and id = cast(:stopId as uuid)`,
    { runId, stopId, state, at, how: visited ? (how ?? 'hand') : null, reason: visited ? null : (reason ?? null) },
  );
}

/** A stop stays as it is when it was visited, or was skipped and is skipped again. */
const isSettled = (stop: RunStop, { state }: Look): boolean =>
  stop.state === 'visited' || (stop.state === 'skipped' && state === 'skipped');

/** A stop was visited or skipped; the first visit counts. 409 run_ended for what happened after the run was over, 404 for another patrol's. */
export async function lookAtStop(ctx: Context, id: string, body: Look): Promise<RunRow> {
  const known = await runInScope(ctx.db, scopeOf(ctx).scope, id);
  if (!known) throw new Problem('not_found');
  await judgeOwn(ctx, await lockPatrol(ctx, known.patrolId, 'anywhere'), body.at);
  const run = await lockRun(ctx, id);
  const stop = run.stops.find((each) => each.id === body.stopId);
  if (!stop) throw fieldProblem('/stopId', 'not_found', 'no such stop in this run', 'not_found');
  if (isSettled(stop, body)) return run;
  const at = await momentOf(ctx, run.stationId, body.at, run.startedAt);
  if (run.endedAt !== null && at > new Date(run.endedAt)) throw new Problem('run_ended', [], { current: run });
  await writeStop(ctx, id, body, at);
  const visits = body.state === 'visited' && stop.siteId !== null ? [{ siteId: stop.siteId, at }] : [];
  return told(ctx, 'run.changed', id, await visitSites(ctx, visits));
}

/** Ends a run; one that is over stays as it is. */
export async function finishRun(ctx: Context, id: string, body: Part<(typeof endRun)['body']>): Promise<RunRow> {
  const known = await runInScope(ctx.db, scopeOf(ctx).scope, id);
  if (!known) throw new Problem('not_found');
  await judgeOwn(ctx, await lockPatrol(ctx, known.patrolId, 'anywhere'), body.at);
  const run = await lockRun(ctx, id);
  if (run.endedAt !== null) return run;
  const at = await momentOf(ctx, run.stationId, body.at, run.startedAt);
  await rows(ctx.db, `update runs set ended_at = :at where id = cast(:id as uuid)`, { id, at });
  return told(ctx, 'run.changed', id);
}

/** Marks stops that a track came to; what was seen to meanwhile stays. Runs are locked before places, both in the order of ids. */
export async function markReached(ctx: Context, reached: readonly Reached[]): Promise<void> {
  const visits = new Map<string, Visit[]>();
  for (const runId of [...new Set(reached.map((each) => each.runId))].sort()) {
    const run = await lockRun(ctx, runId);
    const hits = reached.flatMap(({ runId: of, stopId, at }) => {
      const stop = of === runId ? run.stops.find(({ id, state }) => id === stopId && state === 'todo') : undefined;
      return stop ? [{ stop, at }] : [];
    });
    for (const { stop, at } of hits)
      await writeStop(ctx, runId, { stopId: stop.id, state: 'visited', how: 'geofence' }, at);
    if (hits.length > 0)
      visits.set(
        runId,
        hits.flatMap(({ stop: { siteId }, at }) => (siteId === null ? [] : [{ siteId, at }])),
      );
  }
  const seen = await visitSites(ctx, [...visits.values()].flat());
  for (const [runId, own] of visits)
    await told(
      ctx,
      'run.changed',
      runId,
      seen.filter(({ id }) => own.some(({ siteId }) => siteId === id)),
    );
}

/** Ends runs whose outing is over, with its end; answers how many. */
export async function endRunsOfEndedOutings(ctx: Context): Promise<number> {
  const over = await rows<{ id: string }>(
    ctx.db,
    `update runs r set ended_at = greatest(p.ended_at, r.started_at) from patrols p
     where r.id in (
       select o.id from runs o join patrols q on q.id = o.patrol_id where o.ended_at is null and q.ended_at is not null order by o.id limit 100 for update of o skip locked
     ) and p.id = r.patrol_id returning r.id`,
  );
  for (const { id } of over) await told(ctx, 'run.changed', id);
  return over.length;
}
