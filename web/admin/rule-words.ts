/** The value of a rule in words. */
import type { RuleRow } from '../../shared/stations.ts';
import type { Editor } from '../stations/rules.ts';
import { boot } from '../ui/boot.ts';
import { t } from '../ui/words.ts';

const decimals = new Intl.NumberFormat(boot.locale, { maximumFractionDigits: 3 });
const list = new Intl.ListFormat(boot.locale, { type: 'unit', style: boot.locale === 'zh-CN' ? 'narrow' : 'short' });

/** `members` is where the words of a set's values are. */
export function ruleValueWords(editor: Editor, members: string, { value, unit }: RuleRow): string {
  if (editor.kind === 'number') return t(`unit.${unit}.value`, { value: decimals.format(Number(value)) });
  const values = Array.isArray(value) ? (value as unknown[]) : [];
  if (values.length === 0) return t('admin.none');
  if (editor.kind === 'set') return list.format(values.map((each) => t(members + String(each))));
  return list.format(
    (values as { number: string; service: string }[]).map(
      ({ number, service }) => `${t(`emergency.${service}`)} ${number}`,
    ),
  );
}
