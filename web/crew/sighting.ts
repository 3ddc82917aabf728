/** A report of somebody seen on the way, while it is written down, and what is sent of it. Pure. */
import type * as z from 'zod/mini';
import { type LonLat, point } from '../../shared/geo.ts';
import type { reportSighting, Sign } from '../../shared/sightings.ts';
import type { PhotoDraft } from '../encounters/photos.ts';

/** As many as the server takes of one report. */
export const MOST_PHOTOS = 3;

export interface SightingDraft {
  id: string;
  /** the phone's own fix when it was marked */
  spot: { position: LonLat; accuracyM: number; at: string } | null;
  /** they are elsewhere: the phone's place is not theirs */
  spotless: boolean;
  placeText: string;
  people: number;
  signs: Sign[];
  wantsHelp: boolean | null;
  description: string;
  photos: PhotoDraft[];
  /** handed over; what follows is the meeting with them */
  sent: boolean;
}
export const newSighting = (): SightingDraft => ({
  id: crypto.randomUUID(),
  spot: null,
  spotless: false,
  placeText: '',
  people: 1,
  signs: [],
  wantsHelp: null,
  description: '',
  photos: [],
  sent: false,
});
export const hasPlace = (draft: SightingDraft): boolean => draft.spot !== null || draft.placeText.trim() !== '';

/** The body to send; call it only with a place. `at` is now. */
export function sightingOf(draft: SightingDraft, at: Date): z.input<typeof reportSighting.body> {
  const placeText = draft.placeText.trim();
  const description = draft.description.trim();
  return {
    id: draft.id,
    source: 'crew',
    observedAt: draft.spot?.at ?? at.toISOString(),
    people: draft.people,
    signs: [...draft.signs],
    stillThere: true,
    wantsHelp: draft.wantsHelp,
    ...(draft.spot === null
      ? {}
      : { position: point(...draft.spot.position), accuracyM: draft.spot.accuracyM, crs: 'wgs84' as const }),
    ...(placeText === '' ? {} : { placeText }),
    ...(description === '' ? {} : { description }),
  };
}
