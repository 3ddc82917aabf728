/** Where a job ends well: somebody it brought in has a bed. */
import type { Part } from '../../shared/contract.ts';
import type { IncidentRow } from '../../shared/incidents.ts';
import type { checkIn, StayRow } from '../../shared/stays.ts';
import type { Context } from '../context.ts';
import { row, rows } from '../db/rows.ts';
import { incidentRows } from '../incidents/queries.ts';
import { arrive } from '../shelters/commands-stays.ts';

/** The incident whose job a bed was held for, locked: before the shelter, as every command does. */
const lockIncidentOfHold = (ctx: Context, holdId: string): Promise<{ id: string } | undefined> =>
  row<{ id: string }>(
    ctx.db,
    `select i.id from incidents i join dispatches d on d.incident_id = i.id join holds h on h.dispatch_id = d.id
     where h.id = cast(:holdId as uuid) for no key update of i`,
    { holdId },
  );

/** The first of an incident's people in a bed is its first person safe, unless somebody was helped on the spot before. */
async function safeNow(ctx: Context, incidentId: string): Promise<IncidentRow[]> {
  const [first] = await rows<{ id: string }>(
    ctx.db,
    `update incidents set safe_at = :now, version = version + 1 where id = cast(:incidentId as uuid) and safe_at is null returning id`,
    { incidentId, now: ctx.now() },
  );
  return first ? incidentRows(ctx.db, [first.id]) : [];
}

/** Checks people in, and stops the clock of the incident they come from. Refused as arrive() is. */
export async function bringToBed(ctx: Context, body: Part<(typeof checkIn)['body']>): Promise<StayRow> {
  const incident = body.holdId === undefined ? undefined : await lockIncidentOfHold(ctx, body.holdId);
  return arrive(ctx, body, incident && (() => safeNow(ctx, incident.id)));
}
