/** When a patrol should be at the warm place it brings people to. */
import type { DispatchStatus } from '../../shared/dispatches.ts';
import type { LonLat } from '../../shared/geo.ts';
import { estimateWay, type Pace } from './router-estimate.ts';

/** A running job and the way still before it; places are null where nobody knows them. */
export interface Trip {
  status: DispatchStatus;
  /** when it came to the scene */
  onSceneAt: Date | null;
  fix: LonLat | null;
  scene: LonLat | null;
  house: LonLat | null;
  /** the crew has no vehicle */
  walks: boolean;
  /** minutes that a scene usually takes */
  onSceneMin: number;
}

/** The way still to go: by the scene, unless the crew has been there. */
function stopsOf({ status, fix, scene, house }: Trip): (LonLat | null)[] {
  if (status === 'transporting') return [fix ?? scene, house];
  if (status === 'on_scene') return [scene ?? fix, house];
  return scene === null ? [fix, house] : [fix, scene, house];
}

/** By the estimate alone, since commands and jobs ask with rows locked; null when somewhere on the way nobody knows where. */
export function arrivalAt(trip: Trip, pace: Pace, now: Date): Date | null {
  const stops = stopsOf(trip);
  const known = stops.filter((stop) => stop !== null);
  if (known.length < stops.length) return null;
  const wayS = known
    .slice(1)
    .reduce((sum, stop, n) => sum + estimateWay(known[n] ?? stop, stop, pace, trip.walks).seconds, 0);
  const doneAt = (trip.onSceneAt ?? now).getTime() + trip.onSceneMin * 60_000;
  const leftMs = trip.status === 'transporting' ? 0 : Math.max(0, doneAt - now.getTime());
  return new Date(now.getTime() + Math.round(wayS * 1000) + leftMs);
}
