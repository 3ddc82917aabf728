/** The server's time as this machine knows it: phones and desks have clocks of their own, and some of them are hours wrong. */

/** What is known of the own clock: add `offsetMs` to it for the server's time (positive: the own one is behind). */
export interface ClockState {
  offsetMs: number;
  /** measured while this page lives, and the clock has not been set since; else it is what was true at last */
  certain: boolean;
}
interface Parts {
  /** the machine's clock, epoch ms */
  wall: () => number;
  /** ms that only ever grow */
  mono: () => number;
  /** the last measured offset, over restarts */
  kept: { read: () => number; write: (offsetMs: number) => void };
}
export interface Clock {
  state: () => ClockState;
  /** Learns from an answer's Date header, which has whole seconds; `latencyMs` is how long the answer took. */
  note: (date: string | null, latencyMs: number) => void;
}

/** Smaller differences are not worth a jump. */
const WORTH_MS = 1500;
/** An answer that took so long tells little of the time, when there was a better one. */
const SLOW_MS = 8000;

export function createClock({ wall, mono, kept }: Parts): Clock {
  let offsetMs = kept.read();
  let certain = false;
  let apart = wall() - mono();
  /**
   * Both clocks run alike unless one was set. Set back, the offset follows at once. Ahead is no proof, since the second one
   * stands still while some machines sleep: then the offset counts as unknown until it is measured again.
   */
  const look = (): void => {
    const moved = wall() - mono() - apart;
    if (Math.abs(moved) < WORTH_MS) return;
    apart += moved;
    certain = false;
    if (moved > 0) return;
    offsetMs -= moved;
    kept.write(offsetMs);
  };
  return {
    state: () => {
      look();
      return { offsetMs, certain };
    },
    note: (date, latencyMs) => {
      look();
      const at = date === null ? Number.NaN : Date.parse(date);
      if (Number.isNaN(at) || (certain && latencyMs > SLOW_MS)) return;
      // the header is cut to the second: half a second later is the best guess; then it was half the time on its way
      const measured = at + 500 + latencyMs / 2 - wall();
      certain = true;
      if (Math.abs(measured - offsetMs) <= WORTH_MS) return;
      offsetMs = Math.abs(measured) > WORTH_MS ? Math.round(measured) : 0;
      kept.write(offsetMs);
    },
  };
}

const KEY = 'clock.offset';
const kept: Parts['kept'] = {
  read: () => {
    try {
      const offset = Number(localStorage.getItem(KEY));
      return Number.isFinite(offset) ? offset : 0;
    } catch {
      return 0;
    }
  },
  write: (offsetMs) => {
    try {
      localStorage.setItem(KEY, String(offsetMs));
    } catch {
      // a full or forbidden store: known as long as the page lives
    }
  },
};
const ofThisPage = (): Clock => createClock({ wall: () => Date.now(), mono: () => performance.now(), kept });
let clock = ofThisPage();

/** As when the page began: nothing is measured yet, and what was kept is believed. */
export function restartClock(): void {
  clock = ofThisPage();
}

export const noteServerTime = (date: string | null, latencyMs = 0): void => clock.note(date, latencyMs);
export const clockState = (): ClockState => clock.state();

/** Now, corrected by the measured offset. */
export const serverNow = (): Date => new Date(Date.now() + clock.state().offsetMs);

/** How far the own clock is from the server's, in ms (positive: the own one is behind). */
export const clockOffsetMs = (): number => clock.state().offsetMs;
