/** Where a new row belongs, and what the rules of the field say there. */
import type { Knex } from 'knex';
import { fieldProblem } from '../../shared/problems.ts';
import { type Context, staffOf } from '../context.ts';
import { row } from '../db/rows.ts';
import { inSubtreeSql, scopeOf } from '../db/scope.ts';

/** The station a new row belongs to: the one named, which must lie in the caller's subtree (404 at /stationId), else the caller's own. */
export async function homeStation(ctx: Pick<Context, 'actor' | 'db'>, named: string | undefined): Promise<string> {
  const own = staffOf(ctx).stationId;
  if (named === undefined || named === own) return own;
  const found = await row(
    ctx.db,
    `select s.id from stations s where s.id = cast(:named as uuid) and ${inSubtreeSql('s.id')}`,
    { named, ...scopeOf(ctx) },
  );
  if (!found) throw fieldProblem('/stationId', 'not_found', 'no such station here', 'not_found');
  return named;
}

/** A rule's number at a station, in the unit its row says; throws when nobody set it, which is a bug in a migration. */
export async function ruleNumber(db: Knex | Knex.Transaction, key: string, stationId: string): Promise<number> {
  const found = await row<{ value: unknown }>(
    db,
    `select rule_value(:key, path) as value from stations where id = cast(:stationId as uuid)`,
    { key, stationId },
  );
  if (typeof found?.value !== 'number') throw new Error(`the rule ${key} is no number`);
  return found.value;
}
