import { type CallRow, judgeCall, type recordCall } from '../../shared/calls.ts';
import type { Part } from '../../shared/contract.ts';
import { fieldProblem } from '../../shared/problems.ts';
import { type Context, staffOf, userIdOf } from '../context.ts';
import { rows } from '../db/rows.ts';
import { callById, hotlineByCode, sightingOfCall } from './queries.ts';

const faults = {
  order: 'the times are not in order: rang, answered, ended',
  future: 'later than it is now',
  range: 'no call is that long',
} as const;

/** Keeps a call that has ended, as one of the station whose desk answered it. */
export async function keepCall(ctx: Context, body: Part<(typeof recordCall)['body']>): Promise<CallRow> {
  const { stationId: scope } = staffOf(ctx);
  const fault = judgeCall(body, ctx.now());
  if (fault) throw fieldProblem(`/${fault.field}`, fault.code, faults[fault.code]);
  const hotline = body.hotline === undefined ? null : await hotlineByCode(ctx.db, scope, body.hotline);
  if (hotline === undefined) throw fieldProblem('/hotline', 'unknown', 'no hotline of this desk');
  const informantId = hotline?.id ?? null;
  if (body.sightingId !== undefined && !(await sightingOfCall(ctx.db, scope, body.sightingId, informantId)))
    throw fieldProblem('/sightingId', 'unknown', 'no sighting that this call can have brought');
  await rows(
    ctx.db,
    `insert into calls (id, station_id, informant_id, rang_at, answered_at, ended_at, outcome, sighting_id, taken_by)
     values (cast(:id as uuid), cast(:scope as uuid), cast(:informantId as uuid), :rangAt, :answeredAt, :endedAt, :outcome,
       cast(:sightingId as uuid), cast(:takenBy as uuid))`,
    {
      id: body.id,
      scope,
      informantId,
      rangAt: body.rangAt ?? null,
      answeredAt: body.answeredAt,
      endedAt: body.endedAt,
      outcome: body.outcome,
      sightingId: body.sightingId ?? null,
      takenBy: userIdOf(ctx.actor),
    },
  );
  return (await callById(ctx.db, body.id)) as CallRow;
}
