/** Photos made small on the phone: a street at night has a slow line, and a large picture shows no more. */
import { make } from './page.ts';

const LONGEST = 1600;
const MAX_PHOTOS = 3;
const MAX_BYTES = 10 * 1024 * 1024;

interface Drawn {
  source: CanvasImageSource;
  width: number;
  height: number;
  done: () => void;
}

async function decode(file: Blob): Promise<Drawn> {
  if ('createImageBitmap' in window) {
    try {
      const bitmap = await createImageBitmap(file);
      return {
        source: bitmap,
        width: bitmap.width,
        height: bitmap.height,
        done: () => {
          bitmap.close();
        },
      };
    } catch {
      // some old webviews have it and cannot; an image element can
    }
  }
  const url = URL.createObjectURL(file);
  const image = new Image();
  await new Promise((resolve, reject) => {
    image.onload = resolve;
    image.onerror = () => {
      reject(new Error('no picture'));
    };
    image.src = url;
  });
  return {
    source: image,
    width: image.naturalWidth,
    height: image.naturalHeight,
    done: () => {
      URL.revokeObjectURL(url);
    },
  };
}

/** A JPEG of at most 1600 pixels; the file itself where the phone cannot redraw it; throws when that is too large. */
async function shrink(file: File): Promise<Blob> {
  try {
    const drawn = await decode(file);
    const scale = Math.min(1, LONGEST / Math.max(drawn.width, drawn.height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.max(1, Math.round(drawn.width * scale));
    canvas.height = Math.max(1, Math.round(drawn.height * scale));
    canvas.getContext('2d')?.drawImage(drawn.source, 0, 0, canvas.width, canvas.height);
    drawn.done();
    const small = await new Promise<Blob | null>((resolve) => {
      canvas.toBlob(resolve, 'image/jpeg', 0.82);
    });
    if (small) return small;
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
