/** Rules of the field: a station lays its own value over the one from above, and takes it away again. */
import { isDeepStrictEqual } from 'node:util';
import type { Part } from '../../shared/contract.ts';
import { fieldErrors, fieldProblem, Problem } from '../../shared/problems.ts';
import { isRuleKey, risingRules, rootRules, type RuleKey, ruleSchemas } from '../../shared/rules.ts';
import type { RuleRow, setRule, StationRow } from '../../shared/stations.ts';
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

/** Locks the defaults of rules and of those they are bound to, so that two who set a pair at once see each other. */
async function lockDefaults(ctx: Context, keys: readonly RuleKey[]): Promise<void> {
  await rows(
    ctx.db,
    `select key from rules where station_id is null and key = any (cast(:keys as text[])) order by key for no key update`,
    { keys: keys.flatMap((key) => pairOf(key) ?? [key]) },
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

/** A rule that holds for the whole service belongs to the root station alone. */
function judgeStation(key: RuleKey, station: Pick<StationRow, 'parentId'>): void {
  if (rootRules.includes(key) && station.parentId !== null)
    throw fieldProblem(
      '/stationId',
      'root_only',
      'this rule holds for the whole service: only the root station has it',
    );
}

/** What a station has of its own for a rule. */
export type OwnRule = Pick<RuleRow, 'value' | 'source' | 'version'>;

/** Writes a station's own row; a version more than it had, or the one given. The caller holds the defaults' locks. */
async function writeOwn(
  ctx: Context,
  key: RuleKey,
  stationId: string,
  own: Omit<OwnRule, 'version'> & { version: number | null },
): Promise<RuleRow> {
  await rows(
    ctx.db,
    `insert into rules (key, station_id, value, unit, source, version)
     select key, cast(:stationId as uuid), cast(:value as jsonb), unit, :source, coalesce(cast(:version as integer), 1)
     from rules where key = :key and station_id is null
     on conflict (key, station_id) do update set value = excluded.value, source = excluded.source,
       version = coalesce(cast(:version as integer), rules.version + 1)`,
    { key, stationId, value: JSON.stringify(own.value), source: own.source, version: own.version },
  );
  const laid = await ownRule(ctx.db, key, stationId);
  if (!laid) throw new Error(`the rule ${key} has no default`);
  return laid;
}

/** Sets a station's own value. 404 for a key there is not; 409 version_conflict with the own row as it is, or null. */
export async function layRule(ctx: Context, name: string, body: Part<(typeof setRule)['body']>): Promise<RuleRow> {
  const key = keyOf(name);
  const station = await stationFor(ctx, body.stationId);
  judgeStation(key, station);
  const value = judgeValue(key, body.value);
  await lockDefaults(ctx, [key]);
  const current = (await ownRule(ctx.db, key, station.id)) ?? null;
  if ((current?.version ?? 0) !== body.version) throw new Problem('version_conflict', [], { current });
  const laid = await writeOwn(ctx, key, station.id, { value, source: SOURCE, version: null });
  await judgePair(ctx, key, station.id, '/value');
  return laid;
}

/** Lays values over a station's own in one go; answers what it had of each before (null: none) and what it has now. Pairs are judged when all are laid. */
export async function overlayRules(
  ctx: Context,
  station: Pick<StationRow, 'id' | 'parentId'>,
  values: Readonly<Record<string, unknown>>,
  source: string,
): Promise<{ key: RuleKey; found: OwnRule | null; laid: OwnRule }[]> {
  const wanted = Object.entries(values).map(([name, value]) => ({ key: keyOf(name), value }));
  for (const { key } of wanted) judgeStation(key, station);
  await lockDefaults(
    ctx,
    wanted.map(({ key }) => key),
  );
  const done: { key: RuleKey; found: OwnRule | null; laid: OwnRule }[] = [];
  for (const { key, value } of wanted) {
    const found = (await ownRule(ctx.db, key, station.id)) ?? null;
    const laid = await writeOwn(ctx, key, station.id, { value: judgeValue(key, value), source, version: null });
    done.push({ key, found, laid });
  }
  for (const { key } of wanted) await judgePair(ctx, key, station.id, `/values/${key}`);
  return done;
}

/**
 * Takes laid values back in one go where a station's own row still is the one that was laid; answers the keys of those that somebody has
 * changed since, which stay. What was there before comes back with its version: whoever read it then has read what now holds.
 */
export async function putRulesBack(
  ctx: Context,
  stationId: string,
  laid: readonly { key: RuleKey; found: OwnRule | null; laid: OwnRule }[],
): Promise<RuleKey[]> {
  await lockDefaults(
    ctx,
    laid.map(({ key }) => key),
  );
  const kept: RuleKey[] = [];
  for (const each of laid) {
    const own = await ownRule(ctx.db, each.key, stationId);
    if (own?.version !== each.laid.version || !isDeepStrictEqual(own.value, each.laid.value)) kept.push(each.key);
    else if (each.found) await writeOwn(ctx, each.key, stationId, each.found);
    else await removeOwn(ctx, each.key, stationId);
  }
  for (const { key } of laid) await judgePair(ctx, key, stationId, `/values/${key}`);
  return kept;
}

/** True when there was one. */
const removeOwn = async (ctx: Context, key: RuleKey, stationId: string): Promise<boolean> =>
  (await row(ctx.db, `delete from rules where key = :key and station_id = cast(:stationId as uuid) returning key`, {
    key,
    stationId,
  })) !== undefined;

/** Takes a station's own value away; 404 where it has none. */
export async function liftRule(
  ctx: Context,
  name: string,
  stationId: string | undefined,
): Promise<Record<string, never>> {
  const key = keyOf(name);
  const station = await stationFor(ctx, stationId, '/query/stationId');
  await lockDefaults(ctx, [key]);
  if (!(await removeOwn(ctx, key, station.id))) throw new Problem('not_found');
  await judgePair(ctx, key, station.id, '/key');
  return {};
}
