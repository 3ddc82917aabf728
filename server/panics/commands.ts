/** A crew in danger. Nothing stands between the press and the desk: no state of the outing refuses it. */
import type * as z from 'zod/mini';
import { convert } from '../../shared/geo.ts';
import type { PanicRow, raisePanic, updatePanic } from '../../shared/panics.ts';
import { fieldProblem, Problem } from '../../shared/problems.ts';
import { type Context, isDesk, staffOf, userIdOf } from '../context.ts';
import { rows } from '../db/rows.ts';
import { scopeOf } from '../db/scope.ts';
import { everBelonged, patrolRows } from '../patrols/queries.ts';
import { record } from '../realtime/record.ts';
import { insertPanic, lastPlace, lockedPanic, panicRow } from './queries.ts';

type Raise = z.infer<NonNullable<typeof raisePanic.body>>;
type Update = z.infer<NonNullable<typeof updatePanic.body>>;

async function written(ctx: Context, id: string): Promise<PanicRow> {
  const found = await panicRow(ctx.db, id);
  if (!found) throw new Error('a call for help was not written');
  return found;
}

/**
 * A crew calls for help: for an outing it is or was on, because a phone that comes back late must still be heard. Without a
 * place the latest one of the patrol counts.
 */
export async function callForHelp(ctx: Context, body: Raise): Promise<PanicRow> {
  const actor = staffOf(ctx);
  if (actor.patrolId !== body.patrolId && !(await everBelonged(ctx.db, body.patrolId, actor.id)))
    throw fieldProblem('/patrolId', 'not_found', 'not an outing of yours', 'not_found');
  const [patrol] = await patrolRows(ctx.db, [body.patrolId]);
  if (!patrol) throw fieldProblem('/patrolId', 'not_found', 'no such patrol here', 'not_found');
  const now = ctx.now();
  const known = body.position ? undefined : await lastPlace(ctx.db, patrol.id);
  await insertPanic(
    ctx.db,
    {
      id: body.id,
      patrolId: patrol.id,
      stationId: patrol.stationId,
      userId: userIdOf(actor),
      // a phone's clock may run ahead
      at: new Date(Math.min(now.getTime(), body.at === undefined ? Infinity : Date.parse(body.at))),
      position: body.position
        ? convert(body.position.coordinates, body.crs ?? 'wgs84', 'wgs84')
        : known
          ? [known.lon, known.lat]
          : null,
      accuracyM: body.position ? (body.accuracyM ?? null) : (known?.accuracyM ?? null),
    },
    now,
  );
  ctx.subjects.push(patrol.id);
  const raised = await written(ctx, body.id);
  record(ctx, { type: 'panic.raised', stationId: raised.stationId, rows: { panics: [raised] } });
  return raised;
}

/** The desk takes it on or ends it with a reason (422 without one); the crew says that it is safe. Said twice, it stays as it was first. */
export async function changePanic(ctx: Context, id: string, { status, reason }: Update): Promise<PanicRow> {
  const actor = staffOf(ctx);
  const known = await lockedPanic(ctx.db, id, scopeOf(ctx).scope, actor.id);
  if (!known) throw new Problem('not_found');
  const atDesk = isDesk(actor);
  if (!atDesk && actor.patrolId !== known.patrolId && !(await everBelonged(ctx.db, known.patrolId, actor.id)))
    throw new Problem('not_found');
  if (!atDesk && status === 'acknowledged') throw new Problem('forbidden');
  if (known.endedAt !== null || (status === 'acknowledged' && known.acknowledgedAt !== null)) return known;
  if (atDesk && status === 'ended' && reason === undefined)
    throw fieldProblem('/reason', 'required', 'why it is over, in a word');
  await rows(
    ctx.db,
    `update panics set version = version + 1,
       acknowledged_at = case when :desk then coalesce(acknowledged_at, :now) else acknowledged_at end,
       acknowledged_by = case when :desk then coalesce(acknowledged_by, cast(:userId as uuid)) else acknowledged_by end,
       ended_at = case when :ends then cast(:now as timestamptz) end, end_reason = cast(:reason as text)
     where id = cast(:id as uuid)`,
    {
      id,
      now: ctx.now(),
      desk: atDesk,
      userId: userIdOf(actor),
      ends: status === 'ended',
      reason: status === 'ended' ? (reason ?? null) : null,
    },
  );
  const changed = await written(ctx, id);
  record(ctx, { type: 'panic.changed', stationId: changed.stationId, rows: { panics: [changed] } });
  return changed;
}
