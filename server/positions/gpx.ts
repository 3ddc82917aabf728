import { isBelieved } from '../../shared/positions.ts';
import type { TrackPoint } from './queries.ts';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};
/** XML 1.0 has no place for control characters, escaped or not. */
const escape = (text: string): string =>
  text.replace(/[&<>"']/g, (char) => ENTITIES[char] ?? '').replace(/[\p{Cc}\uFFFE\uFFFF]/gu, ' ');

/** A track as GPX 1.1 (topografix.com): plausible fixes only, because what reads it draws them all. */
export function gpxOf(name: string, points: readonly TrackPoint[]): string {
  const line = points
    .filter(({ marks }) => isBelieved(marks))
    .map(
      ({ at, position: { coordinates } }) =>
        `<trkpt lat="${String(coordinates[1])}" lon="${String(coordinates[0])}"><time>${at}</time></trkpt>`,
    );
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<gpx version="1.1" creator="Warmpath" xmlns="http://www.topografix.com/GPX/1/1">',
    `<trk><name>${escape(name)}</name><trkseg>`,
    ...line,
    '</trkseg></trk>',
    '</gpx>',
    '',
  ].join('\n');
}
