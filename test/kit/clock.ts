/** A clock that stands still until told; tests never wait. */
export interface Clock {
  now: () => Date;
  advance(ms: number): void;
}
/** A winter evening in Xi'an (21:00 there). */
export const WINTER_EVENING = '2026-01-15T13:00:00.000Z';

export function createClock(start: string = WINTER_EVENING): Clock {
  let at = new Date(start).getTime();
  return {
    now: () => new Date(at),
    advance: (ms) => {
      at += ms;
    },
  };
}
export const minutes = (count: number): number => count * 60_000;
export const hours = (count: number): number => count * 3_600_000;
