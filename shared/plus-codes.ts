/** Full plus codes (Open Location Code, google/open-location-code): base 20, five pairs of digits, then a grid of 4 by 5. */
import { type LonLat, round6 } from './geo.ts';

const DIGITS = '23456789CFGHJMPQRVWX';
/** Codes of at least 8 digits before the plus sign name one place on Earth; shorter ones need a city, which is not guessed. */
const FULL = new RegExp(
  `(?:^|[^A-Z0-9+])([2-9C][2-9CFGHJMPQRV][${DIGITS}]{6})\\+([${DIGITS}]{2,7})?(?![${DIGITS}A-Z0-9])`,
  'i',
);

/** The middle of the cell that a full plus code in the text names, and half its diagonal in metres; null when there is none. */
export function readPlusCode(text: string): { position: LonLat; accuracyM: number } | null {
  const found = FULL.exec(text);
  if (!found) return null;
  const values = [...`${found[1] ?? ''}${found[2] ?? ''}`.toUpperCase()].map((digit) => DIGITS.indexOf(digit));
  let [lat, lon, height, width] = [-90, -180, 400, 400];
  values.forEach((value, n) => {
    if (n < 10) {
      if (n % 2 === 0) {
        height /= 20;
        lat += value * height;
      } else {
        width /= 20;
        lon += value * width;
      }
      return;
    }
    height /= 5;
    width /= 4;
    lat += Math.floor(value / 4) * height;
    lon += (value % 4) * width;
  });
  const position: LonLat = [round6(lon + width / 2), round6(lat + height / 2)];
  if (Math.abs(position[1]) > 90 || Math.abs(position[0]) > 180) return null;
  const across = width * Math.cos((position[1] * Math.PI) / 180);
  return { position, accuracyM: (Math.hypot(height, across) / 2) * 111_320 };
}
