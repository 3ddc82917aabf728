/** What a sign on the map says and looks like. */
import type { LonLat } from '../../shared/geo.ts';

export interface MarkerLook {
  id: string;
  position: LonLat;
  /** what a screen reader says and a pointer shows; a function is asked only when it is needed, and again when `stamp` is another */
  title: string | (() => string);
  stamp?: unknown;
  /** classes of the sign: shape and tone */
  className: string;
  /** short text on it, or '' */
  text: string;
  /** a line beside it when there is room, or '' */
  label: string;
  /** higher stands above */
  above: number;
  selected: boolean;
  /** never hidden in a gathering of many */
  alone?: boolean;
  /** pixels, where it differs from the others of its set */
  size?: number;
}
