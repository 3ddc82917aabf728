/** Rules of the field: what the software allows, what the database holds, and what the page says of them agree. */
import { describe, expect, it } from 'vitest';
import en from '../../shared/locales/en.json' with { type: 'json' };
import zh from '../../shared/locales/zh-CN.json' with { type: 'json' };
import { emergencyServices, isRuleKey, risingRules, type RuleKey, ruleKeys, ruleSchemas } from '../../shared/rules.ts';
import { rows } from '../../server/db/rows.ts';
import { useApp } from '../kit/app.ts';
import { cellWord, choiceWord, editorOf, groups, memberWords, rulesAt } from '../../web/stations/rules.ts';

const app = useApp();
const catalogues: Record<string, Record<string, string>> = { en, 'zh-CN': zh };
interface Default {
  key: string;
  value: unknown;
  unit: string;
  source: string;
}
const defaults = (): Promise<Default[]> =>
  rows<Default>(app.database.knex, `select key, value, unit, source from rules where station_id is null order by key`);

describe('rules', () => {
  it('has a schema for every row, a row for every schema, and every default is allowed', async () => {
    const found = await defaults();
    expect(found.map(({ key }) => key).sort()).toEqual([...ruleKeys].sort());
    for (const { key, value, source } of found) {
      if (!isRuleKey(key)) throw new Error(key);
      expect(ruleSchemas[key].safeParse(value).success, key).toBe(true);
      expect(source, key).not.toBe('');
    }
  });

  it('says of every rule what it is and what it does, in both languages', async () => {
    const units = (await defaults()).map(({ unit, key }) => ({ unit, key }));
    const wanted = [
      ...ruleKeys.flatMap((key) => [`rule.${key}`, `rule.${key}.about`]),
      ...groups.map((name) => `admin.rules.group.${name}`),
      ...emergencyServices.map((name) => `emergency.${name}`),
      ...units
        .filter(({ key }) => editorOf(key as RuleKey).kind === 'number')
        .flatMap(({ unit }) => [`unit.${unit}`, `unit.${unit}.value`]),
    ];
    for (const [locale, words] of Object.entries(catalogues))
      expect(
        wanted.filter((key) => !(key in words)),
        locale,
      ).toEqual([]);
  });

  it('has an editor with limits, or with words for every choice, for every rule', () => {
    for (const key of ruleKeys) {
      const editor = editorOf(key);
      if (editor.kind === 'number') {
        expect(editor.least, key).toBeLessThan(editor.most);
        expect(ruleSchemas[key].safeParse(editor.most + 1).success, key).toBe(false);
      } else if (editor.kind === 'set') {
        expect(editor.choices.length, key).toBeGreaterThan(1);
        for (const choice of editor.choices) expect(en, key).toHaveProperty([memberWords(key) + choice]);
      } else {
        expect(editor.cells.length, key).toBeGreaterThan(0);
        for (const cell of editor.cells) {
          expect(en, key).toHaveProperty([cellWord(editor.kind, cell.key)]);
          if (cell.kind === 'number') expect(cell.least, key).toBeLessThan(cell.most);
          if (cell.kind === 'choice')
            for (const choice of cell.choices) expect(en, key).toHaveProperty([choiceWord(cell.key, choice)]);
        }
      }
    }
  });

  it('gives pairs that must rise defaults that do', async () => {
    const values = new Map((await defaults()).map(({ key, value }) => [key, value]));
    for (const [low, high] of risingRules) expect(values.get(low), low).toBeLessThan(values.get(high) as number);
  });

  it('lays the nearest value over those above it', () => {
    const row = (stationId: string | null, value: number): Parameters<typeof rulesAt>[1][number] => ({
      key: 'holds.duration',
      stationId,
      version: 1,
      value,
      unit: 'min',
      source: 's',
    });
    const all = [row(null, 90), row('root', 80), row('district', 70), row('elsewhere', 60)];
    const at = (id: string, path: string[]): unknown => {
      const [rule] = rulesAt({ id, path }, all);
      return { now: rule?.row.value, own: rule?.own?.value ?? null, above: rule?.above.value };
    };
    expect(at('street', ['root', 'district', 'street'])).toEqual({ now: 70, own: null, above: 70 });
    expect(at('district', ['root', 'district'])).toEqual({ now: 70, own: 70, above: 80 });
    expect(at('root', ['root'])).toEqual({ now: 80, own: 80, above: 90 });
    expect(at('other', ['other'])).toEqual({ now: 90, own: null, above: 90 });
  });
});
