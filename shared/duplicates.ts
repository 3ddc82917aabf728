/** Which open incidents are perhaps the same one; the desk decides, nothing merges itself. */
import { bigramsOf, likenessOf, plainText } from './likeness.ts';

/** What is compared of an incident. */
export interface Alike {
  placeCode: string | null;
  /** its own words and those of its reports */
  words: readonly string[];
}
/** How near another one is. `distanceM` is null when one of the two has no place; `likeness` is 0 to 1. */
export interface Nearness {
  distanceM: number | null;
  minutesApart: number;
  likeness: number;
  /** both name the same lamp post, stop or pole */
  sameCode: boolean;
}
/** The rules `duplicates.radius` (m), `duplicates.window` (h) and `duplicates.likeness` (0 to 1). */
export interface DuplicateRules {
  radiusM: number;
  windowH: number;
  likeness: number;
}

const codeOf = ({ placeCode }: Alike): string => plainText(placeCode ?? '');

/** Compares others with one: the two texts most alike count, and whether both name the same code. */
export function comparerOf(one: Alike): (other: Alike) => Pick<Nearness, 'likeness' | 'sameCode'> {
  const mine = one.words.map((text) => bigramsOf(text));
  const code = codeOf(one);
  return (other) => ({
    likeness: Math.max(
      0,
      ...other.words.flatMap((text) => {
        const theirs = new Set(bigramsOf(text));
        return mine.map((pairs) => likenessOf(pairs, theirs));
      }),
    ),
    sameCode: code !== '' && code === codeOf(other),
  });
}

/** Within the radius where both have a place; else alike enough in words, or at the same code. All within the window. */
export const isCandidate = (near: Nearness, rules: DuplicateRules): boolean =>
  near.minutesApart <= rules.windowH * 60 &&
  (near.distanceM === null ? near.sameCode || near.likeness >= rules.likeness : near.distanceM <= rules.radiusM);

/**
 * How much speaks for the same situation, 0 to 2.5: nearness (1 at the same spot or code, 0 at the radius or without a place)
 * and likeness of the words count alike, nearness in time (0 at the window) counts half, for one night is full of reports.
 */
export const scoreOf = ({ distanceM, minutesApart, likeness, sameCode }: Nearness, rules: DuplicateRules): number =>
  (sameCode ? 1 : distanceM === null ? 0 : 1 - Math.min(1, distanceM / rules.radiusM)) +
  likeness +
  (1 - Math.min(1, minutesApart / (rules.windowH * 60))) / 2;
