/** What every actor of the night is given. */
import type { City } from '../place-city.ts';
import type { Chance } from '../random.ts';
import type { Cast } from './cast.ts';
import type { Truths } from './phones.ts';
import type { Picture } from './picture.ts';
import type { Play } from './play.ts';

/** The stage all of them stand on. */
export interface Night {
  place: City;
  play: Play;
  picture: Picture;
  chance: Chance;
  cast: Cast;
  truths: Truths;
  /** people who have been met already, by Truth.person */
  met: Set<string>;
  /** beds whose people stand at the door, by hold, and since when */
  door: Map<string, number>;
  manual: boolean;
  /** what the service still believes of a vehicle, in km/h of the night */
  mostKmh: number;
}
