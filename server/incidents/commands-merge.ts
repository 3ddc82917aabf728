/** Several reports of one situation: folded into one incident, and taken apart again. */
import type { IncidentRow } from '../../shared/incidents.ts';
import { fieldProblem, Problem } from '../../shared/problems.ts';
import { signs } from '../../shared/sightings.ts';
import type { Context } from '../context.ts';
import { one, row, rows } from '../db/rows.ts';
import { record } from '../realtime/record.ts';
import { judgeOpen, judgeVersion, lockIncidents, obligationsOf, tell } from './commands.ts';
import { incidentRows } from './queries.ts';

/** The newest word on a question that can be answered yes or no: of the reports, and of answers their reporters gave later. */
const newestWordSql = (column: 'spoken' | 'wants_help' | 'still_there'): string =>
  `(select w.said from (
       select g.received_at as at, g.id, g.${column} as said from sightings g where g.incident_id = cast(:id as uuid)${
         column === 'still_there'
           ? ` union all select a.at, a.sighting_id, a.still_there from answers a join sightings g on g.id = a.sighting_id where g.incident_id = cast(:id as uuid)`
           : ''
       }
     ) w where w.said is not null order by w.at desc, w.id desc limit 1)`;

/**
 * What an incident says of itself, gathered from its sightings and from what was merged into it: most people, all signs, the
 * most pressing priority, last seen, and the newest word on each question. Of each incident in it the desk's own word counts,
 * where there is one, else its reports'. What was done (crews accepted, people safe, refusals, questions asked) stays with the
 * incident it was done for: the one that stays keeps its own, the merged one shows its own and has it when it comes back.
 */
export async function regather(ctx: Context, id: string): Promise<void> {
  await rows(
    ctx.db,
    `with recursive tree as (
       select cast(:id as uuid) as id union select m.id from incidents m join tree on m.merged_into = tree.id
     ), own as (
       select coalesce((select cast(e.detail ->> 'people' as integer) from incident_entries e
           where e.incident_id = tree.id and e.kind = 'changed' and e.detail -> 'people' is not null order by e.id desc limit 1), g.people) as people,
         coalesce((select e.detail ->> 'priority' from incident_entries e
           where e.incident_id = tree.id and e.kind = 'changed' and e.detail -> 'priority' is not null order by e.id desc limit 1),
           case when g.signs && array(select jsonb_array_elements_text(rule_value('signs.life_risk', s.path))) then 'life_risk'
             when g.signs && array(select jsonb_array_elements_text(rule_value('signs.urgent', s.path))) then 'urgent' else 'normal' end) as priority
       from tree left join sightings g on g.first_incident_id = tree.id join incidents i on i.id = cast(:id as uuid) join stations s on s.id = i.station_id
     ), said as (
       select max(received_at) as last, bool_or(verified) as verified,
         max(case when clock_suspect then received_at else least(observed_at, received_at) end) as seen,
         (select max(a.at) from answers a join sightings y on y.id = a.sighting_id where y.incident_id = cast(:id as uuid) and a.still_there) as seen_since,
         array(select x from unnest(cast(:signs as text[])) with ordinality as known (x, n)
           where exists (select from sightings y where y.incident_id = cast(:id as uuid) and x = any (y.signs)) order by n) as signs
       from sightings where incident_id = cast(:id as uuid)
     )
     update incidents i set version = version + 1, people = (select max(own.people) from own), signs = said.signs, last_reported_at = said.last, verified = said.verified,
       priority = (select own.priority from own order by array_position(array['life_risk', 'urgent', 'normal'], own.priority) limit 1),
       last_seen_at = greatest(said.seen, said.seen_since), spoken = ${newestWordSql('spoken')}, wants_help = ${newestWordSql('wants_help')}, still_there = ${newestWordSql('still_there')}
     from said where i.id = cast(:id as uuid) and said.last is not null`,
    { id, signs },
  );
}

/** Folds one incident into another: its sightings move, it closes, every reporter is answered by the one that stays. */
export async function merge(
  ctx: Context,
  id: string,
  intoId: string,
  version: number | undefined,
): Promise<IncidentRow> {
  if (id === intoId) throw fieldProblem('/intoId', 'same', 'an incident cannot be merged into itself');
  const found = await lockIncidents(ctx, [id, intoId]);
  const from = found.find((incident) => incident.id === id);
  const into = found.find((incident) => incident.id === intoId);
  if (!from || !into) throw new Problem('not_found');
  judgeVersion(from, version);
  if (from.mergedInto !== null) throw new Problem('already_merged', [], { current: from });
  judgeOpen(from);
  judgeOpen(into);
  if ((await obligationsOf(ctx, id)).length > 0) throw new Problem('open_obligations', [], { current: from });
  const now = ctx.now();
  await rows(ctx.db, `update sightings set incident_id = cast(:intoId as uuid) where incident_id = cast(:id as uuid)`, {
    id,
    intoId,
  });
  await rows(
    ctx.db,
    `update incidents set status = 'closed', closed_at = :now, seen_at = coalesce(seen_at, :now), merged_into = cast(:intoId as uuid), merged_at = :now, version = version + 1 where id = cast(:id as uuid)`,
    { id, intoId, now },
  );
  // Whoever merges has looked at both; a reporter who was told so must not hear less now.
  await rows(ctx.db, `update incidents set seen_at = coalesce(seen_at, :now) where id = cast(:intoId as uuid)`, {
    intoId,
    now,
  });
  await regather(ctx, intoId);
  await tell(ctx, id, 'merged', { intoId, code: into.code });
  await tell(ctx, intoId, 'absorbed', { fromId: id, code: from.code });
  const after = await incidentRows(ctx.db, [id, intoId]);
  record(ctx, {
    type: 'incident.merged',
    stationId: into.stationId,
    rows: { incidents: after },
    before: { incidents: found },
  });
  return after.find((incident) => incident.id === id) as IncidentRow;
}

/** How many of an incident's reports came with what was merged into it, and how many did not. */
async function reportsOf(ctx: Context, id: string, intoId: string): Promise<{ mine: number; others: number }> {
  return one<{ mine: number; others: number }>(
    ctx.db,
    `with recursive mine as (
       select cast(:id as uuid) as id union select m.id from incidents m join mine on m.merged_into = mine.id
     )
     select cast(count(*) filter (where first_incident_id in (select id from mine)) as integer) as mine,
       cast(count(*) filter (where first_incident_id not in (select id from mine)) as integer) as others
     from sightings where incident_id = cast(:intoId as uuid)`,
    { id, intoId },
  );
}

/** Takes a merge back: the sightings that this incident brought, and those merged into it before, return to it. */
export async function unmerge(ctx: Context, id: string, version: number | undefined): Promise<IncidentRow> {
  const first = await row<{ intoId: string | null }>(
    ctx.db,
    `select merged_into as "intoId" from incidents where id = cast(:id as uuid)`,
    { id },
  );
  const intoId = first?.intoId ?? null;
  const found = await lockIncidents(ctx, intoId === null ? [id] : [id, intoId]);
  const from = found.find((incident) => incident.id === id);
  if (!from) throw new Problem('not_found');
  judgeVersion(from, version);
  if (intoId === null || from.mergedInto !== intoId) throw new Problem('not_merged', [], { current: from });
  // A later merge on top has carried the sightings on: that one comes back first.
  if (found.some((incident) => incident.id === intoId && incident.mergedInto !== null))
    throw new Problem('already_merged', [], { current: from });
  // Reports were moved out since: neither of the two may be left without any.
  const parts = await reportsOf(ctx, id, intoId);
  if (parts.mine === 0 || parts.others === 0) throw new Problem('only_sighting', [], { current: from });
  await rows(
    ctx.db,
    `with recursive mine as (
       select cast(:id as uuid) as id union select m.id from incidents m join mine on m.merged_into = mine.id
     )
     update sightings set incident_id = cast(:id as uuid)
     where incident_id = cast(:intoId as uuid) and first_incident_id in (select id from mine)`,
    { id, intoId },
  );
  await rows(
    ctx.db,
    `update incidents set status = 'open', closed_at = null, merged_into = null, merged_at = null, version = version + 1 where id = cast(:id as uuid)`,
    { id },
  );
  await regather(ctx, intoId);
  await regather(ctx, id);
  await tell(ctx, id, 'unmerged', { intoId });
  await tell(ctx, intoId, 'released', { fromId: id, code: from.code });
  const after = await incidentRows(ctx.db, [id, intoId]);
  record(ctx, {
    type: 'incident.unmerged',
    stationId: from.stationId,
    rows: { incidents: after },
    before: { incidents: found },
  });
  return after.find((incident) => incident.id === id) as IncidentRow;
}
