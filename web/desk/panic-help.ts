/** Sending another crew to one that calls for help: as to any other incident, so that it has a job, a way and a clock. */
import { shallowRef } from 'vue';
import { isEnded } from '../../shared/dispatches.ts';
import { type IncidentRow, readIncident, updateIncident } from '../../shared/incidents.ts';
import type { PanicRow } from '../../shared/panics.ts';
import { listSightings, reportSighting } from '../../shared/sightings.ts';
import { call } from '../live/call.ts';
import { sayProblem } from '../ui/toasts.ts';
import { t } from '../ui/words.ts';
import type { Actions } from './actions.ts';
import type { Desk } from './desk.ts';

/** The report's id follows from the call's, so that two desks, or one that reloads, open one incident. */
export const reportIdOf = (panicId: string): string => panicId.slice(0, 24) + [...panicId.slice(24)].reverse().join('');
const RECENT = '100';

export function usePanicHelp(desk: Desk, actions: Actions) {
  const sending = shallowRef(false);
  /** incident by call */
  const incidents = shallowRef<ReadonlyMap<string, string>>(new Map());

  const find = async (panicId: string): Promise<string | null> => {
    const { items } = await call(listSightings, { query: { limit: RECENT } });
    return items.find(({ id }) => id === reportIdOf(panicId))?.incidentId ?? null;
  };
  const open = async (panic: PanicRow, name: string): Promise<string> => {
    const known = incidents.value.get(panic.id) ?? (await find(panic.id));
    if (known !== null) return known;
    const crewCount = desk.store.state.value.patrols[panic.patrolId]?.crewCount ?? 1;
    await call(reportSighting, {
      body: {
        id: reportIdOf(panic.id),
        source: 'crew',
        people: crewCount,
        signs: [],
        description: t('panic.of', { name }),
        placeText: t('panic.of', { name }),
        ...(panic.position ? { position: panic.position } : {}),
        ...(panic.position && panic.accuracyM !== null ? { accuracyM: panic.accuracyM } : {}),
      },
    });
    const made = await find(panic.id);
    if (made === null) throw new Error('the report is not there');
    return made;
  };
  const send = async (panic: PanicRow, patrolId: string, name: string): Promise<void> => {
    sending.value = true;
    try {
      const id = await open(panic, name);
      incidents.value = new Map(incidents.value).set(panic.id, id);
      const { timeline: _story, ...found } = await call(readIncident, { params: { id } });
      let incident: Pick<IncidentRow, 'id' | 'version' | 'priority' | 'code'> = found;
      if (incident.priority !== 'life_risk')
        incident = await call(updateIncident, {
          params: { id },
          body: { version: incident.version, priority: 'life_risk' },
        });
      void desk.store.catchUp();
      await actions.send(incident as IncidentRow, patrolId);
    } catch (error) {
      sayProblem(error, () => void send(panic, patrolId, name));
    } finally {
      sending.value = false;
    }
  };
  const incidentOf = (panic: PanicRow): string | null => incidents.value.get(panic.id) ?? null;
  return {
    sending,
    send,
    incidentOf,
    goes: (panic: PanicRow, patrolId: string): boolean => {
      const id = incidentOf(panic);
      return id !== null && desk.dispatchesOf(id).some((row) => row.patrolId === patrolId && !isEnded(row.status));
    },
  };
}
