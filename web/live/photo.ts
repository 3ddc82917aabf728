/** A photo on its way: a form of its own, recognised by an id that was made on the phone. */
import type * as z from 'zod/mini';
import type { Endpoint } from '../../shared/contract.ts';
import { outgoing } from './call.ts';
import type { Posting } from './outbox.ts';

interface Photo {
  /** of what it is a photo: an encounter, a sighting */
  ofId: string;
  /** made here; a resend is recognised by it, and only an answer with it counts */
  photoId: string;
  photo: Blob;
  /** only with the agreement of whoever is seen */
  showsFace?: boolean;
}
/** What goes into the outbox for a photo; label, lane and `after` (the key of what it belongs to) are the caller's. */
export function photoPosting(
  endpoint: Endpoint<z.ZodMiniType, undefined, undefined>,
  { ofId, photoId, photo, showsFace = false }: Photo,
): Omit<Posting, 'label' | 'lane'> {
  return {
    ...outgoing(endpoint, { params: { id: ofId }, key: photoId }),
    endpointName: endpoint.name,
    expectId: photoId,
    headers: { 'x-photo-id': photoId, ...(showsFace ? { 'x-shows-face': 'yes' } : {}) },
    files: [{ name: 'photo', filename: 'photo', blob: photo }],
  };
}
