/** The desk's sounds, made with the browser's own synthesiser: no file to load, nothing to license. */
import { type ShallowRef, shallowRef } from 'vue';

export interface Sound {
  on: Readonly<ShallowRef<boolean>>;
  /** the browser allows sound only after the person has touched the page */
  blocked: Readonly<ShallowRef<boolean>>;
  toggle: () => void;
  /** 'new' two soft tones; 'danger' three sharper ones. Not more often than every two seconds. */
  play: (kind: 'new' | 'danger') => void;
  /** One call of an alarm, `loudness` 0 to 1; several at once are played in their `order`. */
  alarm: (loudness: number, order?: number) => void;
  /** whether a sound can be heard now */
  ready: () => boolean;
  /** Switches the sound on and plays it; to be called from a press, which the browser asks for. */
  unblock: () => void;
  start: () => void;
  stop: () => void;
}
const KEY = 'warmpath.sound';
const QUIET_MS = 2000;
/** Hz and seconds after the first; two intervals that carry over talk without being shrill */
const tones = {
  new: [
    [660, 0],
    [880, 0.18],
  ],
  danger: [
    [880, 0],
    [1175, 0.15],
    [880, 0.3],
  ],
  // low to high twice: unlike the tones of news, and heard by older ears too
  alarm: [
    [523, 0],
    [698, 0.16],
    [523, 0.4],
    [698, 0.56],
  ],
} as const;
const ALARM_S = 1.1;
/** Between the press that wakes the sound and its click. */
const FREED_MS = 600;
const USUAL_VOLUME = 0.35;

export function createSound(): Sound {
  const on = shallowRef(readWish());
  const blocked = shallowRef(false);
  let context: AudioContext | null = null;
  let last = 0;
  let freedAt = -Infinity;

  const wakeUp = (): void => {
    context ??= new AudioContext();
    const current = context;
    const runs = (): boolean => current.state === 'running';
    const waited = !runs();
    void current.resume().then(() => {
      if (waited && runs()) freedAt = performance.now();
      blocked.value = on.value && !runs();
    });
  };
  const check = (): void => {
    blocked.value = on.value && context?.state !== 'running';
  };
  const play: Sound['play'] = (kind) => {
    if (!on.value) return;
    if (context?.state !== 'running') {
      blocked.value = true;
      return;
    }
    if (performance.now() - last < QUIET_MS && last > 0) return;
    last = performance.now();
    sing(context, kind, USUAL_VOLUME, 0);
  };
  const ready = (): boolean => on.value && context?.state === 'running';
  const switchOn = (): void => {
    on.value = true;
    keepWish(true);
    wakeUp();
    setTimeout(() => play('new'), 60);
  };
  return {
    on,
    blocked,
    toggle: () => {
      // the press that let the browser sound was meant for that, and not to switch it off
      if (!on.value || blocked.value || performance.now() - freedAt < FREED_MS) {
        freedAt = -Infinity;
        switchOn();
        return;
      }
      on.value = false;
      keepWish(false);
      blocked.value = false;
    },
    play,
    alarm: (loudness, order = 0) => {
      if (!on.value) return;
      if (context?.state === 'running') sing(context, 'alarm', loudness, order * ALARM_S);
      else blocked.value = true;
    },
    ready,
    unblock: switchOn,
    start: () => {
      check();
      for (const kind of ['pointerdown', 'keydown']) window.addEventListener(kind, wakeUp, { once: true });
    },
    stop: () => {
      for (const kind of ['pointerdown', 'keydown']) window.removeEventListener(kind, wakeUp);
      void context?.close();
    },
  };
}

/** Plays the tones of a kind from `startS` seconds on. */
function sing(context: AudioContext, kind: keyof typeof tones, volume: number, startS: number): void {
  for (const [pitch, after] of tones[kind]) {
    const tone = context.createOscillator();
    const gain = context.createGain();
    const at = context.currentTime + startS + after;
    tone.type = 'triangle';
    tone.frequency.value = pitch;
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(volume, at + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.001, at + 0.28);
    tone.connect(gain).connect(context.destination);
    tone.start(at);
    tone.stop(at + 0.3);
  }
}

function readWish(): boolean {
  try {
    return localStorage.getItem(KEY) !== 'off';
  } catch {
    return true;
  }
}
function keepWish(on: boolean): void {
  try {
    localStorage.setItem(KEY, on ? 'on' : 'off');
  } catch {
    // for this page only, then
  }
}
