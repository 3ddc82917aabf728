/** Rules of the field: a station lays its own value over the one from above, and takes it away again. */
import type { Part } from '../../shared/contract.ts';
import { fieldErrors, fieldProblem, Problem } from '../../shared/problems.ts';
import { isRuleKey, risingRules, rootRules, type RuleKey, ruleSchemas } from '../../shared/rules.ts';
import type { RuleRow, setRule } from '../../shared/stations.ts';
import type { Context } from '../context.ts';
import { row, rows } from '../db/rows.ts';
import { stationFor } from './commands.ts';
import { ownRule } from './queries.ts';

/** Where a station's own values come from; who set them and when is in the audit log. */
const SOURCE = 'Set by the station';

function keyOf(key: string): RuleKey {
  if (!isRuleKey(key)) throw new Problem('not_found');
  return key;
}

const pairOf = (key: RuleKey): (typeof risingRules)[number] | undefined =>
  risingRules.find((pair) => pair.some((each) => each === key));

/** Locks the default of a rule and of the one it is bound to, so that two who set a pair at once see each other. */
async function lockDefaults(ctx: Context, key: RuleKey): Promise<void> {
  await rows(
    ctx.db,
    `select key from rules where station_id is null and key = any (cast(:keys as text[])) order by key for no key update`,
    { keys: pairOf(key) ?? [key] },
  );
}

/** Of two rules that go together the first must stay below the second, here and wherever below the one is laid over the other. */
async function judgePair(ctx: Context, key: RuleKey, stationId: string, path: string): Promise<void> {
  const pair = pairOf(key);
  if (!pair) return;
  const [low, high] = pair;
  const crossed = await row<{ name: string; low: number; high: number }>(
    ctx.db,
    `select name, low, high from (
       select name, path, cast(rule_value(:low, path) as float8) as low, cast(rule_value(:high, path) as float8) as high
       from stations where path @> array[cast(:stationId as uuid)]
     ) held where low >= high order by cardinality(path), name limit 1`,
    { low, high, stationId },
  );
  if (!crossed) return;
  const there = `${low} would be ${String(crossed.low)} and ${high} ${String(crossed.high)} at ${crossed.name}`;
  throw fieldProblem(path, key === low ? 'not_below' : 'not_above', `${low} must stay below ${high}; ${there}`);
}

/** What a station's rule shall be, in the form its schema gives it; 422 with paths from /value on. */
function judgeValue(key: RuleKey, value: unknown): unknown {
  if (value === undefined) throw fieldProblem('/value', 'required', 'required');
  const judged = ruleSchemas[key].safeParse(value);
  if (!judged.success) throw new Problem('invalid', fieldErrors(judged.error.issues, value, '/value'));
  return judged.data;
}

/** Sets a station's own value. 404 for a key there is not; 409 version_conflict with the own row as it is, or null. */
export async function layRule(ctx: Context, name: string, body: Part<(typeof setRule)['body']>): Promise<RuleRow> {
  const key = keyOf(name);
  const station = await stationFor(ctx, body.stationId);
  if (rootRules.includes(key) && station.parentId !== null)
    throw fieldProblem(
      '/stationId',
      'root_only',
      'this rule holds for the whole service: only the root station has it',
    );
  const value = JSON.stringify(judgeValue(key, body.value));
  await lockDefaults(ctx, key);
  const current = (await ownRule(ctx.db, key, station.id)) ?? null;
  if ((current?.version ?? 0) !== body.version) throw new Problem('version_conflict', [], { current });
  await rows(
    ctx.db,
    `insert into rules (key, station_id, value, unit, source)
     select key, cast(:stationId as uuid), cast(:value as jsonb), unit, :source from rules where key = :key and station_id is null
     on conflict (key, station_id) do update set value = excluded.value, source = excluded.source, version = rules.version + 1`,
    { key, stationId: station.id, value, source: SOURCE },
  );
  await judgePair(ctx, key, station.id, '/value');
  const laid = await ownRule(ctx.db, key, station.id);
  if (!laid) throw new Error(`the rule ${key} has no default`);
  return laid;
}

/** Takes a station's own value away; 404 where it has none. */
export async function liftRule(
  ctx: Context,
  name: string,
  stationId: string | undefined,
): Promise<Record<string, never>> {
  const key = keyOf(name);
  const station = await stationFor(ctx, stationId, '/query/stationId');
  await lockDefaults(ctx, key);
  const lifted = await row(
    ctx.db,
    `delete from rules where key = :key and station_id = cast(:stationId as uuid) returning key`,
    { key, stationId: station.id },
  );
  if (!lifted) throw new Problem('not_found');
  await judgePair(ctx, key, station.id, '/key');
  return {};
}
