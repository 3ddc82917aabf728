/** Whom a spot check and a call to the desk are put to; pure. */
import { expect, it } from 'vitest';
import type { DutyPerson, ShiftRow, SpotCheckRow } from '../../shared/duty.ts';
import { type Asked, callsFor, checksFor } from '../../web/duty/prompts.ts';

const at = '2026-01-10T14:00:00.000Z';
const person = (userId: string, more: Partial<DutyPerson> = {}): DutyPerson => ({
  userId,
  name: userId,
  officer: false,
  calledAt: null,
  coming: null,
  signedInAt: null,
  signedOutAt: null,
  ...more,
});
const shift = (id: string, people: DutyPerson[]): ShiftRow => ({ id, people, startsAt: at }) as ShiftRow;
const check = (id: string, more: Partial<SpotCheckRow>): SpotCheckRow =>
  ({ id, target: 'desk', stationId: 'east', shiftId: null, patrolId: null, dueAt: at, ...more }) as SpotCheckRow;
const desk: Asked = { userId: 'me', stationId: 'east', role: 'dispatcher', patrolId: null };
const crew: Asked = { userId: 'me', stationId: 'east', role: 'crew', patrolId: 'p1' };

it('a check is put to the desk that is checked, to those signed in to its shift, and to the patrol that is out', () => {
  const checks = {
    own: check('own', {}),
    other: check('other', { stationId: 'west' }),
    shift: check('shift', { stationId: 'west', shiftId: 's1' }),
    left: check('left', { stationId: 'west', shiftId: 's2' }),
    patrol: check('patrol', { target: 'patrol', patrolId: 'p1' }),
    another: check('another', { target: 'patrol', patrolId: 'p2' }),
  };
  const shifts = {
    s1: shift('s1', [person('me', { signedInAt: at })]),
    s2: shift('s2', [person('me', { signedInAt: at, signedOutAt: at })]),
  };
  const asked = (me: Asked): string[] => checksFor({ checks, shifts }, me).map(({ id }) => id);
  expect(asked(desk)).toEqual(['own', 'shift']);
  expect(asked({ ...desk, role: 'manager' })).toEqual(['own', 'shift']);
  expect(asked({ ...desk, role: 'inspector' })).toEqual([]);
  expect(asked(crew)).toEqual(['patrol']);
  expect(asked({ ...crew, patrolId: null })).toEqual([]);
});

it('whoever was called in is asked until they have answered or have come', () => {
  const shifts = {
    s1: shift('s1', [person('me', { calledAt: at }), person('else', { calledAt: at })]),
    s2: shift('s2', [person('me', { calledAt: at, coming: false })]),
    s3: shift('s3', [person('me', { calledAt: at, signedInAt: at })]),
    s4: shift('s4', [person('me')]),
  };
  expect(callsFor(shifts, 'me').map((call) => call.shift.id)).toEqual(['s1']);
});
