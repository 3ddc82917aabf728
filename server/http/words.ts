import i18next, { type i18n } from 'i18next';
import en from '../../shared/locales/en.json' with { type: 'json' };
import zh from '../../shared/locales/zh-CN.json' with { type: 'json' };
import type { Locale } from '../../shared/stations.ts';

const catalogue: i18n = i18next.createInstance();
void catalogue.init({
  lng: 'en',
  fallbackLng: 'en',
  keySeparator: false,
  nsSeparator: false,
  initAsync: false,
  // Pages escape what they print; escaping here too would show entities.
  interpolation: { escapeValue: false },
  resources: { en: { translation: en }, 'zh-CN': { translation: zh } },
});

export type Translate = (key: string, values?: Record<string, string | number>) => string;

const translators: Record<Locale, Translate> = {
  en: (key, values) => catalogue.t(key, { lng: 'en', ...values }),
  'zh-CN': (key, values) => catalogue.t(key, { lng: 'zh-CN', ...values }),
};
/** Words of the one catalogue in a language. */
export const translator = (locale: Locale): Translate => translators[locale];

/** `?lang=`, then the cookie, then the browser's languages; any Chinese gets zh-CN, all else English. */
export function chooseLocale(asked: unknown, cookie: string | undefined, acceptLanguage: string | undefined): Locale {
  for (const wish of [asked, cookie]) if (wish === 'en' || wish === 'zh-CN') return wish;
  const first = (acceptLanguage ?? '')
    .split(',')
    .map((part) => part.trim().split(';')[0]?.toLowerCase() ?? '')
    .find((tag) => /^(zh|en)\b/.test(tag));
  return first?.startsWith('zh') === true ? 'zh-CN' : 'en';
}
