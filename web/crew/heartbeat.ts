/** Says that this phone is there while its crew is out, whatever its positioning does: standing still is not offline. */
import { onScopeDispose, type Ref, watch } from 'vue';
import { sendHeartbeat, type TrackingReport } from '../../shared/positions.ts';
import { call, urlOf } from '../live/call.ts';

const EVERY_MS = 30_000;

/** Chromium's; other browsers say nothing. */
interface WithBattery {
  getBattery?: () => Promise<{ level: number }>;
}
async function batteryPercent(): Promise<number | null> {
  try {
    const level = (await (navigator as WithBattery).getBattery?.())?.level;
    return level === undefined ? null : Math.round(level * 100);
  } catch {
    return null;
  }
}
const isHidden = (): boolean => document.visibilityState === 'hidden';

/** Beats while `patrolId` names an outing that the server knows; `report` is how the tracking is. Ends with its scope. */
export function useHeartbeat(
  patrolId: Ref<string | null>,
  report: Ref<TrackingReport | null>,
): { beat: () => Promise<void> } {
  let battery: number | null = null;
  const body = (): { tracking: TrackingReport; battery?: number } | null => {
    const tracking = isHidden() ? 'hidden' : report.value;
    return tracking === null ? null : { tracking, ...(battery === null ? {} : { battery }) };
  };
  const beat = async (): Promise<void> => {
    const id = patrolId.value;
    battery = await batteryPercent();
    const said = body();
    if (id === null || said === null) return;
    try {
      await call(sendHeartbeat, { params: { id }, body: said });
    } catch {
      // not heard is what the desk then sees, which is true
    }
  };
  /** The page may be frozen the moment after: what is said then must outlive it. */
  const lastWord = (): void => {
    const id = patrolId.value;
    const said = body();
    if (id === null || said === null || !isHidden()) return;
    void fetch(urlOf(sendHeartbeat.path, { id }), {
      method: 'POST',
      keepalive: true,
      credentials: 'same-origin',
      headers: { 'content-type': 'application/json', 'x-requested-with': 'warmpath' },
      body: JSON.stringify(said),
    }).catch(() => undefined);
  };
  const onVisibility = (): void => {
    if (isHidden()) lastWord();
    else void beat();
  };
  const timer = setInterval(() => void beat(), EVERY_MS);
  // what changed is told at once; the first word of an outing, too
  watch([patrolId, report], () => void beat(), { immediate: true });
  document.addEventListener('visibilitychange', onVisibility);
  window.addEventListener('pagehide', lastWord);
  onScopeDispose(() => {
    clearInterval(timer);
    document.removeEventListener('visibilitychange', onVisibility);
    window.removeEventListener('pagehide', lastWord);
  });
  return { beat };
}
