/** What becomes of reports when the area they lie in is taken away. It stands here because stations know of no reports. */
import { Problem } from '../../shared/problems.ts';
import { type Context, staffOf } from '../context.ts';
import { rows } from '../db/rows.ts';
import { record } from '../realtime/record.ts';
import { lockedArea } from '../stations/queries.ts';
import { incidentRows } from './queries.ts';

/** Rows one fact carries, so that no message is large. */
const A_FACT = 100;

/** Removes an area. What happened there keeps its station, open or closed; it lies in the station's next smallest area, or outside all. */
export async function dropArea(ctx: Context, id: string): Promise<Record<string, never>> {
  // Taken first: a report that would name the area waits for it, so none is left pointing at nothing.
  const area = await lockedArea(ctx.db, id, staffOf(ctx).stationId);
  if (!area) throw new Problem('not_found');
  await rows(ctx.db, `select id from incidents where area_id = cast(:id as uuid) order by id for no key update`, {
    id,
  });
  const left = await rows<{ id: string; live: boolean }>(
    ctx.db,
    `update incidents set area_id = fallen.area_id, lane = case when fallen.area_id is null then 'outside' end
     from (
       select i.id, (select a.id from areas a where a.id <> i.area_id and a.station_id = i.station_id and st_covers(a.outline, cast(i.position as geometry))
         order by a.size_m2, a.id limit 1) as area_id
       from incidents i where i.area_id = cast(:id as uuid)
     ) fallen where fallen.id = incidents.id returning incidents.id, status <> 'closed' as live`,
    { id },
    { deadlineMs: 30_000 },
  );
  await rows(ctx.db, `delete from areas where id = cast(:id as uuid)`, { id });
  const live = left.filter((each) => each.live).map((each) => each.id);
  for (let from = 0; from < live.length; from += A_FACT) {
    const incidents = await incidentRows(ctx.db, live.slice(from, from + A_FACT));
    record(ctx, { type: 'incident.changed', stationId: area.stationId, rows: { incidents } });
  }
  return {};
}
