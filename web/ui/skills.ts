/** Names of what a crew brings, for people to read. */
import { namedSkills } from '../../shared/skills.ts';
import { boot } from './boot.ts';
import { t } from './words.ts';

/** Languages that are offered: those a winter street is likely to need. Any other that a row carries is shown too. */
export const offeredLanguages = ['ug', 'bo', 'mn', 'kk', 'ko', 'za', 'ii', 'yue', 'nan', 'wuu', 'en', 'ru'] as const;

const languages = new Intl.DisplayNames([boot.locale], { type: 'language', fallback: 'code' });
const named: readonly string[] = namedSkills;

/** `medical` as the catalogue says it, `lang:ug` as the language's own name in the page's language. */
export const skillWords = (skill: string): string =>
  named.includes(skill)
    ? t(`skill.${skill}`)
    : t('skill.lang', { language: languages.of(skill.slice(5)) ?? skill.slice(5) });
