/** The safety timer of a crew as it stands now; the same on the crew's phone and at the desk. Pure. */
import type { PatrolRow } from '../../shared/patrols.ts';

/** 'off': on a break, or nothing is known of it; 'soon': the last minutes before it is due. */
export type RollCallState = 'off' | 'running' | 'soon' | 'due';
export interface RollCall {
  state: RollCallState;
  /** epoch ms */
  dueAt: number;
  /** until it is due, negative since then */
  leftMs: number;
}
type Timed = Pick<PatrolRow, 'status' | 'rollCallDueAt' | 'startedAt' | 'version'>;

/** Long enough to find the phone and to answer. */
export const SOON_MS = 3 * 60_000;

/** `saidAt` is when the crew did anything on this phone that the server may not know yet (epoch ms). */
export function rollCallOf(patrol: Timed | null, saidAt: number, everyMs: number, now: number): RollCall {
  const off: RollCall = { state: 'off', dueAt: Infinity, leftMs: Infinity };
  if (patrol === null || patrol.status === 'break' || patrol.status === 'ended') return off;
  // an outing that began without a network has a timer all the same
  const told = patrol.rollCallDueAt ?? (patrol.version === 0 ? patrol.startedAt : null);
  if (told === null) return off;
  const dueAt = Math.max(Date.parse(told) + (patrol.rollCallDueAt === null ? everyMs : 0), saidAt + everyMs);
  const leftMs = dueAt - now;
  return { state: leftMs <= 0 ? 'due' : leftMs <= SOON_MS ? 'soon' : 'running', dueAt, leftMs };
}
