/** The desk's sounds, made with the browser's own synthesiser: no file to load, nothing to license. */
import { type ShallowRef, shallowRef } from 'vue';

export interface Sound {
  on: Readonly<ShallowRef<boolean>>;
  /** the browser allows sound only after the person has touched the page */
  blocked: Readonly<ShallowRef<boolean>>;
  toggle: () => void;
  /** 'new' two soft tones; 'danger' three sharper ones. Not more often than every two seconds. */
  play: (kind: 'new' | 'danger') => void;
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
} as const;

export function createSound(): Sound {
  const on = shallowRef(readWish());
  const blocked = shallowRef(false);
  let context: AudioContext | null = null;
  let last = 0;

  const wakeUp = (): void => {
    context ??= new AudioContext();
    const current = context;
    void current.resume().then(() => {
      blocked.value = on.value && current.state !== 'running';
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
    for (const [pitch, after] of tones[kind]) {
      const tone = context.createOscillator();
      const volume = context.createGain();
      const at = context.currentTime + after;
      tone.type = 'triangle';
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0, at);
      volume.gain.linearRampToValueAtTime(0.35, at + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.001, at + 0.28);
      tone.connect(volume).connect(context.destination);
      tone.start(at);
      tone.stop(at + 0.3);
    }
  };
  return {
    on,
    blocked,
    toggle: () => {
      on.value = !on.value;
      keepWish(on.value);
      if (on.value) {
        wakeUp();
        setTimeout(() => play('new'), 60);
      } else blocked.value = false;
    },
    play,
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
