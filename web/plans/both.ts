/** Words that are there in one or both languages. */
import type { BothWords } from '../../shared/plans.ts';
import type { Locale } from '../../shared/stations.ts';

/** Words in the reader's language, or those there are. */
export const inOne = (locale: Locale, words: BothWords): string =>
  words[locale] ?? words[locale === 'en' ? 'zh-CN' : 'en'] ?? '';
