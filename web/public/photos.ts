/** The photos of a report: made small, shown, and taken back with a tap. */
import { redrawn } from '../ui/shrink.ts';
import { make } from './page.ts';

const MAX_PHOTOS = 3;
const MAX_BYTES = 10 * 1024 * 1024;

/** A JPEG of at most 1600 pixels; the file itself where the phone cannot redraw it; throws when that is too large. */
async function shrink(file: File): Promise<Blob> {
  try {
    return await redrawn(file);
  } catch {
    // sent as it is; the server judges it
  }
  if (!/^image\/(jpeg|png)$/.test(file.type) || file.size > MAX_BYTES) throw new Error('bad');
  return file;
}

export interface PhotoField {
  photos: () => readonly Blob[];
  clear: () => void;
}

/** The file field with its list: chosen photos are shrunk, shown, and can be taken back. */
export function photoField(
  word: (key: string, values?: Record<string, string | number>) => string,
  changed: () => void,
): PhotoField {
  const input = document.querySelector<HTMLInputElement>('#photo');
  const list = document.querySelector<HTMLElement>('.photos');
  let photos: Blob[] = [];

  const show = (): void => {
    list?.replaceChildren(
      ...photos.map((photo) => {
        const image = make('img', '');
        image.alt = '';
        image.src = URL.createObjectURL(photo);
        image.onload = () => {
          URL.revokeObjectURL(image.src);
        };
        const remove = make('button', 'quiet', word('photo.remove'));
        remove.type = 'button';
        remove.addEventListener('click', () => {
          photos = photos.filter((other) => other !== photo);
          show();
          input?.focus();
        });
        return make('li', '', image, remove);
      }),
    );
    changed();
  };
  const add = async (files: File[]): Promise<void> => {
    let bad = false;
    for (const file of files) {
      if (photos.length >= MAX_PHOTOS) break;
      try {
        photos.push(await shrink(file));
      } catch {
        bad = true;
      }
    }
    show();
    if (bad) list?.append(make('li', 'error', word('photo.bad')));
  };
  input?.addEventListener('change', () => {
    const files = [...(input.files ?? [])];
    // the same photo may be chosen again after it was taken back
    input.value = '';
    void add(files);
  });
  return {
    photos: () => photos,
    clear: () => {
      photos = [];
      show();
    },
  };
}
