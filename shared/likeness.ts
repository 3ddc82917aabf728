/** How alike two texts are, for Chinese and for English alike: no dictionary, no word breaks, only pairs of letters. */

/** What of a text is compared: one form for full and half width, one case, letters and digits only. */
export const plainText = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}]/gu, '');

/** The distinct pairs of neighbouring characters of a text, in order; a text of one character is its own pair, an empty one has none. */
export function bigramsOf(text: string): string[] {
  const letters = [...plainText(text)];
  if (letters.length === 1) return letters;
  return [...new Set(letters.slice(1).map((letter, n) => `${letters[n] ?? ''}${letter}`))];
}

/** The Dice coefficient (1945) of two lists of distinct pairs: twice the shared over the sum; 0 where nothing is shared, 1 where all is. */
export function likenessOf(mine: readonly string[], theirs: ReadonlySet<string>): number {
  if (mine.length === 0 || theirs.size === 0) return 0;
  return (2 * mine.filter((pair) => theirs.has(pair)).length) / (mine.length + theirs.size);
}

/** How alike two texts are, 0 to 1. */
export const likeness = (a: string, b: string): number => likenessOf(bigramsOf(a), new Set(bigramsOf(b)));

/** A stretch of a text, and whether the other text has it too. */
export interface TextPart {
  text: string;
  shared: boolean;
}
/** Shorter stretches are shared by chance: two characters of Chinese say a word, other scripts need four letters. */
const SAYS_SOMETHING = { han: 2, other: 4 } as const;

/** A text cut where it stops or begins to say what `other` says too, ignoring case, width and punctuation; the parts joined are the text. */
export function sharedParts(text: string, other: string): TextPart[] {
  const theirs = plainText(other);
  const characters = [...text];
  const letters = characters.flatMap((character, at) => [...plainText(character)].map((letter) => ({ letter, at })));
  const shared = new Set<number>();
  for (let from = 0; from < letters.length;) {
    let to = from;
    let stretch = '';
    for (let next = letters[to]; next && theirs.includes(stretch + next.letter); next = letters[to]) {
      stretch += next.letter;
      to += 1;
    }
    if (to - from >= (/\p{Script=Han}/u.test(stretch) ? SAYS_SOMETHING.han : SAYS_SOMETHING.other)) {
      // what stands between the letters belongs to the stretch
      for (let at = letters[from]?.at ?? 0; at <= (letters[to - 1]?.at ?? -1); at += 1) shared.add(at);
      from = to;
    } else from += 1;
  }
  const parts: TextPart[] = [];
  characters.forEach((character, at) => {
    const last = parts.at(-1);
    if (last?.shared === shared.has(at)) last.text += character;
    else parts.push({ text: character, shared: shared.has(at) });
  });
  return parts;
}
