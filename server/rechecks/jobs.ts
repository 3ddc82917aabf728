import type { RecheckRow } from '../../shared/rechecks.ts';
import type { Context } from '../context.ts';
import { rows } from '../db/rows.ts';
import { incidentRows } from '../incidents/queries.ts';
import { record } from '../realtime/record.ts';
import { nextStatus, type Standing } from './clock.ts';
import { lockForPulse, type RecheckAround, recheckRows, rechecksAround } from './queries.ts';

/** Re-checks moved in one transaction, so that nobody waits long for their incidents. */
const BATCH = 100;

/** Those that stand otherwise than they should now. */
const toMove = (found: readonly RecheckAround[], now: Date): (Standing & { id: string; from: Standing['status'] })[] =>
  found.flatMap((row) => {
    const next = nextStatus(row, now, row);
    return next.status === row.status && next.dispatchId === row.dispatchId
      ? []
      : [{ id: row.id, from: row.status, ...next }];
  });

/**
 * Brings re-checks to where they should stand now: offered when they are due, taken while somebody is on the way, on offer again when
 * that job ended and nobody was met. Nothing but what is so counts, so a service that was down, or runs twice, ends up the same.
 * Gives how many it moved, so that the caller goes on while there are any; an incident that a command holds is left to the next pulse.
 */
export async function moveRechecks(ctx: Context): Promise<number> {
  const now = ctx.now();
  const wanted = toMove(await rechecksAround(ctx.db, null), now).slice(0, BATCH);
  if (wanted.length === 0) return 0;
  const locked = await lockForPulse(
    ctx.db,
    wanted.map(({ id }) => id),
  );
  // read again: what changed before the lock was ours may have settled it
  const moves = toMove(await rechecksAround(ctx.db, locked), now);
  if (moves.length === 0) return 0;
  const ids = moves.map(({ id }) => id);
  const before = await recheckRows(ctx.db, ids);
  await rows(
    ctx.db,
    `update rechecks r set status = m.status, dispatch_id = m."dispatchId", version = version + 1
     from jsonb_to_recordset(cast(:moves as jsonb)) as m (id uuid, status text, "dispatchId" uuid) where m.id = r.id`,
    { moves: JSON.stringify(moves) },
  );
  await tellDue(
    ctx,
    moves.flatMap(({ id, from, status }) =>
      from === 'waiting' && (status === 'same_crew' || status === 'any_crew') ? [id] : [],
    ),
  );
  recordMoved(ctx, before, await recheckRows(ctx.db, ids), await incidentsOf(ctx, before));
  return moves.length;
}

/** Time to look again: a line of the story, and with it a new version, so that open panels read it. */
async function tellDue(ctx: Context, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await rows(
    ctx.db,
    `with due as (
       select r.id, r.incident_id, r.people from rechecks r where r.id = any (cast(:ids as uuid[]))
     ), told as (
       insert into incident_entries (incident_id, at, kind, actor_kind, detail)
       select due.incident_id, :now, 'recheck_due', :actor, jsonb_build_object('recheckId', due.id, 'people', due.people) from due
     )
     update incidents i set version = version + 1 from due where i.id = due.incident_id`,
    { ids, now: ctx.now(), actor: ctx.actor.kind },
  );
}

const incidentsOf = (ctx: Context, found: readonly RecheckRow[]): ReturnType<typeof incidentRows> =>
  incidentRows(ctx.db, [...new Set(found.map(({ incidentId }) => incidentId))]);

/** A fact for each station: what it carries is told to those of that station. */
function recordMoved(
  ctx: Context,
  before: readonly RecheckRow[],
  after: readonly RecheckRow[],
  incidents: Awaited<ReturnType<typeof incidentRows>>,
): void {
  for (const stationId of new Set(after.map((row) => row.stationId))) {
    const ofStation = (row: RecheckRow): boolean => row.stationId === stationId;
    const touched = new Set(after.filter(ofStation).map(({ incidentId }) => incidentId));
    record(ctx, {
      type: 'recheck.changed',
      stationId,
      rows: { rechecks: after.filter(ofStation), incidents: incidents.filter(({ id }) => touched.has(id)) },
      before: { rechecks: before.filter(ofStation) },
    });
  }
}
