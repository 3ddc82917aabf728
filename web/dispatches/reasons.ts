/** Why a patrol goes well with an incident, and why not, in words. */
import { hasWord, t } from '../ui/words.ts';

export interface Reason {
  code: string;
  words: string;
  /** speaks against it */
  against: boolean;
}
const AGAINST = /^(missing_|on_foot$|shift_ends$|stale_position$|no_position$|no_place$)/;

/** What speaks against stands last, where the eye looks for it; a code of a newer server stands as it is. */
export function reasonsOf(codes: readonly string[]): Reason[] {
  const all = codes.map((code) => ({
    code,
    words: hasWord(`suggestion.reason.${code}`) ? t(`suggestion.reason.${code}`) : code,
    against: AGAINST.test(code),
  }));
  return [...all.filter(({ against }) => !against), ...all.filter(({ against }) => against)];
}
/** Why a patrol cannot go. */
export const excludedWords = (code: string): string =>
  hasWord(`suggestion.excluded.${code}`) ? t(`suggestion.excluded.${code}`) : code;
