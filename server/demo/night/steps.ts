/** What a crew does on a job besides driving: steps, notes, waiting. */
import { type DispatchRow, type DispatchStatus, stepDispatch } from '../../../shared/dispatches.ts';
import { noteIncident } from '../../../shared/incidents.ts';
import type { Person } from '../http.ts';
import { unlessOvertaken } from './play.ts';
import type { Night } from './stage.ts';
import type { Wheels } from './wheels.ts';

/** One crew on its outing. */
export interface Crew {
  night: Night;
  person: Person;
  /** the outing's id */
  id: string;
  wheels: Wheels;
}

/** A visitor who has not touched it for half an hour of the night has left it to the machine again. */
const LEFT_TO_VISITOR_S = 1800;
const GLANCE_S = 5;

/** The job that runs now. */
export const jobOf = ({ night, id }: Crew): DispatchRow | undefined =>
  Object.values(night.picture.state.dispatches).find(({ patrolId }) => patrolId === id);

/** True while the visitor has this crew: signed in and tracking, or lately acting. */
export function visitorDrives({ night, id, wheels }: Crew): boolean {
  const { crews } = night.picture.visitor;
  if (wheels.foreign()) crews.set(id, night.play.now);
  return night.play.now - (crews.get(id) ?? -Infinity) < LEFT_TO_VISITOR_S;
}

/** Whether a job of one's own stands at one of these statuses. */
export function standsAt(c: Crew, job: DispatchRow, ...statuses: readonly DispatchStatus[]): boolean {
  const status = c.night.picture.state.dispatches[job.id]?.status;
  return status !== undefined && statuses.includes(status) && !visitorDrives(c);
}

/** Takes a step; one that somebody else took first is no loss. */
export async function step(c: Crew, job: DispatchRow, status: DispatchStatus, reason?: string): Promise<void> {
  const body = reason === undefined ? { status } : { status, reason };
  await unlessOvertaken(c.person.does(stepDispatch, { params: { id: job.id }, body }));
  await c.night.picture.fresh();
}

export const note = (c: Crew, incidentId: string, text: string): Promise<unknown> =>
  unlessOvertaken(c.person.does(noteIncident, { params: { id: incidentId }, body: { text } }));

/** Waits where they are, saying so now and then. False when `goesOn` ended it. */
export async function* stand(c: Crew, seconds: number, goesOn: () => boolean): AsyncGenerator<number, boolean> {
  for (let left = seconds; left > 0; left -= GLANCE_S) {
    yield Math.min(left, GLANCE_S);
    await c.wheels.still();
    if (!goesOn()) return false;
  }
  return true;
}
