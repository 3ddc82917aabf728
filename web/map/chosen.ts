/** A place that somebody has settled on: found by words, or pinned by hand. */
import type { LonLat } from '../../shared/geo.ts';
import { pastedPlaces } from '../../shared/pasted.ts';
import { codeKeyOf } from '../../shared/place-words.ts';
import type { ResolvedPlace } from '../../shared/places.ts';

export interface ChosenPlace {
  position: LonLat;
  /** honest radius in metres; null when nobody knows, as for a pin put by hand */
  accuracyM: number | null;
  /** code on a pole or stop, when it was found by one */
  code: string | null;
  /** what it is called; '' for a pin and for coordinates, which have no name */
  name: string;
}

export const chosenOf = ({ position, accuracyM, code, name, kind }: ResolvedPlace): ChosenPlace => ({
  position: position.coordinates,
  accuracyM,
  code,
  name: kind === 'coordinates' ? '' : name,
});

/** A pin put by hand. */
export const pinned = (position: LonLat): ChosenPlace => ({ position, accuracyM: null, code: null, name: '' });

/**
 * The words to keep when a place was found by some: coordinates are no words, and what the name says better is replaced by it;
 * all else stays as it was said.
 */
export function wordsFor({ kind, name, code }: ResolvedPlace, said: string): string {
  if (kind === 'coordinates') return '';
  const bare = said.trim().toLowerCase();
  return name.toLowerCase().includes(bare) || code?.toLowerCase() === bare ? name : said.trim();
}

/** What can be read without the server, e.g. while the line is down: coordinates. */
export const resolveAlone = (words: string): ResolvedPlace[] =>
  pastedPlaces(words).map((place) => ({ kind: 'coordinates', name: words.trim(), code: null, ...place }));

/** Whether a code in `words` names exactly this place, so that nothing is left to choose. */
export const isExact = ({ code, notes }: ResolvedPlace, words: string): boolean =>
  code !== null && notes.length === 0 && codeKeyOf(code) === codeKeyOf(words);
