/** What the desk does with one report of several, and with known places. */
import { point } from '../../shared/geo.ts';
import { type IncidentRow, mergeIncident } from '../../shared/incidents.ts';
import { moveSightingOut, type SightingRow } from '../../shared/sightings.ts';
import { createSite, type SiteRow, updateSite } from '../../shared/sites.ts';
import { call } from '../live/call.ts';
import type { SiteWords } from '../sites/site.ts';
import { say } from '../ui/toasts.ts';
import { t } from '../ui/words.ts';
import type { Desk } from './desk.ts';

export type SiteChange = Partial<SiteWords> & { active?: boolean };
export interface SituationActions {
  /** Gives one report an incident of its own; undone by merging that one back. */
  moveOut: (sighting: SightingRow, from: IncidentRow) => Promise<boolean>;
  /** Makes the place of an incident a known one. */
  addSite: (incident: IncidentRow, words: SiteWords) => Promise<boolean>;
  /** Names a place that no incident has led to. */
  nameSite: (words: SiteWords) => Promise<boolean>;
  changeSite: (site: SiteRow, change: SiteChange) => Promise<boolean>;
}
/** How actions.ts runs a command, takes it back, and drops an offer when its incident is closed. */
interface Way {
  run: (command: () => Promise<void>) => Promise<boolean>;
  undo: (command: () => Promise<boolean>) => () => void;
  offer: (incidentId: string, toast: number) => void;
}

export function createSituationActions(desk: Desk, { run, undo, offer }: Way): SituationActions {
  const codeOf = (incidentId: string): string => desk.store.state.value.incidents[incidentId]?.code ?? '';
  const moveBack = (id: string, intoId: string): Promise<boolean> =>
    run(async () => {
      await call(mergeIncident, { params: { id }, body: { intoId } });
      desk.selectedId.value = intoId;
      say(t('desk.moved_back', { code: codeOf(intoId) }));
    });
  const moveOut: SituationActions['moveOut'] = (sighting, from) =>
    run(async () => {
      const incidentId = crypto.randomUUID();
      await call(moveSightingOut, { params: { id: sighting.id }, body: { incidentId } });
      // so that the new one can be named
      await desk.store.catchUp();
      const toast = say(
        t('desk.moved_out', { code: codeOf(incidentId) }),
        undo(() => moveBack(incidentId, from.id)),
      );
      offer(from.id, toast);
      offer(incidentId, toast);
    });
  const changeSite: SituationActions['changeSite'] = (site, { active, radiusM, position, ...words }) =>
    run(async () => {
      const row = await call(updateSite, {
        params: { id: site.id },
        body: {
          version: site.version,
          ...words,
          ...(position === undefined ? {} : { position: point(...position) }),
          ...(active === undefined ? {} : { active }),
          ...(typeof radiusM === 'number' ? { radiusM } : {}),
        },
      });
      const { name, note, radiusM: reach, visitEveryH, outline } = site;
      const before = { name, note, radiusM: reach, visitEveryH, outline, position: site.position.coordinates };
      const done = active === undefined ? 'desk.site_changed' : active ? 'desk.site_back' : 'desk.site_retired';
      say(
        t(done, { name: row.name }),
        undo(() => changeSite(row, active === undefined ? before : { active: !active })),
      );
    });
  const create = (stationId: string | null, { name, position, radiusM, note, outline, visitEveryH }: SiteWords) =>
    run(async () => {
      const row = await call(createSite, {
        body: {
          id: crypto.randomUUID(),
          name,
          position: point(...position),
          ...(stationId === null ? {} : { stationId }),
          ...(radiusM === null ? {} : { radiusM }),
          ...(note === null ? {} : { note }),
          ...(outline === null ? {} : { outline }),
          ...(visitEveryH === null ? {} : { visitEveryH }),
        },
      });
      say(
        t('desk.site_added', { name }),
        undo(() => changeSite(row, { active: false })),
      );
    });
  const addSite: SituationActions['addSite'] = (incident, words) => create(incident.stationId, words);
  const nameSite: SituationActions['nameSite'] = (words) => create(null, words);
  return { moveOut, addSite, nameSite, changeSite };
}
