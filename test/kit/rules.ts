/** The rules that the service comes with, read from the migrations that write them: no test needs a copy of its own. */
import { readMigrations } from '../../server/db/migrate.ts';
import { coldRulesFrom } from '../../shared/cold-clock.ts';
import type { RuleKey } from '../../shared/rules.ts';
import type { ColdRulesHere } from '../../web/desk/cold-rules.ts';

const ROW =
  /^insert into rules \(key, station_id, value, unit, source\) values \('([a-z_.]+)', null, '((?:[^']|'')*)',/;

/** Default value by key. */
export async function defaultRules(): Promise<Map<RuleKey, unknown>> {
  const statements = (await readMigrations()).flatMap((migration) => migration.statements);
  return new Map(
    statements.flatMap((statement) => {
      const [, key, value] = ROW.exec(statement) ?? [];
      return key === undefined || value === undefined
        ? []
        : [[key, JSON.parse(value.replaceAll("''", "'"))]];
    }),
  );
}

export async function defaultColdRules(): Promise<ColdRulesHere> {
  const rules = await defaultRules();
  return coldRulesFrom((key) => rules.get(key));
}
