/** Words of the one catalogue in the page's language. */
import { createInstance, type i18n } from 'i18next';
import type { Locale } from '../../shared/stations.ts';
import { boot } from './boot.ts';

const i18next: i18n = createInstance();

/** Where the words of each language come from: all of them in start-words.ts, or a face's own part. */
export type Catalogues = Record<Locale, () => Promise<{ default: Record<string, string> }>>;

/** Loads the page's language; await it before anything is mounted. */
export async function startWordsFrom(catalogues: Catalogues, locale: Locale = boot.locale): Promise<void> {
  const { default: translation } = await catalogues[locale]();
  await i18next.init({
    lng: locale,
    resources: { [locale]: { translation } },
    // keys are flat and have dots in them; Vue and textContent escape
    keySeparator: false,
    nsSeparator: false,
    interpolation: { escapeValue: false },
    returnEmptyString: false,
  });
}

/** The words of a key; with `count` the plural (`key_one`, `key_other`) is chosen. */
export function t(key: string, values: Record<string, string | number> = {}): string {
  return i18next.t(key, values);
}

/** Whether the catalogue has the key, for codes that come over the wire. */
export const hasWord = (key: string): boolean => i18next.exists(key);

/** Words of a problem's code, or general ones for a code of a newer server. */
export const problemWords = (code: string): string =>
  hasWord(`problem.${code}`) ? t(`problem.${code}`) : t('problem.internal');

/** Remembers the language for a year and loads the page again in it; the server reads the cookie. */
export function switchLocale(locale: Locale): void {
  document.cookie = `lang=${locale}; path=/; max-age=31536000; samesite=lax${location.protocol === 'https:' ? '; secure' : ''}`;
  location.reload();
}
