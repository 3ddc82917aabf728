/** Where a job ends well: somebody it brought in has a bed. */
import type { Part } from '../../shared/contract.ts';
import type { IncidentRow } from '../../shared/incidents.ts';
import type { checkIn, StayRow } from '../../shared/stays.ts';
import type { Context } from '../context.ts';
import { rows } from '../db/rows.ts';
import { incidentRows } from '../incidents/queries.ts';
import { arrive } from '../stays/commands.ts';

type CheckIn = Part<(typeof checkIn)['body']>;

/** The incidents whose job a bed was held for, and where the people named were met, locked: before the shelter, as every command does. */
const lockIncidents = (ctx: Context, { holdId, personIds }: CheckIn): Promise<{ id: string }[]> =>
  rows(
    ctx.db,
    `select i.id from incidents i where i.id in (
       select d.incident_id from holds h join dispatches d on d.id = h.dispatch_id where h.id = cast(:holdId as uuid)
       union all
       select e.incident_id from encounter_people p join encounters e on e.id = p.encounter_id where p.id = any (cast(:personIds as uuid[])))
     order by i.id for no key update`,
    { holdId: holdId ?? null, personIds: personIds ?? [] },
  );

/** The first of an incident's people in a bed is its first person safe, unless somebody was helped on the spot before. */
async function safeNow(ctx: Context, incidents: readonly { id: string }[]): Promise<IncidentRow[]> {
  const safe = await rows<{ id: string }>(
    ctx.db,
    `update incidents set safe_at = :now, version = version + 1 where id = any (cast(:ids as uuid[])) and safe_at is null returning id`,
    { ids: incidents.map(({ id }) => id), now: ctx.now() },
  );
  return safe.length > 0
    ? incidentRows(
        ctx.db,
        safe.map(({ id }) => id),
      )
    : [];
}

/** Checks people in, and stops the clock of the incidents they come from. Refused as arrive() is. */
export async function bringToBed(ctx: Context, body: CheckIn): Promise<StayRow> {
  const incidents = await lockIncidents(ctx, body);
  return arrive(ctx, body, () => safeNow(ctx, incidents));
}
