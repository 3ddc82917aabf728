/** What a plan may not say although its schema lets it: days there are none of, warnings nobody knows, things of other stations. */
import type { Condition, WeatherNode } from '../../shared/plan-conditions.ts';
import type { PlanSpec, StepSpec } from '../../shared/plans.ts';
import { type FieldError, fieldErrors, Problem } from '../../shared/problems.ts';
import { isRuleKey, risingRules, rootRules, type RuleKey, ruleSchemas } from '../../shared/rules.ts';
import type { Context } from '../context.ts';
import { rows } from '../db/rows.ts';
import { judgeUrl } from '../http/outbound.ts';
import type { Service } from '../realtime/command.ts';
import { ruleAt } from '../stations/queries.ts';
import { thingsThere } from './queries-judge.ts';

type Deed<K extends StepSpec['deed']['kind']> = Extract<StepSpec['deed'], { kind: K }>;
const range = (path: string, message: string): FieldError => ({ path, code: 'range', message });

/** A leap year: every month and day there can be. */
const isDay = (text: string): boolean => {
  const at = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
};

function judgeWeather({ weather }: WeatherNode, path: string): FieldError[] {
  const found: FieldError[] = [];
  const { days, run, hours } = weather;
  if (run !== undefined && days === undefined) found.push(range(`${path}/run`, 'days in a row are counted in days'));
  for (const [n, test] of weather.tests.entries()) {
    const at = `${path}/tests/${String(n)}`;
    if (hours !== undefined && (test.measure === 'fall1' || test.measure === 'fall2'))
      found.push(range(`${at}/measure`, 'a fall is from one day to another'));
    const { keep, atMost, atLeast } = test;
    if (keep !== undefined && ((atMost !== undefined && keep < atMost) || (atLeast !== undefined && keep > atLeast)))
      found.push(range(`${at}/keep`, 'what keeps a level on is milder than what switches it on'));
  }
  return found;
}

/** Everything in a condition that could never be true, or means something else than it looks like. */
function judgeCondition(when: Condition, path: string, types: ReadonlySet<string>): FieldError[] {
  if ('all' in when) return when.all.flatMap((each, n) => judgeCondition(each, `${path}/all/${String(n)}`, types));
  if ('any' in when) return when.any.flatMap((each, n) => judgeCondition(each, `${path}/any/${String(n)}`, types));
  if ('weather' in when) return judgeWeather(when, `${path}/weather`);
  if ('season' in when)
    return (['from', 'to'] as const)
      .filter((end) => !isDay(`2024-${when.season[end]}`))
      .map((end) => range(`${path}/season/${end}`, 'no such day'));
  if ('dates' in when)
    return when.dates.flatMap((date, n) => (isDay(date) ? [] : [range(`${path}/dates/${String(n)}`, 'no such day')]));
  if ('alert' in when)
    return (when.alert.types ?? []).flatMap((type, n) =>
      types.has(type)
        ? []
        : [
            {
              path: `${path}/alert/types/${String(n)}`,
              code: 'unknown_type',
              message: 'the rule alerts.types has no such kind of warning',
            },
          ],
    );
  return [];
}

/** Ids that steps name, each of the plan's station or below it; load lists also of those above, whose lists serve it. */
async function judgeThings(ctx: Context, steps: readonly StepSpec[], stationId: string): Promise<FieldError[]> {
  const named = steps.flatMap(({ deed }, n) => {
    const at = `/spec/steps/${String(n)}/deed`;
    if (deed.kind === 'open_shelters' && deed.shelters !== 'all')
      return deed.shelters.map((id, k) => ({ kind: 'shelter', id, path: `${at}/shelters/${String(k)}` }));
    if (deed.kind === 'visit_sites' && deed.sites !== 'all')
      return deed.sites.map((id, k) => ({ kind: 'site', id, path: `${at}/sites/${String(k)}` }));
    return deed.kind === 'load' ? [{ kind: 'load_list', id: deed.listId, path: `${at}/listId` }] : [];
  });
  if (named.length === 0) return [];
  const there = new Set(
    (
      await thingsThere(
        ctx.db,
        stationId,
        named.map(({ id }) => id),
      )
    ).map(({ kind, id }) => `${kind} ${id}`),
  );
  return named
    .filter(({ kind, id }) => !there.has(`${kind} ${id}`))
    .map(({ path }) => ({ path, code: 'not_found', message: 'nothing of the kind in use in the area of the plan' }));
}

/** Each value in the form its schema gives it; what is wrong with it is found at its key. */
function judgeValues(deed: Deed<'set_rules'>, path: string): FieldError[] {
  const keys = Object.keys(deed.values);
  if (keys.length === 0) return [{ path, code: 'required', message: 'no rule is set' }];
  return keys.flatMap((key) => {
    const at = `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (!isRuleKey(key)) return [{ path: at, code: 'unknown_field', message: 'no such rule' }];
    if (rootRules.includes(key))
      return [{ path: at, code: 'root_only', message: 'this rule holds for the whole service' }];
    const value = deed.values[key];
    const judged = ruleSchemas[key].safeParse(value);
    if (!judged.success) return fieldErrors(judged.error.issues, value, at);
    deed.values[key] = judged.data;
    return [];
  });
}

interface Set {
  path: string;
  values: Record<string, unknown>;
}
/**
 * Of two rules that go together the first must stay below the second, whichever of the steps are on and whatever the stations
 * of the subtree have of their own: the highest that the first may be against the lowest that the second may be.
 */
async function judgePairs(ctx: Context, sets: readonly Set[], stationId: string): Promise<FieldError[]> {
  const found: FieldError[] = [];
  const given = (key: RuleKey): number[] =>
    sets.flatMap(({ values }) => (typeof values[key] === 'number' ? [values[key]] : []));
  for (const [low, high] of risingRules) {
    if (given(low).length + given(high).length === 0) continue;
    const held = await rows<{ low: number; high: number }>(
      ctx.db,
      `select cast(rule_value(:low, path) as float8) as low, cast(rule_value(:high, path) as float8) as high
       from stations where path @> array[cast(:stationId as uuid)]`,
      { low, high, stationId },
    );
    const highest = Math.max(...given(low), ...held.map((each) => each.low));
    const lowest = Math.min(...given(high), ...held.map((each) => each.high));
    if (highest < lowest) continue;
    for (const { path, values } of sets)
      for (const key of [low, high])
        if (values[key] !== undefined)
          found.push({
            path: `${path}/${key}`,
            code: key === low ? 'not_below' : 'not_above',
            message: `${low} must stay below ${high}; it would be ${String(highest)}, and ${String(lowest)}`,
          });
  }
  return found;
}

/** Throws 422 url_not_allowed at the first address of a step that must not be called. Not inside a transaction: names are looked up. */
export async function judgeHooks(service: Service, spec: PlanSpec | undefined): Promise<void> {
  for (const [n, { deed }] of (spec?.steps ?? []).entries())
    if (deed.kind === 'webhook') await judgeUrl(service, deed.url, `/spec/steps/${String(n)}/deed/url`);
}

/** Judges a plan's rules and steps for its station; 422 with the path of everything that is wrong. Values of rules are brought into form. */
export async function judgeSpec(ctx: Context, spec: PlanSpec, stationId: string): Promise<void> {
  const known = (await ruleAt(ctx.db, 'alerts.types', stationId)) as { type: string }[];
  const types = new Set(known.map(({ type }) => type));
  const found = spec.levels.flatMap(({ when }, n) => judgeCondition(when, `/spec/levels/${String(n)}/when`, types));
  found.push(...(await judgeThings(ctx, spec.steps, stationId)));
  const sets: Set[] = [];
  for (const [n, { deed }] of spec.steps.entries()) {
    const path = `/spec/steps/${String(n)}/deed`;
    if (deed.kind === 'set_rules') {
      const wrong = judgeValues(deed, `${path}/values`);
      found.push(...wrong);
      if (wrong.length === 0) sets.push({ path: `${path}/values`, values: deed.values });
    }
  }
  found.push(...(await judgePairs(ctx, sets, stationId)));
  if (found.length > 0) throw new Problem('invalid', found);
}
