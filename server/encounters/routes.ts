import { type EncounterRow, listEncounters, recordEncounter } from '../../shared/encounters.ts';
import { readIncident } from '../../shared/incidents.ts';
import { Problem } from '../../shared/problems.ts';
import { checkIn } from '../../shared/stays.ts';
import type { SightingRow } from '../../shared/sightings.ts';
import { readIncidentSites } from '../../shared/sites.ts';
import { staffOf } from '../context.ts';
import { cursorOf, pageOf } from '../http/paging.ts';
import { type Route, route } from '../http/route.ts';
import { incidentInScope, sightingsOfIncident, timelineOf } from '../incidents/queries.ts';
import { view, viewerOf } from '../realtime/audience.ts';
import { recordMeeting } from './commands.ts';
import { bringToBed } from './commands-safe.ts';
import { encounterPage, encountersOfIncident } from './queries.ts';
import { sitesOfIncident } from './queries-sites.ts';

/** Health and minors are for those handling the case, a reporter's phone too. */
const withoutHealth = (sighting: SightingRow): SightingRow => ({ ...sighting, signs: [], contact: null });
const withoutPeople = (encounter: EncounterRow): EncounterRow => ({
  ...encounter,
  people: encounter.people.map(({ id, outcome }) => ({
    id,
    outcome,
    refusal: null,
    mightChange: null,
    needs: [],
    groups: [],
    name: null,
    language: null,
    consent: 'not_asked',
    consentScope: [],
    coldStage: null,
    handover: null,
  })),
  photos: [],
});

export const encounterRoutes: Route[] = [
  // One incident is told here, where its encounters are known too.
  route(readIncident, async (ctx, { params }) => {
    const staff = staffOf(ctx);
    const found = await incidentInScope(ctx.db, params.id, staff.stationId);
    const incident = found && view('incidents', found, viewerOf(staff));
    if (!incident) throw new Problem('not_found');
    const handles = staff.role !== 'crew' || (staff.patrolId !== null && incident.patrolIds.includes(staff.patrolId));
    const [sightings, encounters, timeline] = [
      await sightingsOfIncident(ctx.db, params.id),
      await encountersOfIncident(ctx.db, params.id),
      await timelineOf(ctx.db, params.id),
    ];
    return {
      ...incident,
      sightings: handles ? sightings : sightings.map(withoutHealth),
      encounters: handles ? encounters : encounters.map(withoutPeople),
      timeline,
    };
  }),
  route(readIncidentSites, async (ctx, { params }) => {
    const scope = staffOf(ctx).stationId;
    if (!(await incidentInScope(ctx.db, params.id, scope))) throw new Problem('not_found');
    return { items: await sitesOfIncident(ctx.db, params.id, scope, ctx.now()) };
  }),
  // A bed is the end of a job as well, which only this noun can see.
  route(checkIn, (ctx, { body }) => bringToBed(ctx, body)),
  route(recordEncounter, (ctx, { body }) => recordMeeting(ctx, body)),
  route(listEncounters, async (ctx, { query }) => {
    const staff = staffOf(ctx);
    if (staff.role === 'crew' && staff.patrolId === null) return { items: [], nextCursor: null };
    const page = cursorOf(query);
    const found = await encounterPage(ctx.db, staff.stationId, staff.role === 'crew' ? staff.patrolId : null, page);
    return pageOf(found, page.limit, ({ id }) => id);
  }),
];
