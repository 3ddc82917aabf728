/** What a warning warns of and how severe it is, by the station's own tables of words. What they do not say stays unsaid. Pure. */
import type { AlertLevel } from '../../shared/alerts.ts';

/** Rules `alerts.types` and `alerts.colours`. */
export interface AlertWords {
  types: readonly { event: string; type: string }[];
  colours: readonly { word: string; level: AlertLevel }[];
}

/** CAP's own scale. These words say how severe, and are no colours: a text that holds them by chance says nothing. */
const SEVERITIES = new Set(['extreme', 'severe', 'moderate', 'minor', 'unknown']);
/** Scripts that put no space between words. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;
const LETTER = /[\p{L}\p{N}]/u;
/** In a headline a colour may be part of a name (Orange County, 蓝田县): it must stand by a word of warnings. */
const BEFORE_COLOUR = /(?:status|code|level|awareness)[\s:]+$/;
const AFTER_COLOUR = /^[\s-]*(?:warning|alert|watch|advisory|level|signal|notice)s?\b/;

const folded = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[\s_-]+/g, ' ')
    .trim();

interface Found<T> {
  meaning: T;
  from: number;
  length: number;
}

/** Where words of a table stand in a text, the longest first; a word within a longer one that was found does not count. */
function wordsIn<T>(text: string, table: readonly (readonly [word: string, meaning: T])[]): Found<T>[] {
  const found: Found<T>[] = [];
  const byLength = [...table].sort(([a], [b]) => b.length - a.length);
  for (const [word, meaning] of byLength) {
    if (word === '') continue;
    for (let from = text.indexOf(word); from >= 0; from = text.indexOf(word, from + word.length)) {
      const end = from + word.length;
      const whole = UNSPACED.test(word) || !(LETTER.test(text[from - 1] ?? ' ') || LETTER.test(text[end] ?? ' '));
      const within = found.some(
        (other) => other.from <= from && end <= other.from + other.length && other.length > word.length,
      );
      if (whole && !within) found.push({ meaning, from, length: word.length });
    }
  }
  return found;
}

const onlyOne = <T>(meanings: readonly T[]): T | null => (new Set(meanings).size === 1 ? (meanings[0] ?? null) : null);

/**
 * What a sender's words mean: the first that is a word of the table, else the first that contains one, the longest; null when none
 * does, or when two of the same length mean different things.
 */
export function typeOf(said: readonly string[], { types }: AlertWords): string | null {
  const table = types.map(({ event, type }) => [folded(event), type] as const);
  const texts = said.map(folded).filter((text) => text !== '');
  for (const text of texts) {
    const exact = onlyOne(table.filter(([word]) => word === text).map(([, type]) => type));
    if (exact !== null) return exact;
  }
  for (const text of texts) {
    const [longest, ...rest] = wordsIn(text, table);
    if (longest)
      return onlyOne(
        [longest, ...rest.filter(({ length }) => length === longest.length)].map(({ meaning }) => meaning),
      );
  }
  return null;
}

interface ColourWords {
  /** values that a sender's own scale has, e.g. "3; orange; Severe" */
  scale: readonly string[];
  event: string;
  headline: string | null;
  /** CAP's */
  severity: string | null;
}

/** The colour: as the sender says it in so many words, else by the severity; null when neither is in the table or the words disagree. */
export function levelOf({ scale, event, headline, severity }: ColourWords, { colours }: AlertWords): AlertLevel | null {
  const table = colours.map(({ word, level }) => [folded(word), level] as const);
  const names = table.filter(([word]) => !SEVERITIES.has(word));
  const said = (text: string, named: boolean): AlertLevel | null => {
    const whole = folded(text);
    const exact = onlyOne(names.filter(([word]) => word === whole).map(([, level]) => level));
    if (exact !== null) return exact;
    const found = wordsIn(whole, names).filter(({ from, length }) => {
      const [before, after] = [whole.slice(0, from), whole.slice(from + length)];
      // one sign alone is as often a part of a name as a colour
      if (UNSPACED.test(whole.slice(from, from + length))) return length > 1 || /^(?:色|预警|預警|警)/.test(after);
      return !named || BEFORE_COLOUR.test(before) || AFTER_COLOUR.test(after);
    });
    return onlyOne(found.map(({ meaning }) => meaning));
  };
  for (const text of scale) {
    const level = said(text, false);
    if (level !== null) return level;
  }
  const named = said(event, false) ?? (headline === null ? null : said(headline, true));
  if (named !== null) return named;
  const graded = folded(severity ?? '');
  return onlyOne(table.filter(([word]) => word === graded).map(([, level]) => level));
}
