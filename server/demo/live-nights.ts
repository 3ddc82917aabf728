/** Lets the past nights happen, and leaves open what is open now. */
import { sendPatrol, stepDispatch } from '../../shared/dispatches.ts';
import { recordEncounter } from '../../shared/encounters.ts';
import { point } from '../../shared/geo.ts';
import { closeIncident, listIncidents, markSeen, mergeIncident } from '../../shared/incidents.ts';
import { endRecheck, listRechecks } from '../../shared/rechecks.ts';
import { holdBed } from '../../shared/shelters.ts';
import { checkIn } from '../../shared/stays.ts';
import { reportSighting } from '../../shared/sightings.ts';
import {
  answered,
  type Answered,
  mergedPair,
  onTheRound,
  onTheWayTo,
  openReports,
  type Report,
  seenKeys,
  settledByDesk,
} from './cases.ts';
import { spots } from './city.ts';
import { itemId, patrolId, type City, shelterId } from './place-city.ts';

const MINUTE_MS = 60_000;

/** Sends a report and gives its sighting's id. */
async function report({ team, chance }: City, { key, at, minutesAgo, ...words }: Report): Promise<string> {
  const id = chance.id(`sighting ${key}`);
  const observedAt = new Date(
    Date.now() - chance.whole(...minutesAgo) * MINUTE_MS - chance.whole(0, 59) * 1000,
  ).toISOString();
  const place = at === null ? {} : { position: point(...chance.near(spots[at], 25)), accuracyM: chance.whole(8, 40) };
  await team.anyone.does(reportSighting, { body: { id, observedAt, ...place, ...words } });
  return id;
}

/** Incident of each sighting. */
async function incidentIds({ team }: City): Promise<Map<string, string>> {
  const { items } = await team.dispatcher.does(listIncidents, { query: { status: 'all', limit: '500' } });
  return new Map(items.flatMap(({ id, sightingIds }) => sightingIds.map((sighting) => [sighting, id])));
}

type FindIncident = (key: string) => string;

const handoutsOf = (place: City, given: Answered['given']): { itemId: string; quantity: number }[] =>
  given.map(([item, quantity]) => ({ itemId: itemId(place.chance, item), quantity }));

/** Sends the patrol, lets it meet whom it met, and closes. */
async function answer(
  place: City,
  { report: { key, at }, patrol, meeting, given, reason, toShelter }: Answered,
  incidentOf: FindIncident,
): Promise<void> {
  const { team, chance } = place;
  const id = chance.id(`dispatch ${key}`);
  const incidentId = incidentOf(key);
  // The first patrol is the one of the account `crew`: its steps are its own.
  const worker = patrol === 0 ? team.crew : team.dispatcher;
  await team.dispatcher.does(markSeen, { params: { id: incidentId }, body: {} });
  await team.dispatcher.does(sendPatrol, { body: { id, incidentId, patrolId: patrolId(chance, patrol) } });
  for (const status of ['accepted', 'en_route', 'on_scene'] as const)
    await worker.does(stepDispatch, { params: { id }, body: { status } });
  const house = shelterId(chance, 0);
  const holdId = chance.id(`hold ${key}`);
  if (toShelter)
    await worker.does(holdBed, {
      params: { id: house },
      body: { id: holdId, people: meeting.people.length, for: '一位老人，行动慢', dispatchId: id },
    });
  await worker.does(recordEncounter, {
    body: {
      id: chance.id(`encounter ${key}`),
      dispatchId: id,
      position: point(...chance.near(spots[at ?? 'bellTower'], 25)),
      ...meeting,
      handouts: handoutsOf(place, given),
      ...(toShelter ? { shelterId: house } : {}),
    },
  });
  if (toShelter) {
    await worker.does(stepDispatch, { params: { id }, body: { status: 'transporting' } });
    await team.shelter.does(checkIn, {
      body: { id: chance.id(`stay ${key}`), shelterId: house, holdId, note: '已登记，喝了热水' },
    });
  }
  await worker.does(stepDispatch, { params: { id }, body: { status: 'done' } });
  // whoever refused was looked for again that night
  const { items } = await team.dispatcher.does(listRechecks, { query: { limit: '500' } });
  for (const recheck of items.filter((one) => one.incidentId === incidentId))
    await team.dispatcher.does(endRecheck, {
      params: { id: recheck.id },
      body: { version: recheck.version, reason: '当晚复访过，仍不愿进站，天亮后已离开' },
    });
  await team.dispatcher.does(closeIncident, { params: { id: incidentId }, body: { reason } });
}

/** What was reported and met in the last three days, all of it closed. */
export async function livePast(place: City): Promise<void> {
  const { team, chance } = place;
  const past = [...answered.map((one) => one.report), ...mergedPair, ...settledByDesk.map((one) => one.report)];
  const sightings = new Map(await Promise.all(past.map(async (one) => [one.key, await report(place, one)] as const)));
  const incidents = await incidentIds(place);
  const incidentOf: FindIncident = (key) => incidents.get(sightings.get(key) ?? '') ?? '';
  for (const one of answered) await answer(place, one, incidentOf);
  const [into, from] = mergedPair;
  await team.dispatcher.does(mergeIncident, {
    params: { id: incidentOf(from.key) },
    body: { intoId: incidentOf(into.key) },
  });
  await team.dispatcher.does(closeIncident, {
    params: { id: incidentOf(into.key) },
    body: { reason: '同一位先生，已由步行组送鞋袜' },
  });
  for (const {
    report: { key },
    reason,
  } of settledByDesk)
    await team.dispatcher.does(closeIncident, { params: { id: incidentOf(key) }, body: { reason } });
  for (const [n, { at, hoursAgo, people, given }] of onTheRound.entries()) {
    const when = new Date(Date.now() - (hoursAgo * 60 + chance.whole(0, 40)) * MINUTE_MS).toISOString();
    await team.crew.does(recordEncounter, {
      body: {
        id: chance.id(`round ${String(n)}`),
        position: point(...chance.near(spots[at], 60)),
        at: when,
        people,
        handouts: handoutsOf(place, given),
      },
    });
  }
}

/** People who are in beds since earlier. */
export async function fillBeds({ team, chance }: City): Promise<void> {
  const stays = [
    { house: 0, people: 3, note: '一家三口' },
    { house: 0, people: 2, kind: 'women', note: '母女二人' },
    { house: 1, people: 4, note: '等早班车' },
    { house: 4, people: 2, note: '赶早班高铁' },
  ] as const;
  for (const [n, { house, ...stay }] of stays.entries()) {
    const by = house === 0 ? team.shelter : team.dispatcher;
    await by.does(checkIn, {
      body: { id: chance.id(`bed ${String(n)}`), shelterId: shelterId(chance, house), ...stay },
    });
  }
}

const BUSY_PATROL = 5;

/** What the desk finds open, one of them with a patrol on the way and a bed held for it. */
export async function openNow(place: City): Promise<void> {
  const { team, chance } = place;
  const sightings = new Map<string, string>();
  // One after the other, so that the queue's order is the same each time.
  for (const one of [...openReports].sort((a, b) => b.minutesAgo[0] - a.minutesAgo[0]))
    sightings.set(one.key, await report(place, one));
  const incidents = await incidentIds(place);
  const incidentOf: FindIncident = (key) => incidents.get(sightings.get(key) ?? '') ?? '';
  for (const key of seenKeys) await team.dispatcher.does(markSeen, { params: { id: incidentOf(key) }, body: {} });
  const id = chance.id(`dispatch ${onTheWayTo}`);
  await team.dispatcher.does(sendPatrol, {
    body: { id, incidentId: incidentOf(onTheWayTo), patrolId: patrolId(chance, BUSY_PATROL) },
  });
  for (const status of ['accepted', 'en_route'] as const)
    await team.dispatcher.does(stepDispatch, { params: { id }, body: { status } });
  await team.dispatcher.does(holdBed, {
    params: { id: shelterId(chance, 0) },
    body: { id: chance.id(`hold ${onTheWayTo}`), people: 1, for: '火车站广场的老人，带两个编织袋', dispatchId: id },
  });
}
