/** Which questions of duty are put to this person now: a spot check, and being called in. Pure. */
import type { ShiftRow, SpotCheckRow } from '../../shared/duty.ts';
import type { State } from '../../shared/state.ts';

/** Who is asked. */
export interface Asked {
  userId: string;
  stationId: string;
  role: string;
  /** the own outing, if any */
  patrolId: string | null;
}

/** Whether a check is put to this person: of the own outing, of the own desk, or of the shift they are signed in to. */
export function isAsked(check: SpotCheckRow, me: Asked, shifts: State['shifts']): boolean {
  if (check.target === 'patrol') return me.role === 'crew' && me.patrolId !== null && check.patrolId === me.patrolId;
  if (me.role !== 'dispatcher' && me.role !== 'manager') return false;
  const signedIn = shifts[check.shiftId ?? '']?.people.some(
    ({ userId, signedInAt, signedOutAt }) => userId === me.userId && signedInAt !== null && signedOutAt === null,
  );
  return check.stationId === me.stationId || signedIn === true;
}

/** Spot checks put to this person, the next to run out first. */
export const checksFor = (state: Pick<State, 'checks' | 'shifts'>, me: Asked): SpotCheckRow[] =>
  Object.values(state.checks)
    .filter((check) => isAsked(check, me, state.shifts))
    .sort((a, b) => a.dueAt.localeCompare(b.dueAt));

/** Shifts to which this person was called in and has not answered, the first to begin first. */
export const callsFor = (shifts: State['shifts'], userId: string): { shift: ShiftRow; calledAt: string }[] =>
  Object.values(shifts)
    .flatMap((shift) =>
      shift.people
        .filter((person) => person.userId === userId && person.coming === null && person.signedInAt === null)
        .flatMap(({ calledAt }) => (calledAt === null ? [] : [{ shift, calledAt }])),
    )
    .sort((a, b) => a.shift.startsAt.localeCompare(b.shift.startsAt));
