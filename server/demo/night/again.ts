/** Those who refused are not left alone: the desk sends somebody again after an hour or so of the night, which runs faster than the rule's clock. */
import type { IncidentRow } from '../../../shared/incidents.ts';
import { type RecheckRow, takeRecheck } from '../../../shared/rechecks.ts';
import { unlessOvertaken } from './play.ts';
import type { Night } from './stage.ts';
import { type Crew, visitorDrives } from './steps.ts';

/** Minutes of the night after the refusal. */
const AFTER_MIN = [35, 70] as const;
/** Seconds until the desk asks again who could go. */
const RETRY_S = 90;

/** Sends somebody whom `choose` names to one whose time has come; says whether it did. */
export function lookAgain(
  night: Night,
  choose: (incident: IncidentRow) => Promise<string | undefined>,
): () => Promise<boolean> {
  const { play, picture, cast } = night;
  const chance = night.chance.own('again');
  /** by re-check: when the desk goes about it next, in seconds of play, and how often it has sent somebody */
  const plans = new Map<string, { next: number; sent: number }>();
  const planOf = (id: string): { next: number; sent: number } => {
    const known = plans.get(id);
    if (known) return known;
    const plan = { next: play.now + chance.whole(...AFTER_MIN) * 60, sent: 0 };
    plans.set(id, plan);
    return plan;
  };
  return async () => {
    const { rechecks, incidents } = picture.state;
    for (const id of plans.keys()) if (!rechecks[id]) plans.delete(id);
    for (const { id, incidentId, status } of Object.values(rechecks)) {
      const plan = planOf(id);
      const incident = incidents[incidentId];
      if (plan.next > play.now || status === 'taken' || !incident || incident.patrolIds.length > 0) continue;
      plan.next = play.now + RETRY_S;
      const patrolId = await choose(incident);
      if (patrolId === undefined) continue;
      plan.sent += 1;
      const body = { id: chance.id(`${incident.code} ${String(plan.sent)}`), patrolId };
      await unlessOvertaken(cast.desk.does(takeRecheck, { params: { id }, body }));
      return true;
    }
    return false;
  };
}

const isFor = ({ id }: Crew, { status, patrolId }: RecheckRow): boolean =>
  status === 'any_crew' || (status === 'same_crew' && patrolId === id);

/** A crew with nothing else to do takes what is offered to it; says whether there was anything. */
export async function takeOffered(c: Crew): Promise<boolean> {
  const { play, picture, chance } = c.night;
  const offered = Object.values(picture.state.rechecks).find((recheck) => isFor(c, recheck));
  if (!offered || visitorDrives(c)) return false;
  const id = chance.id(`again ${offered.id} ${String(Math.round(play.now))}`);
  await unlessOvertaken(c.person.does(takeRecheck, { params: { id: offered.id }, body: { id } }));
  await picture.fresh();
  return true;
}
