/** What a value of each rule of the field must look like. The rows, their units and sources are data (table `rules`); the words are under `rule.<key>` and `rule.<key>.about`. */
import * as z from 'zod/mini';
import { rungs } from './dispatches.ts';
import { alertLevels, alertType } from './alerts.ts';
import { coldStages } from './encounters.ts';
import { text } from './ids.ts';
import { priorities } from './incidents.ts';
import { planLevels } from './plan-levels.ts';
import { rollCallRungs } from './patrols.ts';
import { roles } from './roles.ts';
import { signs } from './sightings.ts';
import { skill } from './skills.ts';
import { dueKinds } from './stays.ts';
import { itemKinds, storeKinds } from './supplies.ts';

const number = (least: number, most: number): z.ZodMiniType<number> => z.number().check(z.gte(least), z.lte(most));
const whole = (least: number, most: number): z.ZodMiniType<number> => z.int().check(z.gte(least), z.lte(most));
/** Names of a closed set, each once. */
const some = <T extends string>(names: readonly T[]): z.ZodMiniType<T[]> =>
  z.array(z.enum(names)).check(z.refine((list) => new Set(list).size === list.length, 'each once'));

/** Services with words of their own under `emergency.<service>`. */
export const emergencyServices = ['ambulance', 'police', 'fire', 'city', 'civil_affairs', 'station'] as const;
/** Whoever cannot simply be taken along: whom to call is the rule `handover.paths`. */
export const handoverPaths = ['medical', 'police', 'child'] as const;
const emergencyNumber = z.strictObject({
  service: z.enum(emergencyServices),
  number: text(20).check(z.regex(/^[\d+*# -]{2,20}$/)),
});

/** One number for each name, e.g. a factor for each sign. */
const each = <T extends string>(names: readonly T[], member: z.ZodMiniType<number>): z.ZodMiniType<Record<T, number>> =>
  z.strictObject(Object.fromEntries(names.map((name) => [name, member])) as Record<T, z.ZodMiniType<number>>) as never;
/** A table of rows with the same columns. */
const table = <R extends z.ZodMiniType>(row: R, least: number, most: number): z.ZodMiniArray<R> =>
  z.array(row).check(z.minLength(least), z.maxLength(most));
const hour = whole(0, 24);
const clockTime = text(5).check(z.regex(/^([01]\d|2[0-3]):[0-5]\d$/));

/** Every rule there is, with the values it may have; how its editor looks follows from the schema. */
export const ruleSchemas = {
  'emergency.numbers': table(emergencyNumber, 1, 6),
  'sign_in.second_factor': some(roles),
  'signs.life_risk': some(signs),
  'signs.urgent': some(signs),
  'duplicates.radius': whole(10, 5_000),
  'duplicates.window': number(0.5, 168),
  'holds.duration': whole(5, 720),
  'holds.margin': whole(0, 240),
  'holds.longest': whole(15, 1_440),
  'stays.deadlines': table(
    z.strictObject({
      due: z.enum(dueKinds),
      /** only for somebody who cannot say who they are */
      unidentified: z.boolean(),
      after: whole(1, 365),
      unit: z.enum(['hours', 'days', 'months']),
      warnH: whole(0, 2_160),
    }),
    0,
    8,
  ),
  'stays.kept': whole(1, 3_650),
  'supplies.low': table(
    z.strictObject({ place: z.enum(storeKinds), kind: z.nullable(z.enum(itemKinds)), below: whole(1, 100_000) }),
    0,
    30,
  ),
  'supplies.expiry_warn': whole(0, 365),
  'eta.speed': number(1, 150),
  'eta.detour': number(1, 5),
  'positions.fresh': whole(10, 3_600),
  'positions.stale': whole(60, 86_400),
  'positions.max_speed': number(10, 400),
  'positions.max_ahead': whole(0, 3_600),
  'positions.worst_accuracy': whole(10, 50_000),
  'positions.accuracy_slack': whole(0, 5_000),
  'reports.max_late': number(1, 72),
  'shelters.few': whole(0, 1_000),
  'shelters.fresh': number(0.25, 72),
  'shelters.stale': number(0.5, 168),
  'targets.seen': whole(5, 3_600),
  'targets.accept': whole(10, 7_200),
  'targets.on_scene_life_risk': whole(1, 240),
  'targets.on_scene': whole(1, 600),
  'targets.dispatched': whole(10, 7_200),
  'targets.safe': whole(1, 1_440),
  'targets.told': number(0.5, 168),
  'targets.answered': whole(1, 1_440),
  'targets.answer_call': whole(1, 600),
  'targets.process_call': whole(5, 3_600),
  'duplicates.likeness': number(0.05, 1),
  'sites.radius': whole(10, 1_000),
  'sites.look_back': whole(1, 3_650),
  'weather.stale': number(0.5, 48),
  'cold.endurance': table(z.strictObject({ feltC: number(-90, 40), minutes: number(0, 2_880) }), 2, 24),
  'cold.signs': each(signs, number(0.05, 1)),
  'cold.at_most': table(z.strictObject({ sign: z.enum(signs), minutes: whole(0, 1_440) }), 0, 9),
  'cold.precipitation': each(['rain', 'sleet', 'snow'], number(0.05, 1)),
  'cold.answers': each(['spoken', 'declined', 'gone', 'confirmed', 'refused'], number(0.1, 10)),
  'cold.unknown': each(priorities, whole(0, 2_880)),
  'cold.danger': whole(1, 720),
  'cold.soon': whole(1, 1_440),
  'harm.steepness': number(0.5, 10),
  'harm.grace': whole(1, 240),
  'harm.priority': each(priorities, number(0.1, 100)),
  'eta.on_foot': number(1, 15),
  'eta.speeds': table(
    z.strictObject({ area: z.nullable(text(200)), from: hour, to: hour, kmh: number(1, 150) }),
    0,
    100,
  ),
  'dispatch.ladder': table(
    z.strictObject({ priority: z.enum(priorities), rung: z.enum(rungs), afterS: whole(10, 7_200) }),
    1,
    24,
  ),
  'dispatch.soon_free': each(['on_scene', 'transporting'], whole(0, 240)),
  'dispatch.fit': table(z.strictObject({ sign: z.enum(signs), skill }), 0, 30),
  'dispatch.penalties': each(['seats', 'skill', 'language', 'supplies', 'shift_end'], whole(0, 240)),
  'claims.duration': whole(1, 240),
  'desk.shifts': table(z.strictObject({ starts: clockTime }), 1, 6),
  'recheck.after': table(
    z.strictObject({
      level: z.enum(planLevels),
      priority: z.nullable(z.enum(priorities)),
      minutes: whole(10, 10_080),
    }),
    1,
    20,
  ),
  'recheck.same_crew': whole(0, 720),
  'aid.cold_stages': table(
    z.strictObject({
      awake: z.nullable(z.boolean()),
      confused: z.nullable(z.boolean()),
      shivering: z.nullable(z.boolean()),
      breathing: z.nullable(z.boolean()),
      stage: z.enum(coldStages),
    }),
    1,
    20,
  ),
  'handover.paths': table(z.strictObject({ path: z.enum(handoverPaths), service: z.enum(emergencyServices) }), 0, 12),
  'roll_call.every': whole(5, 240),
  'roll_call.ladder': table(z.strictObject({ rung: z.enum(rollCallRungs), afterS: whole(0, 7_200) }), 1, 6),
  'crew.idle_lock': whole(5, 960),
  'patrols.offline': whole(30, 3_600),
  'rounds.geofence': whole(10, 1_000),
  'coverage.cell': whole(25, 1_000),
  'coverage.reach': whole(5, 500),
  'coverage.gap': whole(10, 1_800),
  'coverage.long_ago': number(1, 720),
  'coverage.look_back': whole(1, 3_650),
  'coverage.weights': each(['encounter', 'sighting', 'visit_due'], number(0, 100)),
  'outside.hosts': table(
    z.strictObject({ host: text(253).check(z.regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/)) }),
    0,
    100,
  ),
  /** the sender's word for what it warns of (as `event` or an event code), and what that is here */
  'alerts.types': table(z.strictObject({ event: text(200), type: alertType }), 0, 500),
  /** the sender's word for how severe it is (a colour in any language, or CAP's severity), and which colour that is here */
  'alerts.colours': table(z.strictObject({ word: text(60), level: z.enum(alertLevels) }), 0, 100),
  'weather.kept': whole(30, 3_650),
  'plans.escalate_after': whole(1, 1_440),
  'duty.minimum': whole(0, 50),
  'duty.gap_ahead': whole(1, 336),
  'duty.uncovered_after': whole(0, 240),
  'checks.per_shift': whole(0, 24),
  'checks.answer': whole(15, 3_600),
  'events.kept': whole(1, 90),
  'idempotency.kept': whole(1, 90),
} as const satisfies Record<string, z.ZodMiniType>;
export type RuleKey = keyof typeof ruleSchemas;
export const ruleKeys = Object.keys(ruleSchemas) as RuleKey[];
export const isRuleKey = (key: string): key is RuleKey => Object.hasOwn(ruleSchemas, key);
/** Rules that hold for the whole service: only the root station may set them. */
export const rootRules: readonly RuleKey[] = ['outside.hosts', 'events.kept', 'idempotency.kept', 'coverage.cell'];
/** Pairs whose first must stay below the second, else nothing would ever be what lies between. */
export const risingRules = [
  ['positions.fresh', 'positions.stale'],
  ['shelters.fresh', 'shelters.stale'],
  ['cold.danger', 'cold.soon'],
] as const satisfies readonly (readonly [RuleKey, RuleKey])[];
