/** The phone's position: watched only during an outing, kept until the server has it, and plain about having stopped. */
import { computed, onScopeDispose, type Ref, shallowRef, watch } from 'vue';
import { type LonLat, point, round6 } from '../../shared/geo.ts';
import { type PositionBody, takePositions, type TrackingReport } from '../../shared/positions.ts';
import { call, CallProblem } from '../live/call.ts';
import { clockState, serverNow } from '../live/clock.ts';
import { useHeartbeat } from './heartbeat.ts';
import { fixTime, nextBatch, righted, thinned, type Unsent } from './track.ts';
import { sealedTrack } from './track-store.ts';

/** 'quiet': watching, but no fix for a while. The three last ones say why there is none. */
export type TrackingState = 'off' | Exclude<TrackingReport, 'hidden'>;
export interface OwnFix {
  position: LonLat;
  accuracyM: number;
  /** by the server's clock */
  at: Date;
}
/** While the screen was dark nobody saw where we were. */
export interface Interruption {
  from: Date;
  to: Date;
}
interface Options {
  userId: string;
  patrolId: Ref<string | null>;
  /** whether the server knows the outing: one that began offline takes no fixes before it */
  known: () => boolean;
  /** ticks */
  now: Ref<Date>;
}

const SEND_EVERY_MS = 10_000;
/** A watch is silent while the phone stands still: then it is asked. */
const ASK_AFTER_MS = 20_000;
const QUIET_AFTER_MS = 60_000;
/** A phone may tell ten times a second; a track does not need it. */
const KEEP_EVERY_MS = 2000;
/** A glance at another app is no interruption. */
const DARK_MS = 60_000;
const OPTIONS: PositionOptions = { enableHighAccuracy: true, maximumAge: 5000, timeout: 30_000 };

const within = (value: number | null, top: number): value is number => value !== null && value >= 0 && value <= top;

/** Watches while `patrolId` is set. Stops and forgets with its scope; what is not sent stays on the device. */
export function useTracking({ userId, patrolId, known, now }: Options) {
  const fix = shallowRef<OwnFix | null>(null);
  const trouble = shallowRef<'denied' | 'unavailable' | 'unsupported' | null>(null);
  const unsent = shallowRef<readonly Unsent[]>([]);
  const interrupted = shallowRef<Interruption | null>(null);
  const store = sealedTrack(userId);
  /** parts that lie on the device, by the last fix of each; in order */
  let parts: { n: number; last: Unsent }[] = [];
  /** up to here, in unsent, everything lies on the device */
  let keptTo = 0;
  let watchId: number | null = null;
  let timer: ReturnType<typeof setInterval> | undefined;
  let keptAt = 0;
  let sending = false;
  let keeping: Promise<void> = Promise.resolve();
  let darkSince: Date | null = null;

  const take = (patrol: string, { coords, timestamp }: GeolocationPosition): void => {
    const made = fixTime(timestamp, Date.now(), clockState());
    const at = new Date(made.at);
    const position: LonLat = [round6(coords.longitude), round6(coords.latitude)];
    trouble.value = null;
    fix.value = { position, accuracyM: coords.accuracy, at };
    if (Math.abs(at.getTime() - keptAt) < KEEP_EVERY_MS) return;
    keptAt = at.getTime();
    const body: PositionBody = { patrolId: patrol, position: point(...position), at: at.toISOString() };
    if (within(coords.accuracy, 100_000)) body.accuracyM = Math.round(coords.accuracy);
    if (within(coords.speed, 400)) body.speedMps = Math.round(coords.speed * 10) / 10;
    if (within(coords.heading, 360)) body.headingDeg = Math.round(coords.heading);
    const more = [...unsent.value, { body, offsetMs: made.offsetMs }];
    unsent.value = thinned(more);
    if (unsent.value.length < more.length) void rewrite();
  };
  const fail = (error: GeolocationPositionError): void => {
    if (error.code === error.PERMISSION_DENIED) trouble.value = 'denied';
    else if (error.code === error.POSITION_UNAVAILABLE) trouble.value = 'unavailable';
  };

  /** One write after the other, each of what is new since the last; a device that keeps nothing has the track as long as the page lives. */
  const inOrder = (write: () => Promise<void>): Promise<void> => (keeping = keeping.then(write).catch(() => undefined));
  const keep = (): Promise<void> =>
    inOrder(async () => {
      const fresh = unsent.value.slice(keptTo);
      const last = fresh.at(-1);
      if (last === undefined) return;
      parts.push({ n: await store.add(fresh), last });
      keptTo = unsent.value.indexOf(last) + 1;
    });
  const rewrite = (): Promise<void> =>
    inOrder(async () => {
      const all = unsent.value;
      const old = parts;
      const last = all.at(-1);
      parts = last === undefined ? [] : [{ n: await store.add(all), last }];
      keptTo = last === undefined ? 0 : unsent.value.indexOf(last) + 1;
      await store.delete(old.map(({ n }) => n));
    });
  const drop = (batch: readonly Unsent[]): Promise<void> => {
    const gone = new Set(batch);
    keptTo = Math.max(0, keptTo - batch.length);
    unsent.value = unsent.value.filter((each) => !gone.has(each));
    return inOrder(async () => {
      const here = new Set(unsent.value);
      const over = parts.filter(({ last }) => !here.has(last));
      parts = parts.filter(({ last }) => here.has(last));
      if (over.length > 0) await store.delete(over.map(({ n }) => n));
    });
  };
  /** What an earlier life of the app left is older than anything of this one. */
  const ready = inOrder(async () => {
    const kept = await store.all();
    const old = kept.flatMap(({ fixes }) => fixes);
    parts = kept.flatMap(({ n, fixes }) => {
      const last = fixes.at(-1);
      return last ? [{ n, last }] : [];
    });
    keptTo = old.length;
    unsent.value = [...old, ...unsent.value];
  });

  /** Sends one batch; true when it left the phone. */
  const sendBatch = async (batch: readonly Unsent[]): Promise<boolean> => {
    try {
      // the answer measures the clock, by which the times of this track are then put right
      if (!clockState().certain && batch.some(({ offsetMs }) => offsetMs !== null)) await heart.beat();
      await call(takePositions, { body: batch.map((each) => righted(each, clockState())) });
      await drop(batch);
      return true;
    } catch (error) {
      // what the server will never take must not jam the queue
      const hopeless =
        error instanceof CallProblem &&
        error.status >= 400 &&
        error.status < 500 &&
        ![401, 408, 429].includes(error.status) &&
        error.code !== 'second_factor_needed';
      await (hopeless ? drop(batch) : keep());
      return hopeless;
    }
  };
  const send = async (): Promise<void> => {
    if (sending) return;
    sending = true;
    try {
      await ready;
      for (let batch = nextBatch(unsent.value); batch.length > 0; batch = nextBatch(unsent.value)) {
        const early = batch[0]?.body.patrolId === patrolId.value && !known();
        if (early) await keep();
        if (early || !(await sendBatch(batch))) return;
      }
    } finally {
      sending = false;
    }
  };

  const stop = (): void => {
    if (watchId !== null) navigator.geolocation.clearWatch(watchId);
    watchId = null;
    clearInterval(timer);
    void send();
  };
  const start = (patrol: string): void => {
    stop();
    trouble.value = null;
    // also without positions: what is left of an earlier outing goes on being sent
    timer = setInterval(() => {
      const silentMs = fix.value ? serverNow().getTime() - fix.value.at.getTime() : 0;
      if (watchId !== null && silentMs > ASK_AFTER_MS)
        navigator.geolocation.getCurrentPosition((found) => take(patrol, found), fail, { ...OPTIONS, maximumAge: 0 });
      void send();
    }, SEND_EVERY_MS);
    if (!('geolocation' in navigator) || !window.isSecureContext) trouble.value = 'unsupported';
    else watchId = navigator.geolocation.watchPosition((found) => take(patrol, found), fail, OPTIONS);
  };

  const state = computed((): TrackingState => {
    if (patrolId.value === null) return 'off';
    if (trouble.value !== null) return trouble.value;
    if (fix.value === null) return 'starting';
    return now.value.getTime() - fix.value.at.getTime() > QUIET_AFTER_MS ? 'quiet' : 'on';
  });
  const heart = useHeartbeat(
    computed(() => (known() ? patrolId.value : null)),
    computed(() => (state.value === 'off' ? null : state.value)),
  );
  watch(
    patrolId,
    (patrol) => {
      interrupted.value = null;
      fix.value = patrol === null ? null : fix.value;
      if (patrol === null) stop();
      else start(patrol);
    },
    { immediate: true },
  );

  const onVisibility = (): void => {
    if (document.visibilityState === 'hidden') {
      darkSince = serverNow();
      // a page in the background may be killed without a word
      void keep();
      return;
    }
    const from = darkSince;
    darkSince = null;
    const to = serverNow();
    const seen = fix.value !== null && from !== null && to.getTime() - fix.value.at.getTime() < QUIET_AFTER_MS;
    if (from !== null && patrolId.value !== null && !seen && to.getTime() - from.getTime() > DARK_MS)
      interrupted.value = { from, to };
    void send();
  };
  const onPageHide = (): void => void keep();
  document.addEventListener('visibilitychange', onVisibility);
  window.addEventListener('pagehide', onPageHide);
  onScopeDispose(() => {
    stop();
    document.removeEventListener('visibilitychange', onVisibility);
    window.removeEventListener('pagehide', onPageHide);
  });

  return {
    state,
    fix,
    unsent: computed(() => unsent.value.length),
    interrupted,
    understood: () => {
      interrupted.value = null;
    },
    retry: () => {
      if (patrolId.value !== null) start(patrolId.value);
    },
  };
}
