/** What becomes of a run by a visit, a skip or its beginning; pure, so that a phone without a signal shows what the server will say. */
import type { RoundRow, RunRow, RunStop } from './rounds.ts';

export interface StopVisit {
  stopId: string;
  state: 'visited' | 'skipped';
  how?: RunStop['how'] | undefined;
  /** when it happened */
  at: string;
  reason?: string | undefined;
}

/** The first visit counts, and so does the first skip; a skipped stop can still be visited. */
function stopAfter(stop: RunStop, { state, how, at, reason }: StopVisit): RunStop {
  if (stop.state === 'visited' || stop.state === state) return stop;
  return state === 'visited'
    ? { ...stop, state, at, how: how ?? 'hand', reason: null }
    : { ...stop, state, at, how: null, reason: reason ?? '' };
}
/** The run after it; the same object when nothing changes. */
export function runAfter(run: RunRow, visit: StopVisit): RunRow {
  const stops = run.stops.map((stop) => (stop.id === visit.stopId ? stopAfter(stop, visit) : stop));
  return stops.every((stop, at) => stop === run.stops[at]) ? run : { ...run, stops };
}

/** A run as it begins. */
export const runOf = (round: RoundRow, { id, patrolId, at }: { id: string; patrolId: string; at: string }): RunRow => ({
  id,
  version: 0,
  stationId: round.stationId,
  roundId: round.id,
  name: round.name,
  patrolId,
  startedAt: at,
  endedAt: null,
  stops: round.stops.map((stop) => ({ ...stop, state: 'todo', at: null, how: null, reason: null })),
});
