/** What of people's words is compared with the names and codes of a city's tables. */
import { bigramsOf, plainText } from './likeness.ts';

/** Scripts that put no space between words. */
const UNSPACED = String.raw`[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]`;
const RUN = new RegExp(String.raw`(?<unspaced>${UNSPACED}+)|(?<digits>\p{N}+)|(?:(?!${UNSPACED})[\p{L}\p{M}])+`, 'gu');

/** The distinct pieces of a text by which it is found: pairs of characters, whole words where they are spaced, numbers without leading zeros. */
export function piecesOf(text: string): string[] {
  const pieces = new Set<string>();
  for (const { 0: run, groups } of text.normalize('NFKC').toLowerCase().matchAll(RUN)) {
    if (groups?.['unspaced'] !== undefined) for (const pair of bigramsOf(run)) pieces.add(pair);
    else pieces.add(groups?.['digits'] === undefined ? run : run.replace(/^0+(?=.)/, ''));
  }
  return [...pieces];
}

/** One form of a code, however it is typed. */
export const codeKeyOf = (code: string): string =>
  code
    .normalize('NFKC')
    .toUpperCase()
    .replaceAll(/[\s\p{Pd}_]/gu, '');

/** Codes are looked for by at most so many words of a text. */
const MOST_CODES = 20;
/** What of a text may be a code: all of it, or a word with a digit in it that is no house number. */
export function codeKeysIn(text: string): string[] {
  const words = text.normalize('NFKC').match(/[a-z0-9]+(?:[-_/.][a-z0-9]+)*|[^\s,，。;；、()]+/gi) ?? [];
  const likely = words
    .map(codeKeyOf)
    .filter((key) => /\d/.test(key) && (/^\d+$/.test(key) ? key.length > 3 : key.length > 2));
  return [...new Set([codeKeyOf(text), ...likely])]
    .filter((key) => key !== '' && key.length <= 100)
    .slice(0, MOST_CODES);
}

/** Words that lead from a place to a spot beside it. */
const SIDE = new RegExp(
  [
    '(?:东北|西北|东南|西南|[东西南北])(?:角|侧|面|边|口|端|头|方向|门)',
    '(?:马路|街)?(?:正)?对(?:面|过)|斜对面|旁边?|附近|门口|[前后左右](?:面|边|侧|方)|楼下|桥下|[a-z\\d] ?(?:出口|入口|口)|[出入]口',
    '\\b(?:at |on |in |to )?(?:the )?(?:north|south)?[ -]?(?:north|south|east|west)(?:ern)?[ -](?:corner|side|end|entrance|exit|gate)\\b(?: of)?(?: the)?',
    '\\b(?:opposite|across from|next to|in front of|behind|beside|below|under|near|by)\\b(?: the)?',
  ].join('|'),
  'gu',
);

/** Whether a text leads to a spot beside something. */
export const saysSide = (text: string): boolean => text.normalize('NFKC').toLowerCase().search(SIDE) >= 0;

/** One form of a text, whatever zeros its numbers begin with. */
const formOf = (text: string): string => plainText(text).replaceAll(/\d+/g, (digits) => digits.replace(/^0+(?=.)/, ''));

/** How a name fits what was said. */
type Fit = 'same' | 'side' | 'inside' | 'guess';
export interface Fitted {
  fit: Fit;
  /** a spot beside it was said */
  side: boolean;
}
/** `same`: nothing else was said; `side`: only a spot beside it; `inside`: more was said than the name; `guess`: not all of the name was said. */
export function fitOf(said: string, name: string): Fitted {
  const low = said.normalize('NFKC').toLowerCase();
  const whole = formOf(said);
  const wanted = formOf(name);
  if (whole === wanted) return { fit: 'same', side: false };
  const rest = low.includes(name.normalize('NFKC').toLowerCase())
    ? low.replace(name.normalize('NFKC').toLowerCase(), ' ')
    : low;
  const side = rest.search(SIDE) >= 0;
  if (side && formOf(low.replaceAll(SIDE, ' ')) === wanted) return { fit: 'side', side };
  if (!whole.includes(wanted)) return { fit: 'guess', side };
  return { fit: side && plainText(rest.replaceAll(SIDE, ' ')) === '' ? 'side' : 'inside', side };
}
