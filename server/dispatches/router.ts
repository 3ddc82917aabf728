/** How long the way takes: the port that every router fits. */
import type { LonLat } from '../../shared/geo.ts';

/** Seconds and metres of each pair, row after row of `from`; NaN where it knows no road. */
export interface Travel {
  seconds: Float64Array<ArrayBuffer>;
  metres: Float64Array<ArrayBuffer>;
}
/** A way to draw, in seconds and metres. */
export interface Way {
  line: LonLat[];
  seconds: number;
  metres: number;
}
/** Both throw RouterFailure, and end as soon as `signal` says. */
export interface Router {
  table(from: readonly LonLat[], to: readonly LonLat[], signal: AbortSignal): Promise<Travel>;
  /** null where it knows no road */
  route(from: LonLat, to: LonLat, signal: AbortSignal): Promise<Way | null>;
}

export type Failing = 'slow' | 'wrong' | 'dead';
/** A router did not answer in time, answered nonsense, or is not there. */
export class RouterFailure extends Error {
  readonly note: Failing;
  constructor(note: Failing, cause?: unknown) {
    super(note, { cause });
    this.note = note;
  }
}
