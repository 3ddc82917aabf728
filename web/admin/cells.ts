/** What the list shows of a field. */
import { serverNow } from '../live/clock.ts';
import { age, day, moment, number } from '../ui/format.ts';
import { type Field, type Row, valueOf } from '../ui/registry.ts';
import { skillWords } from '../ui/skills.ts';
import { t } from '../ui/words.ts';
import { choicesOf, nameIn } from './lists.ts';

const percent = new Intl.NumberFormat(undefined, { style: 'percent' });

const said = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';

/** A field of a row in words; '' for nothing. */
export function cellOf(field: Field, row: Row): string {
  const value = valueOf(field, row);
  if (value === null || value === undefined || value === '') return '';
  switch (field.kind) {
    case 'choice':
      return t(field.word + said(value));
    case 'pick':
      return nameIn(choicesOf(field.from).value, value);
    case 'check':
      return value === true ? t('admin.yes') : '';
    case 'number':
      return number(Number(value));
    case 'percent':
      return percent.format(Number(value) / 100);
    case 'moment':
      return moment(said(value), serverNow());
    case 'age':
      return t('admin.ago', { age: age(said(value), serverNow()) });
    case 'day':
      return day(said(value));
    case 'counts': {
      const { total: _, ...each } = value as Record<string, number>;
      const sum = Object.values(each).reduce((all, one) => all + one, 0);
      return sum === 0 ? '' : number(sum);
    }
    case 'lines':
      return Array.isArray(value) ? t('admin.lines.count', { count: value.length }) : '';
    case 'choices':
      return (value as readonly string[]).map((one) => t(field.word + one)).join(t('list.comma'));
    case 'opening':
      return (value as readonly unknown[]).length === 0 ? '' : t('admin.yes');
    case 'skills':
      return (value as readonly string[]).map(skillWords).join(t('list.comma'));
    case 'tags':
      return (value as readonly string[]).join(', ');
    case 'point':
      return t('admin.yes');
    default:
      return said(value);
  }
}
/** What a row is called: its first field, else the next that says anything. */
export function nameOf(fields: readonly Field[], row: Row): string {
  for (const field of fields) {
    const words = cellOf(field, row);
    if (words !== '') return words;
  }
  return row.id;
}
/** Whether a row has what somebody searches for in any of its words. */
export const matches = (fields: readonly Field[], row: Row, wanted: string): boolean => {
  const low = wanted.trim().toLocaleLowerCase();
  return low === '' || fields.some((field) => cellOf(field, row).toLocaleLowerCase().includes(low));
};
