/** What a value of each rule of the field must look like. The rows, their units and sources are data (table `rules`); the words are under `rule.<key>` and `rule.<key>.about`. */
import * as z from 'zod/mini';
import { text } from './ids.ts';
import { roles } from './roles.ts';
import { signs } from './sightings.ts';

const number = (least: number, most: number): z.ZodMiniType<number> => z.number().check(z.gte(least), z.lte(most));
const whole = (least: number, most: number): z.ZodMiniType<number> => z.int().check(z.gte(least), z.lte(most));
/** Names of a closed set, each once. */
const some = <T extends string>(names: readonly T[]): z.ZodMiniType<T[]> =>
  z.array(z.enum(names)).check(z.refine((list) => new Set(list).size === list.length, 'each once'));

/** Services with words of their own under `emergency.<service>`. */
export const emergencyServices = ['ambulance', 'police', 'fire', 'city', 'civil_affairs', 'station'] as const;
const emergencyNumber = z.strictObject({
  number: text(20).check(z.regex(/^[\d+*# -]{2,20}$/)),
  service: z.enum(emergencyServices),
});

/** Every rule there is, with the values it may have; how its editor looks follows from the schema. */
export const ruleSchemas = {
  'emergency.numbers': z.array(emergencyNumber).check(z.minLength(1), z.maxLength(6)),
  'sign_in.second_factor': some(roles),
  'signs.life_risk': some(signs),
  'signs.urgent': some(signs),
  'duplicates.radius': whole(10, 5_000),
  'duplicates.window': number(0.5, 168),
  'holds.duration': whole(5, 720),
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
  'events.kept': whole(1, 90),
  'idempotency.kept': whole(1, 90),
} as const satisfies Record<string, z.ZodMiniType>;
export type RuleKey = keyof typeof ruleSchemas;
export const ruleKeys = Object.keys(ruleSchemas) as RuleKey[];
export const isRuleKey = (key: string): key is RuleKey => Object.hasOwn(ruleSchemas, key);
/** Rules that hold for the whole service: only the root station may set them. */
export const rootRules: readonly RuleKey[] = ['events.kept', 'idempotency.kept'];
/** Pairs whose first must stay below the second, else nothing would ever be what lies between. */
export const risingRules = [
  ['positions.fresh', 'positions.stale'],
  ['shelters.fresh', 'shelters.stale'],
] as const satisfies readonly (readonly [RuleKey, RuleKey])[];
