/** Photos of a meeting on their way: small pictures, kept with the draft as text. */
import { redrawn } from '../ui/shrink.ts';

/** As many as the server takes of one meeting. */
export const MAX_PHOTOS = 5;
/** What the camera or the gallery may hand over. */
export const photoTypes = 'image/jpeg,image/png,image/webp';

export interface PhotoDraft {
  id: string;
  /** a data: URL, which is what is shown and what is kept */
  url: string;
  bytes: number;
  showsFace: boolean;
}

/** Throws what this browser cannot read as a picture. */
export async function photoDraft(file: Blob): Promise<PhotoDraft> {
  const small = await redrawn(file);
  const url = await new Promise<string>((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => {
      resolve(reader.result as string);
    };
    reader.onerror = () => {
      reject(new Error('no picture'));
    };
    reader.readAsDataURL(small);
  });
  return { id: crypto.randomUUID(), url, bytes: small.size, showsFace: false };
}
/** Its bytes again. */
export const blobOf = ({ url }: Pick<PhotoDraft, 'url'>): Blob =>
  new Blob([Uint8Array.from(atob(url.slice(url.indexOf(',') + 1)), (one) => one.charCodeAt(0))], {
    type: 'image/jpeg',
  });
/** A face is shown to nobody without the agreement of somebody who was met: such a photo stays behind. */
export const sendable = (photos: readonly PhotoDraft[], facesAllowed: boolean): PhotoDraft[] =>
  photos.filter(({ showsFace }) => facesAllowed || !showsFace);
