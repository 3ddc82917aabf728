/** The whole catalogue, for pages that are opened at a desk. */
import type { Locale } from '../../shared/stations.ts';
import { type Catalogues, startWordsFrom } from './words.ts';

const catalogues: Catalogues = {
  en: () => import('../../shared/locales/en.json'),
  'zh-CN': () => import('../../shared/locales/zh-CN.json'),
};
export const startWords = (locale?: Locale): Promise<void> => startWordsFrom(catalogues, locale);
