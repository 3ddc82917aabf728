/** What a person says of a known place. */
import type { LonLat } from '../../shared/geo.ts';
import type { SiteOutline } from '../../shared/sites.ts';

export interface SiteWords {
  name: string;
  /** metres; null: the usual radius of the station */
  radiusM: number | null;
  note: string | null;
  /** hours within which somebody should look; null: nobody has to */
  visitEveryH: number | null;
  /** of a key area; null for a point with its radius */
  outline: SiteOutline | null;
  /** where its sign stands */
  position: LonLat;
}
