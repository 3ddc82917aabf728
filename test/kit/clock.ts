/** A clock that stands still until told; tests never wait. */
export interface Clock {
  now: () => Date;
  advance(ms: number): void;
  /** from now on every look moves it by so much, as the time of a running service goes on within a command; 0 stops it */
  tick(ms: number): void;
}
/** A winter evening in Xi'an (21:00 there). */
export const WINTER_EVENING = '2026-01-15T13:00:00.000Z';

export function createClock(start: string = WINTER_EVENING): Clock {
  let at = new Date(start).getTime();
  let step = 0;
  return {
    now: () => new Date((at += step)),
    tick: (ms) => {
      step = ms;
    },
    advance: (ms) => {
      at += ms;
    },
  };
}
export const minutes = (count: number): number => count * 60_000;
export const hours = (count: number): number => count * 3_600_000;
