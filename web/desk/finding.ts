/** How well a name answers to what is typed: the palette's order. */

const pairs = (text: string): Set<string> =>
  new Set(Array.from(text).map((sign, at, all) => sign + (all[at + 1] ?? '')));
const plain = (text: string): string => text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim();

/**
 * 0 for no likeness, up to 4 for the name itself: the whole, its beginning, the beginning of a word, somewhere inside, all words
 * in any order; else the share of common pairs of signs, which forgives a slip of the finger.
 */
export function likeness(query: string, name: string): number {
  const asked = plain(query);
  const said = plain(name);
  if (asked === '') return 1;
  if (said === asked) return 4;
  if (said.startsWith(asked)) return 3;
  if (said.includes(` ${asked}`)) return 2.5;
  if (said.includes(asked)) return 2;
  if (asked.split(' ').every((word) => said.includes(word))) return 1.5;
  const [of, among] = [pairs(asked), pairs(said)];
  const common = [...of].filter((pair) => among.has(pair)).length;
  const share = common / Math.max(1, of.size);
  return share >= 0.6 ? share : 0;
}

/** The best answers first, alike ones in the order given. */
export function best<T>(rows: readonly T[], query: string, nameOf: (row: T) => string, most: number): T[] {
  return rows
    .map((row, at) => ({ row, at, score: likeness(query, nameOf(row)) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || a.at - b.at)
    .slice(0, most)
    .map(({ row }) => row);
}
