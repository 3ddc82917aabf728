/** Which shifts of a desk run, since when it is not covered: worked out from the rows and the time alone. Pure. */
import { HOUR_MS } from '../../shared/roster.ts';

/** How long a shift goes on behind its end for both signatures; whoever stays longer signs in to the one that runs then. */
export const GRACE_MS = HOUR_MS;

export interface OpenShift {
  id: string;
  startsAt: Date;
  endsAt: Date;
  /** one that was put on the roster while it should run begins with that */
  createdAt: Date;
  minimum: number;
  startedAt: Date | null;
  uncoveredSince: Date | null;
  takenAt: Date | null;
  /** when the last of those who are gone signed out */
  leftAt: Date | null;
  /** signed in */
  here: readonly string[];
  /** of these, who may still answer this desk */
  fit: readonly string[];
}
export interface DeskShift {
  id: string;
  startedAt: Date;
  endedAt: Date | null;
  uncoveredSince: Date | null;
}

const latest = (...times: (Date | null)[]): Date =>
  new Date(Math.max(...times.map((time) => time?.getTime() ?? -Infinity)));

/** When it ended; null while it runs. Behind its end it runs for as long as somebody is signed in, for the grace at most, or until it is handed over. */
function endOf(shift: OpenShift, now: Date): Date | null {
  if (now < shift.endsAt) return null;
  if (shift.takenAt !== null) return latest(shift.endsAt, shift.takenAt);
  if (shift.here.length === 0) return latest(shift.endsAt, shift.leftAt);
  const grace = new Date(shift.endsAt.getTime() + GRACE_MS);
  return now >= grace ? grace : null;
}

/**
 * How the shifts of one station stand now. Whoever is signed in to any of those that run covers the desk, so that nobody need be there twice
 * while it is handed over; each is held against its own minimum from its start to its end.
 */
export function deskAt(shifts: readonly OpenShift[], now: Date): { shifts: DeskShift[]; have: number } {
  const ended = new Map(shifts.map((shift) => [shift.id, endOf(shift, now)]));
  const have = new Set(shifts.filter(({ id }) => ended.get(id) === null).flatMap(({ fit }) => fit)).size;
  const left = shifts.flatMap((shift) => {
    const at = ended.get(shift.id) ?? null;
    return at === null || shift.fit.length === 0 ? [] : [at];
  });
  return {
    have,
    shifts: shifts.map((shift) => {
      const startedAt = shift.startedAt ?? latest(shift.startsAt, shift.createdAt);
      const endedAt = ended.get(shift.id) ?? null;
      const short = endedAt === null && now >= shift.startsAt && now < shift.endsAt && have < shift.minimum;
      const began =
        shift.startedAt === null || left.length > 0 ? latest(shift.startsAt, shift.createdAt, ...left) : now;
      return { id: shift.id, startedAt, endedAt, uncoveredSince: short ? (shift.uncoveredSince ?? began) : null };
    }),
  };
}
