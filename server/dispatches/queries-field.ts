/** Rules by which travel, fit and harm are judged, as they hold at an incident's station. */
import type { Knex } from 'knex';
import type { HarmRules } from '../../shared/harm.ts';
import type { RuleKey } from '../../shared/rules.ts';
import { rows } from '../db/rows.ts';
import type { FitRules } from './fit.ts';
import { hourAt, type Pace, paceAt, type PaceRules } from './router-estimate.ts';

interface Values {
  'eta.speed': number;
  'eta.on_foot': number;
  'eta.detour': number;
  'eta.speeds': PaceRules['speeds'];
  'positions.stale': number;
  'dispatch.soon_free': Record<'on_scene' | 'transporting', number>;
  'dispatch.fit': { sign: string; skill: string }[];
  'dispatch.penalties': FitRules['penalties'];
  'harm.steepness': number;
  'harm.grace': number;
  'harm.priority': HarmRules['priority'];
}
/** What holds at one station. */
export interface Field {
  /** the station and all above it */
  path: string[];
  timeZone: string;
  rules: Values;
}
const keys = [
  'eta.speed',
  'eta.on_foot',
  'eta.detour',
  'eta.speeds',
  'positions.stale',
  'dispatch.soon_free',
  'dispatch.fit',
  'dispatch.penalties',
  'harm.steepness',
  'harm.grace',
  'harm.priority',
] as const satisfies readonly (RuleKey & keyof Values)[];

/** SQL: the values that hold at station `s`, as one object. One walk over few rows; a call of rule_value() for each takes twice as long. */
export const FIELD_RULES = `(select jsonb_object_agg(k.key, k.value) from (
    select distinct on (r.key) r.key, r.value from rules r
    where r.key in (${keys.map((key) => `'${key}'`).join(', ')}) and (r.station_id is null or r.station_id = any (s.path))
    order by r.key, array_position(s.path, r.station_id) desc nulls last) k)`;

/** What holds at each of these stations. */
export async function fieldsOf(
  db: Knex | Knex.Transaction,
  stationIds: readonly string[],
): Promise<ReadonlyMap<string, Field>> {
  const found = await rows<Field & { id: string }>(
    db,
    `select s.id, s.path, s.time_zone as "timeZone", ${FIELD_RULES} as rules from stations s where s.id = any (cast(:stationIds as uuid[]))`,
    { stationIds },
  );
  return new Map(found.map(({ id, ...field }) => [id, field]));
}

export const fitRules = ({ rules }: Field): FitRules => ({
  penalties: rules['dispatch.penalties'],
  jobS: rules['dispatch.soon_free'].on_scene * 60,
});
export const harmRules = ({ rules }: Field): HarmRules => ({
  steepness: rules['harm.steepness'],
  graceMin: rules['harm.grace'],
  priority: rules['harm.priority'],
});
/** How fast one drives in an area now. */
export const paceIn = ({ rules, timeZone }: Field, area: string | null, now: Date): Pace =>
  paceAt(
    {
      speed: rules['eta.speed'],
      onFoot: rules['eta.on_foot'],
      detour: rules['eta.detour'],
      speeds: rules['eta.speeds'],
    },
    area,
    hourAt(now, timeZone),
  );
