/** The smallest true things to begin a test with, made through the API. */
import { randomUUID } from 'node:crypto';
import type { LonLat } from '../../shared/geo.ts';
import { sendPatrol } from '../../shared/dispatches.ts';
import { readIncident } from '../../shared/incidents.ts';
import { startPatrol } from '../../shared/patrols.ts';
import { takePositions } from '../../shared/positions.ts';
import { reportSighting, type Receipt, type SightingBody } from '../../shared/sightings.ts';
import { row } from '../../server/db/rows.ts';
import { type TestApp, places } from './app.ts';
import type { Person } from './people.ts';

export const sighting = (over: Partial<SightingBody> = {}): SightingBody => ({
  id: randomUUID(),
  position: { type: 'Point', coordinates: places.east },
  source: 'public',
  people: 1,
  signs: [],
  ...over,
});

/** Reports and answers the receipt with the incident it opened. */
export async function report(
  app: TestApp,
  over: Partial<SightingBody> = {},
): Promise<Receipt & { incidentId: string }> {
  const body = sighting(over);
  const receipt = await app.anyone.does(reportSighting, { body });
  const found = await row<{ id: string }>(
    app.database.knex,
    `select incident_id as id from sightings where id = cast(:id as uuid)`,
    { id: body.id },
  );
  if (!found) throw new Error('the sighting is not there');
  return { ...receipt, incidentId: found.id };
}

/** An outing of the east station with this crew; its people see things as on shift from now on. */
export async function goOut(
  app: TestApp,
  crew: readonly Person[],
  at: LonLat | null = places.eastNear,
  by: Person = app.east.dispatcher,
): Promise<string> {
  const id = randomUUID();
  await by.does(startPatrol, {
    body: {
      id,
      stationId: app.stations.east,
      name: 'Patrol',
      crew: crew.map((member) => member.id),
      crewCount: Math.max(2, crew.length),
    },
  });
  if (at)
    await by.does(takePositions, {
      body: [{ patrolId: id, position: { type: 'Point', coordinates: at }, at: app.clock.now().toISOString() }],
    });
  return id;
}

export async function dispatch(
  app: TestApp,
  incidentId: string,
  patrolId: string,
  by: Person = app.east.dispatcher,
): Promise<string> {
  const id = randomUUID();
  await by.does(sendPatrol, { body: { id, incidentId, patrolId } });
  return id;
}

export const incidentOf = (
  by: Person,
  id: string,
): ReturnType<
  typeof by.does<
    typeof readIncident.params,
    typeof readIncident.query,
    typeof readIncident.body,
    typeof readIncident.reply
  >
> => by.does(readIncident, { params: { id } });
