/** The value of a rule in words. */
import type { RuleRow } from '../../shared/stations.ts';
import type { Editor } from '../stations/rules.ts';
import { boot } from '../ui/boot.ts';
import { t } from '../ui/words.ts';

const decimals = new Intl.NumberFormat(boot.locale, { maximumFractionDigits: 3 });
/** Intl.ListFormat puts nothing between the parts of a Chinese unit list. */
const joined = (parts: readonly string[]): string => parts.join(boot.locale === 'zh-CN' ? '、' : ', ');

/** `members` is where the words of a set's values are. */
export function ruleValueWords(editor: Editor, members: string, { value, unit }: RuleRow): string {
  if (editor.kind === 'number') return t(`unit.${unit}.value`, { value: decimals.format(Number(value)) });
  const values = Array.isArray(value) ? (value as unknown[]) : [];
  if (values.length === 0) return t('admin.none');
  if (editor.kind === 'set') return joined(values.map((each) => t(members + String(each))));
  return joined(
    (values as { number: string; service: string }[]).map(
      ({ number, service }) => `${t(`emergency.${service}`)} ${number}`,
    ),
  );
}
