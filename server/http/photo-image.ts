/** From a stranger's bytes to a plain JPEG: decoded and written anew, so nothing of the file but its picture stays. */
import sharp from 'sharp';
import { Problem } from '../../shared/problems.ts';

export interface Picture {
  bytes: Buffer;
  width: number;
  height: number;
}

/** Longest side kept, in pixels: enough to know a person and a place again. */
const LONGEST = 1600;
/** Pixels decoded at most; a photo of a good phone has 12 to 50 million. */
const MAX_PIXELS = 40_000_000;
/** More frames than any picture taken on a street. */
const MAX_FRAMES = 100;
/** Pictures decoded at a time: the rest of the service keeps its processor. */
const DECODERS = 2;

sharp.cache(false);

/** By its first bytes, whatever the name or the header says. */
export function isImage(bytes: Buffer): boolean {
  const head = bytes.toString('latin1', 0, 12);
  return (
    head.startsWith('\xff\xd8\xff') ||
    head.startsWith('\x89PNG\r\n\x1a\n') ||
    /^GIF8[79]a/.test(head) ||
    /^RIFF[\s\S]{4}WEBP/.test(head)
  );
}

let busy = 0;
const waiting: (() => void)[] = [];
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (busy >= DECODERS) await new Promise<void>((resolve) => waiting.push(resolve));
  else busy += 1;
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else busy -= 1;
  }
}

/**
 * The first frame, upright, at most 1600 pixels long, without EXIF, XMP, thumbnail or colour profile.
 * Throws unsupported_type for what is no JPEG, PNG, WebP or GIF, and invalid_image for one that is broken or too large.
 */
export async function reencode(upload: Buffer): Promise<Picture> {
  if (!isImage(upload)) throw new Problem('unsupported_type');
  return inTurn(async () => {
    const options = { limitInputPixels: MAX_PIXELS, failOn: 'truncated', sequentialRead: true } as const;
    try {
      const { pages = 1 } = await sharp(upload, options).metadata();
      if (pages > MAX_FRAMES) throw new Problem('invalid_image');
      const { data, info } = await sharp(upload, options)
        .autoOrient()
        .resize(LONGEST, LONGEST, { fit: 'inside', withoutEnlargement: true })
        .flatten({ background: '#ffffff' })
        .jpeg({ quality: 82 })
        .timeout({ seconds: 15 })
        .toBuffer({ resolveWithObject: true });
      return { bytes: data, width: info.width, height: info.height };
    } catch (error) {
      if (error instanceof Problem) throw error;
      throw new Problem('invalid_image', [
        { path: '/photo', code: 'invalid_image', message: 'the picture is broken, too large or has too many frames' },
      ]);
    }
  });
}
