/** Gathers places that lie close together, beside the page's own thread: thousands of them must not hold up a hand on the map. */
import Supercluster from 'supercluster';

/** Places as lon, lat, lon, lat ...; of each how urgent it is. `turn` says which answer belongs to which question. */
export interface ClusterPoints {
  kind: 'points';
  places: Float64Array;
  urgency: Float64Array;
}
export interface ClusterView {
  kind: 'view';
  turn: number;
  /** west, south, east, north */
  box: [number, number, number, number];
  zoom: number;
}
/** A gathering of `count` places, the worst of `urgency`; apart from `zoom` on. A single one has its index instead. */
export type Gathered =
  { index: number } | { cluster: number; count: number; urgency: number; position: [number, number]; zoom: number };
export interface ClusterAnswer {
  turn: number;
  gathered: Gathered[];
}
interface Single {
  index: number;
  urgency: number;
}
interface Worst {
  urgency: number;
}

/** Pixels around a place within which others are gathered. */
const RADIUS = 48;
/** From this zoom on each place stands for itself. */
export const APART_ZOOM = 16;

/** What answers the worker's questions; apart from it so that it can be tried without one. */
export function createGatherer(): {
  load: (points: Omit<ClusterPoints, 'kind'>) => void;
  look: (view: Omit<ClusterView, 'kind' | 'turn'>) => Gathered[];
} {
  const index = new Supercluster<Single, Worst>({
    radius: RADIUS,
    extent: 256,
    maxZoom: APART_ZOOM - 1,
    map: ({ urgency }) => ({ urgency }),
    reduce: (worst, { urgency }) => {
      worst.urgency = Math.max(worst.urgency, urgency);
    },
  });
  index.load([]);
  return {
    load: ({ places, urgency }) => {
      index.load(
        Array.from(urgency, (each, at) => ({
          type: 'Feature' as const,
          properties: { index: at, urgency: each },
          geometry: { type: 'Point' as const, coordinates: [places[2 * at] ?? 0, places[2 * at + 1] ?? 0] },
        })),
      );
    },
    look: ({ box, zoom }) =>
      index.getClusters(box, Math.floor(zoom)).map((feature): Gathered => {
        const { properties } = feature;
        if (!('cluster' in properties)) return { index: properties.index };
        const [lon = 0, lat = 0] = feature.geometry.coordinates;
        return {
          cluster: properties.cluster_id,
          count: properties.point_count,
          urgency: properties.urgency,
          position: [lon, lat],
          zoom: index.getClusterExpansionZoom(properties.cluster_id),
        };
      }),
  };
}

// in the page's own thread, and in tests, there is nobody to answer
if (typeof document === 'undefined' && typeof self !== 'undefined') {
  const gatherer = createGatherer();
  self.addEventListener('message', ({ data }: MessageEvent<ClusterPoints | ClusterView>) => {
    if (data.kind === 'points') gatherer.load(data);
    else self.postMessage({ turn: data.turn, gathered: gatherer.look(data) } satisfies ClusterAnswer);
  });
}
