/** How far a patrol has come with its round, in numbers and signs; pure. */
import { distanceM, type LonLat } from '../../shared/geo.ts';
import type { RunRow, RunStop } from '../../shared/rounds.ts';
import type { Look } from '../ui/statuses.ts';

export interface Progress {
  all: number;
  visited: number;
  skipped: number;
  /** the first stop in the round's order that is still to do; null when nothing is left */
  next: RunStop | null;
}
export const progressOf = ({ stops }: Pick<RunRow, 'stops'>): Progress => ({
  all: stops.length,
  visited: stops.filter(({ state }) => state === 'visited').length,
  skipped: stops.filter(({ state }) => state === 'skipped').length,
  next: stops.find(({ state }) => state === 'todo') ?? null,
});

export const stopLooks: Record<RunStop['state'] | 'next', Look> = {
  todo: { shape: 'ring', tone: 'quiet', word: 'round.stop.todo' },
  next: { shape: 'arrow', tone: 'info', word: 'round.stop.next' },
  visited: { shape: 'check', tone: 'ok', word: 'round.stop.visited' },
  skipped: { shape: 'cross', tone: 'warn', word: 'round.stop.skipped' },
};

/** Why a crew skips a stop, in a tap; the words are under `crew.round.skip.<code>`. */
export const skipReasons = ['closed', 'blocked', 'unsafe', 'job', 'time'] as const;

/** Points of the compass as one says them (`compass.<name>`). */
export const compass = ['n', 'ne', 'e', 'se', 's', 'sw', 'w', 'nw'] as const;
/** Where a place lies from here: metres, and the point of the compass. */
export function wayTo(here: LonLat, there: LonLat): { metres: number; toward: (typeof compass)[number] } {
  const rad = Math.PI / 180;
  const [lon1, lat1, lon2, lat2] = [here[0] * rad, here[1] * rad, there[0] * rad, there[1] * rad];
  const y = Math.sin(lon2 - lon1) * Math.cos(lat2);
  const x = Math.cos(lat1) * Math.sin(lat2) - Math.sin(lat1) * Math.cos(lat2) * Math.cos(lon2 - lon1);
  const degrees = (Math.atan2(y, x) / rad + 360) % 360;
  return { metres: distanceM(here, there), toward: compass[Math.round(degrees / 45) % 8] ?? 'n' };
}
