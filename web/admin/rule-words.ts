/** The value of a rule in words. */
import type { RuleRow } from '../../shared/stations.ts';
import { type Cell, cellWord, choiceWord, type Editor } from '../stations/rules.ts';
import { boot } from '../ui/boot.ts';
import { t } from '../ui/words.ts';

const decimals = new Intl.NumberFormat(boot.locale, { maximumFractionDigits: 3 });
/** Rows of a table that are still read at a glance. */
const FEW_ROWS = 6;
/** Intl.ListFormat puts nothing between the parts of a Chinese unit list. */
const joined = (parts: readonly string[]): string => parts.join(boot.locale === 'zh-CN' ? '、' : ', ');

function cellWords(cell: Cell, value: string | number | boolean | null | undefined): string {
  if (value === null || value === undefined) return t(cell.kind === 'text' ? 'rule.everywhere' : 'rule.any');
  if (cell.kind === 'flag') return t(value === true ? 'admin.yes' : 'admin.no');
  if (cell.kind === 'choice') return t(choiceWord(cell.key, String(value)));
  return cell.kind === 'number' ? decimals.format(Number(value)) : String(value);
}

/** `members` is where the words of a set's values are. A long table is told by its length. */
export function ruleValueWords(editor: Editor, members: string, { value, unit }: RuleRow): string {
  if (editor.kind === 'number') return t(`unit.${unit}.value`, { value: decimals.format(Number(value)) });
  if (editor.kind === 'fields')
    return joined(
      editor.cells.map(
        (cell) =>
          `${t(cellWord('fields', cell.key))} ${cellWords(cell, (value as Record<string, string | number | null>)[cell.key])}`,
      ),
    );
  const values = Array.isArray(value) ? (value as unknown[]) : [];
  if (values.length === 0) return t('admin.none');
  if (editor.kind === 'set') return joined(values.map((each) => t(members + String(each))));
  if (values.length > FEW_ROWS) return t('admin.rules.rows', { count: values.length });
  return joined(
    (values as Record<string, string | number | boolean | null>[]).map((row) =>
      editor.cells.map((cell) => cellWords(cell, row[cell.key])).join(' '),
    ),
  );
}
