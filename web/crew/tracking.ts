/** The phone's position: watched only during an outing, sent in batches, and plain about having stopped. */
import { computed, onScopeDispose, type Ref, shallowRef, watch } from 'vue';
import { type LonLat, point, round6 } from '../../shared/geo.ts';
import { type PositionBody, takePositions } from '../../shared/positions.ts';
import { call, CallProblem } from '../live/call.ts';
import { clockOffsetMs, serverNow } from '../live/clock.ts';

/** 'quiet': watching, but no fix for a while. The three last ones say why there is none. */
export type TrackingState = 'off' | 'starting' | 'on' | 'quiet' | 'denied' | 'unavailable' | 'unsupported';
export interface OwnFix {
  position: LonLat;
  accuracyM: number;
  /** by the server's clock */
  at: Date;
}

const SEND_EVERY_MS = 10_000;
/** A watch is silent while the phone stands still: then it is asked. */
const ASK_AFTER_MS = 20_000;
const QUIET_AFTER_MS = 60_000;
/** A phone may tell ten times a second; a track does not need it. */
const KEEP_EVERY_MS = 2000;
const MAX_UNSENT = 2000;
const OPTIONS: PositionOptions = { enableHighAccuracy: true, maximumAge: 5000, timeout: 30_000 };

const within = (value: number | null, top: number): value is number => value !== null && value >= 0 && value <= top;

/** Watches while `patrolId` is set; `now` ticks. Stops and forgets with its scope. */
export function useTracking(patrolId: Ref<string | null>, now: Ref<Date>) {
  const fix = shallowRef<OwnFix | null>(null);
  const trouble = shallowRef<'denied' | 'unavailable' | 'unsupported' | null>(null);
  const unsent = shallowRef<readonly PositionBody[]>([]);
  let watchId: number | null = null;
  let timer: ReturnType<typeof setInterval> | undefined;
  let keptAt = 0;
  let sending = false;

  const take = (patrol: string, { coords, timestamp }: GeolocationPosition): void => {
    const at = new Date(timestamp + clockOffsetMs());
    const position: LonLat = [round6(coords.longitude), round6(coords.latitude)];
    trouble.value = null;
    fix.value = { position, accuracyM: coords.accuracy, at };
    if (at.getTime() - keptAt < KEEP_EVERY_MS) return;
    keptAt = at.getTime();
    const body: PositionBody = { patrolId: patrol, position: point(...position), at: at.toISOString() };
    if (within(coords.accuracy, 100_000)) body.accuracyM = Math.round(coords.accuracy);
    if (within(coords.speed, 400)) body.speedMps = Math.round(coords.speed * 10) / 10;
    if (within(coords.heading, 360)) body.headingDeg = Math.round(coords.heading);
    unsent.value = [...unsent.value, body].slice(-MAX_UNSENT);
  };
  const fail = (error: GeolocationPositionError): void => {
    if (error.code === error.PERMISSION_DENIED) trouble.value = 'denied';
    else if (error.code === error.POSITION_UNAVAILABLE) trouble.value = 'unavailable';
  };

  const send = async (): Promise<void> => {
    const batch = unsent.value;
    if (sending || batch.length === 0) return;
    sending = true;
    try {
      await call(takePositions, { body: [...batch] });
      unsent.value = unsent.value.filter((body) => !batch.includes(body));
    } catch (error) {
      // what the server will never take (the outing has ended) must not jam the queue
      const hopeless =
        error instanceof CallProblem &&
        error.status >= 400 &&
        error.status < 500 &&
        ![401, 408, 429].includes(error.status) &&
        error.code !== 'second_factor_needed';
      if (hopeless) unsent.value = unsent.value.filter((body) => !batch.includes(body));
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
    if (!('geolocation' in navigator) || !window.isSecureContext) {
      trouble.value = 'unsupported';
      return;
    }
    watchId = navigator.geolocation.watchPosition((found) => take(patrol, found), fail, OPTIONS);
    timer = setInterval(() => {
      const silentMs = fix.value ? serverNow().getTime() - fix.value.at.getTime() : 0;
      if (silentMs > ASK_AFTER_MS)
        navigator.geolocation.getCurrentPosition((found) => take(patrol, found), fail, { ...OPTIONS, maximumAge: 0 });
      void send();
    }, SEND_EVERY_MS);
  };

  watch(
    patrolId,
    (patrol) => {
      fix.value = patrol === null ? null : fix.value;
      if (patrol === null) stop();
      else start(patrol);
    },
    { immediate: true },
  );
  onScopeDispose(stop);

  const state = computed((): TrackingState => {
    if (patrolId.value === null) return 'off';
    if (trouble.value !== null) return trouble.value;
    if (fix.value === null) return 'starting';
    return now.value.getTime() - fix.value.at.getTime() > QUIET_AFTER_MS ? 'quiet' : 'on';
  });
  return {
    state,
    fix,
    unsent: computed(() => unsent.value.length),
    retry: () => {
      if (patrolId.value !== null) start(patrolId.value);
    },
  };
}
