/** Which way somebody is, as one would say it. */
import type { LonLat } from '../../shared/geo.ts';

export const compass = ['n', 'ne', 'e', 'se', 's', 'sw', 'w', 'nw'] as const;
export type Compass = (typeof compass)[number];
const RAD = Math.PI / 180;

/** Degrees from north over east, 0 to 360; across a city a plane is as good as a globe. */
export function bearingDeg([lon, lat]: LonLat, [toLon, toLat]: LonLat): number {
  const east = (toLon - lon) * Math.cos(((lat + toLat) / 2) * RAD);
  return (Math.atan2(east, toLat - lat) / RAD + 360) % 360;
}
export const compassOf = (degrees: number): Compass => compass[Math.round(degrees / 45) % 8] ?? 'n';
