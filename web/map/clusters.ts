/** The page's side of the clustering: what to gather goes to a worker, and comes back as signs. */
import type * as L from 'leaflet';
import type { ClusterAnswer, ClusterPoints, ClusterView, Gathered } from './cluster-worker.ts';
import type { MarkerLook } from './look.ts';

/** How a gathering looks: its count and the worst `above` of its members decide. */
export type ClusterLook = (count: number, above: number) => Pick<MarkerLook, 'className' | 'text' | 'title'>;
export interface Clusters {
  /** Gathers these; asked again with the same looks it does nothing. */
  load: (looks: readonly MarkerLook[]) => void;
  /** What to draw for the present view, null before the first answer; `drawn` of `createClusters` tells when there is another. */
  signs: () => readonly MarkerLook[] | null;
  /** Asks for the present view. */
  ask: () => void;
  /** Where a sign leads when it is pressed: a gathering opens; false for what is no gathering. */
  open: (id: string) => boolean;
  remove: () => void;
}
const PREFIX = 'cluster:';
const SIZE = 36;
/** Facts may come many a second; a gathering is not worth more than this. */
const LOAD_MS = 500;

/** Null where the browser starts no worker: everything is then drawn one by one. */
export function createClusters(map: L.Map, lookOf: ClusterLook, drawn: () => void): Clusters | null {
  let worker: Worker;
  try {
    worker = new Worker(new URL('./cluster-worker.ts', import.meta.url), { type: 'module' });
  } catch {
    return null;
  }
  let looks: readonly MarkerLook[] = [];
  let waiting: readonly MarkerLook[] | null = null;
  let signs: MarkerLook[] | null = null;
  let turn = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const zooms = new Map<string, { position: MarkerLook['position']; zoom: number }>();

  const ask = (): void => {
    turn += 1;
    const bounds = map.getBounds().pad(0.3);
    const box: ClusterView['box'] = [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
    worker.postMessage({ kind: 'view', turn, box, zoom: map.getZoom() } satisfies ClusterView);
  };
  const send = (): void => {
    timer = undefined;
    if (!waiting) return;
    looks = waiting;
    waiting = null;
    const places = new Float64Array(looks.length * 2);
    const urgency = new Float64Array(looks.length);
    for (const [at, look] of looks.entries()) {
      places.set(look.position, 2 * at);
      urgency[at] = look.above;
    }
    worker.postMessage({ kind: 'points', places, urgency } satisfies ClusterPoints, [places.buffer, urgency.buffer]);
    ask();
  };
  const signOf = (one: Gathered): MarkerLook | undefined => {
    if ('index' in one) return looks[one.index];
    const id = PREFIX + String(one.cluster);
    zooms.set(id, { position: one.position, zoom: one.zoom });
    return {
      id,
      position: one.position,
      label: '',
      above: one.urgency,
      selected: false,
      size: SIZE,
      ...lookOf(one.count, one.urgency),
    };
  };
  worker.addEventListener('message', ({ data }: MessageEvent<ClusterAnswer>) => {
    // an older view, or places that were replaced since
    if (data.turn !== turn) return;
    zooms.clear();
    signs = data.gathered.map(signOf).filter((look) => look !== undefined);
    drawn();
  });
  return {
    load: (next) => {
      const latest = waiting ?? looks;
      if (next.length === latest.length && next.every((look, at) => look === latest[at])) return;
      waiting = next;
      timer ??= setTimeout(send, looks.length === 0 ? 0 : LOAD_MS);
    },
    signs: () => signs,
    ask,
    open: (id) => {
      const there = zooms.get(id);
      if (!there) return id.startsWith(PREFIX);
      const [lon, lat] = there.position;
      map.setView([lat, lon], Math.min(map.getMaxZoom(), Math.max(there.zoom, map.getZoom() + 1)));
      return true;
    },
    remove: () => {
      clearTimeout(timer);
      worker.terminate();
    },
  };
}
