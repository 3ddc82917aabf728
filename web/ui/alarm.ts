/** What rings on a phone: sound and vibration, again and again until somebody answers, or softly once. */
import { onScopeDispose, type Ref, shallowRef, watch } from 'vue';

const AGAIN_AFTER_MS = 4000;
/** Two tones, up and down, heard over an engine; [Hz, start in s]. */
const TONES = [
  [880, 0],
  [1175, 0.22],
  [880, 0.5],
  [1175, 0.72],
] as const;
const TONE_S = 0.18;
const PATTERN_MS = [500, 200, 500, 200, 500];

let audio: AudioContext | null = null;

/** Browsers let a page sound only after a touch: the first one opens the way. */
export function unlockSound(): void {
  audio ??= 'AudioContext' in window ? new AudioContext() : null;
  if (audio?.state === 'suspended') void audio.resume();
}

/** Rings once. */
export function ring(): void {
  // vibrating before the first touch is refused with a warning
  if ('vibrate' in navigator && (!('userActivation' in navigator) || navigator.userActivation.hasBeenActive))
    navigator.vibrate(PATTERN_MS);
  if (audio?.state !== 'running') return;
  for (const [hz, at] of TONES) {
    const tone = audio.createOscillator();
    const loudness = audio.createGain();
    const from = audio.currentTime + at;
    tone.type = 'square';
    tone.frequency.value = hz;
    loudness.gain.setValueAtTime(0.35, from);
    loudness.gain.linearRampToValueAtTime(0, from + TONE_S);
    tone.connect(loudness).connect(audio.destination);
    tone.start(from);
    tone.stop(from + TONE_S);
  }
}

/** A soft call, once: something is due and nobody is late. */
export function chime(): void {
  if ('vibrate' in navigator && (!('userActivation' in navigator) || navigator.userActivation.hasBeenActive))
    navigator.vibrate(120);
  if (audio?.state !== 'running') return;
  const from = audio.currentTime;
  const tone = audio.createOscillator();
  const loudness = audio.createGain();
  tone.type = 'sine';
  tone.frequency.value = 660;
  loudness.gain.setValueAtTime(0.12, from);
  loudness.gain.exponentialRampToValueAtTime(0.001, from + 0.7);
  tone.connect(loudness).connect(audio.destination);
  tone.start(from);
  tone.stop(from + 0.7);
}

/** Rings while `what` names something not yet silenced. */
export function useAlarm(what: Ref<string | null>) {
  const silenced = shallowRef<string | null>(null);
  let timer: ReturnType<typeof setInterval> | undefined;
  const quiet = (): void => {
    clearInterval(timer);
    if ('vibrate' in navigator && navigator.vibrate.length > 0 && audio !== null) navigator.vibrate(0);
  };
  watch(
    [what, silenced],
    ([id, muted]) => {
      quiet();
      if (id === null || id === muted) return;
      ring();
      timer = setInterval(ring, AGAIN_AFTER_MS);
    },
    { immediate: true },
  );
  document.addEventListener('pointerdown', unlockSound);
  document.addEventListener('keydown', unlockSound);
  onScopeDispose(() => {
    quiet();
    document.removeEventListener('pointerdown', unlockSound);
    document.removeEventListener('keydown', unlockSound);
  });
  return {
    silenced,
    silence: () => {
      silenced.value = what.value;
    },
  };
}
