/** Words of fields and errors. */
import type { FieldError } from '../../shared/problems.ts';
import { number } from '../ui/format.ts';
import type { Limits } from '../ui/registry.ts';
import { hasWord, problemWords, t } from '../ui/words.ts';

const keyOf = (noun: string, key: string): string =>
  hasWord(`field.${noun}.${key}`) ? `field.${noun}.${key}` : `field.${key}`;
export const labelOf = (noun: string, key: string): string => t(keyOf(noun, key));
/** What a field is for. */
export const aboutOf = (noun: string, key: string): string => t(`${keyOf(noun, key)}.about`);

/** What is wrong with a field, with its limits where they help. */
export function errorWords(error: FieldError, limits: Limits | null = null): string {
  if (error.code === 'range' && limits?.minimum !== undefined && limits.maximum !== undefined)
    return t('admin.error.between', { least: number(limits.minimum), most: number(limits.maximum) });
  if (error.code === 'range' && (limits?.minLength ?? 0) > 1)
    return t('admin.error.length', { least: limits?.minLength ?? 1, most: limits?.maxLength ?? 1 });
  if (hasWord(`admin.error.${error.code}`)) return t(`admin.error.${error.code}`);
  return hasWord(`problem.${error.code}`) ? problemWords(error.code) : error.message;
}
