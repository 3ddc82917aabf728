import type { Knex } from 'knex';
import type { OpenItems } from '../../shared/duty.ts';
import { asInstant } from '../db/postgis.ts';
import { one, row } from '../db/rows.ts';

type Db = Knex | Knex.Transaction;

/** Incidents a note names; it counts no further. */
const MOST_NAMED = 500;

/**
 * What is open at a station and below it now, in one statement: incidents by their code, the oldest of the worst first, and how much of the rest. Warnings and
 * plans of the stations above are open here too.
 */
export async function openItemsOf(db: Db, stationId: string): Promise<OpenItems> {
  const { open } = await one<{ open: OpenItems }>(
    db,
    `with here as materialized (
       select id from stations where path @> array[cast(:stationId as uuid)]
     ), around as materialized (
       select id from here union select unnest(path) from stations where id = cast(:stationId as uuid)
     ), named as (
       select i.id, i.code, i.priority, i.status, i.opened_at from incidents i join here h on h.id = i.station_id where i.status <> 'closed'
       order by array_position(array['life_risk', 'urgent', 'normal'], i.priority), i.opened_at, i.id limit :most
     ), on_now as (
       select a.id, p.name, a.level, a.since,
         (select cast(count(*) as integer) from activation_steps t where t.activation_id = a.id and t.state in ('waiting', 'failed')) as open_steps
       from activations a join plans p on p.id = a.plan_id join around r on r.id = a.station_id where a.closed_at is null
     )
     select jsonb_build_object(
       'incidents', coalesce((select jsonb_agg(jsonb_build_object('id', n.id, 'code', n.code, 'priority', n.priority, 'status', n.status)
         order by array_position(array['life_risk', 'urgent', 'normal'], n.priority), n.opened_at, n.id) from named n), '[]'),
       'dispatches', (select count(*) from dispatches d join here h on h.id = d.station_id where d.ended_at is null),
       'rechecks', (select count(*) from rechecks r join here h on h.id = r.station_id where r.ended_at is null),
       'holds', (select count(*) from holds o join shelters s on s.id = o.shelter_id join here h on h.id = s.station_id where o.status = 'held'),
       'tasks', (select count(*) from tasks t join here h on h.id = t.station_id where t.done_at is null),
       'alerts', (select count(*) from alerts a join around r on r.id = a.station_id where a.ended_at is null),
       'plans', coalesce((select jsonb_agg(jsonb_build_object('id', o.id, 'name', o.name, 'level', o.level, 'openSteps', o.open_steps) order by o.since, o.id) from on_now o), '[]')
     ) as open`,
    { stationId, most: MOST_NAMED },
  );
  return open;
}

export interface Signed {
  givenBy: string;
  givenAt: string;
  takenBy: string | null;
}
/** Whose signatures stand under a shift's note; undefined while there is none. */
export const signedNote = (db: Db, shiftId: string): Promise<Signed | undefined> =>
  row(
    db,
    `select h.given_by as "givenBy", ${asInstant('h.given_at')} as "givenAt", h.taken_by as "takenBy" from duty_handovers h where h.shift_id = cast(:shiftId as uuid)`,
    { shiftId },
  );
