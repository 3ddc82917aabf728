/** The crew's part of the catalogue: a phone on the street does not load the words of desks and offices. */
import type { Catalogues } from '../ui/words.ts';

export const crewWords: Catalogues = {
  en: () => import('../../shared/locales/en.json?crew'),
  'zh-CN': () => import('../../shared/locales/zh-CN.json?crew'),
};
