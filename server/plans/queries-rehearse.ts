import type { Knex } from 'knex';
import { type PlanLevel, planLevels } from '../../shared/plan-levels.ts';
import type { PlanSpec, Rehearsal, StepSpec } from '../../shared/plans.ts';
import { isTemporary, shelterKinds } from '../../shared/shelters.ts';
import { one, row } from '../db/rows.ts';
import { inSubtreeSql } from '../db/scope.ts';
import { seenFromSql } from './queries.ts';

type Db = Knex | Knex.Transaction;

/** What a rehearsal needs of a plan. */
export interface RehearsedPlan {
  stationId: string;
  spec: PlanSpec;
  zone: string;
  path: string[];
}
/** A plan that is seen from a station. */
export const rehearsedPlan = (db: Db, scope: string, id: string): Promise<RehearsedPlan | undefined> =>
  row<RehearsedPlan>(
    db,
    `select p.station_id as "stationId", p.spec, s.time_zone as zone, s.path from plans p join stations s on s.id = p.station_id
     where p.id = cast(:id as uuid) and ${seenFromSql('p.station_id')}`,
    { scope, id },
  );

const deedsOf = <K extends StepSpec['deed']['kind']>(
  { steps }: PlanSpec,
  top: PlanLevel,
  kind: K,
): Extract<StepSpec['deed'], { kind: K }>[] =>
  steps.flatMap(({ from, deed }) =>
    deed.kind === kind && planLevels.indexOf(from) <= planLevels.indexOf(top)
      ? [deed as Extract<StepSpec['deed'], { kind: K }>]
      : [],
  );

/** SQL: beds of a house with its surge beds where these are asked for. */
const bedsSql = (house: string, surge: string): string =>
  `coalesce((select sum(b.total + case when ${surge} then b.surge else 0 end) from shelter_beds b where b.shelter_id = ${house} and b.unit = 'bed'), 0)`;

/**
 * What a plan's steps up to a level want, against what there is now: beds of the houses they would open, with surge, and those of the
 * houses that are open; people they would call in from the crews, and crew members there are, both of the plan's station as calls are.
 */
export async function needsAt(db: Db, stationId: string, spec: PlanSpec, top: PlanLevel): Promise<Rehearsal['needs']> {
  const { bedsOpened, bedsThere } = await one<{ bedsOpened: number; bedsThere: number }>(
    db,
    `with wanted as (
       select t.shelters, t.surge from jsonb_to_recordset(cast(:steps as jsonb)) as t (shelters jsonb, surge boolean)
     ), asked as (
       select s.id, bool_or(w.surge) or s.surge_open as surge
       from shelters s join wanted w
         on case when w.shelters = '"all"' then s.kind = any (cast(:kinds as text[])) else w.shelters @> to_jsonb(cast(s.id as text)) end
       where s.closed_down_at is null and ${inSubtreeSql('s.station_id')} group by s.id
     )
     select cast(coalesce((select sum(${bedsSql('a.id', 'a.surge')}) from asked a), 0) as integer) as "bedsOpened",
       cast(coalesce((select sum(${bedsSql('s.id', 's.surge_open')}) from shelters s
         where s.closed_down_at is null and s.status <> 'closed' and ${inSubtreeSql('s.station_id')}), 0) as integer) as "bedsThere"`,
    {
      scope: stationId,
      kinds: shelterKinds.filter(isTemporary),
      steps: JSON.stringify(deedsOf(spec, top, 'open_shelters')),
    },
  );
  const calls = deedsOf(spec, top, 'call_roster').filter(({ roles }) => roles.includes('crew'));
  const { crewsThere } = await one<{ crewsThere: number }>(
    db,
    `select cast(count(*) as integer) as "crewsThere" from users u where u.active and u.role = 'crew' and u.station_id = cast(:stationId as uuid)`,
    { stationId },
  );
  return {
    bedsOpened,
    bedsThere,
    crewsCalled: calls.length === 0 ? 0 : Math.max(crewsThere, ...calls.map(({ minimum }) => minimum)),
    crewsThere,
  };
}
