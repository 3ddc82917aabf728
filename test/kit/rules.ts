/** The rules that the service comes with, read from the migrations that write them: no test needs a copy of its own. */
import { readMigrations } from '../../server/db/migrate.ts';
import { coldRulesFrom } from '../../shared/cold-clock.ts';
import { isRuleKey, type RuleKey } from '../../shared/rules.ts';
import type { ColdRulesHere } from '../../web/desk/cold-rules.ts';

const ROW =
  /^insert into rules \(key, station_id, value, unit, source\) values \('([a-z_.]+)', null, '((?:[^']|'')*)',/;

/** Default value by key. */
export async function defaultRules(): Promise<Map<RuleKey, unknown>> {
  const statements = (await readMigrations()).flatMap((migration) => migration.statements);
  const rules = new Map<RuleKey, unknown>();
  for (const statement of statements) {
    const [, key, value] = ROW.exec(statement) ?? [];
    if (key !== undefined && value !== undefined && isRuleKey(key))
      rules.set(key, JSON.parse(value.replaceAll("''", "'")) as unknown);
  }
  return rules;
}

export async function defaultColdRules(): Promise<ColdRulesHere> {
  const rules = await defaultRules();
  return coldRulesFrom((key) => rules.get(key));
}
