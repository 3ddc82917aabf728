/** Links that open a map app at a place; each app has its own coordinates. */
import { convert, type LonLat } from './geo.ts';

export interface MapLink {
  app: 'amap' | 'apple' | 'phone';
  href: string;
}

/** AMap wants GCJ-02; Apple's maps use it too inside China, where `convert` shifts, and WGS 84 elsewhere, where it does not. */
export function mapLinks([lon, lat]: LonLat, name: string, by: 'car' | 'walk' = 'car'): MapLink[] {
  const [gcjLon, gcjLat] = convert([lon, lat], 'wgs84', 'gcj02');
  const label = encodeURIComponent(name);
  return [
    {
      app: 'amap',
      href: `https://uri.amap.com/navigation?to=${gcjLon},${gcjLat},${label}&mode=${by}&coordinate=gaode&callnative=1`,
    },
    {
      app: 'apple',
      href: `https://maps.apple.com/?daddr=${gcjLat},${gcjLon}&q=${label}${by === 'walk' ? '&dirflg=w' : ''}`,
    },
    { app: 'phone', href: `geo:${lat},${lon}?q=${lat},${lon}(${label})` },
  ];
}
