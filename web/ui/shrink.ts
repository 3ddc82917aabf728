/** Photos made small on the phone: a street at night has a slow line, and a large picture shows no more. */

const LONGEST = 1600;
const QUALITY = 0.82;

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

/** The picture drawn anew as a JPEG of at most 1600 pixels, so that nothing of where and when it was taken is in it. Throws where this browser cannot. */
export async function redrawn(file: Blob): Promise<Blob> {
  const drawn = await decode(file);
  const scale = Math.min(1, LONGEST / Math.max(drawn.width, drawn.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(drawn.width * scale));
  canvas.height = Math.max(1, Math.round(drawn.height * scale));
  canvas.getContext('2d')?.drawImage(drawn.source, 0, 0, canvas.width, canvas.height);
  drawn.done();
  const small = await new Promise<Blob | null>((resolve) => {
    canvas.toBlob(resolve, 'image/jpeg', QUALITY);
  });
  if (!small) throw new Error('no picture');
  return small;
}
