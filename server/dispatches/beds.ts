/** Where to bring people: shelters by travel time, with what they have when the people arrive. */
import type { Knex } from 'knex';
import type { Part } from '../../shared/contract.ts';
import type { LonLat } from '../../shared/geo.ts';
import {
  type Ask,
  inOrder,
  matchHouse,
  type matchShelters,
  type ShelterMatch,
  type Trip,
  unknownTrip,
} from '../../shared/shelter-match.ts';
import type { ShelterRow } from '../../shared/shelters.ts';
import type { Staff } from '../context.ts';
import { view, viewerOf } from '../realtime/audience.ts';
import { noDispatch } from '../shelters/commands.ts';
import { liveStations, planLevels } from '../stations/queries.ts';
import { departureField, matchedHouses, type PlacedHold, placedHolds, whereaboutsOf } from './queries-beds.ts';
import { paceIn } from './queries-field.ts';
import { dispatchInScope } from './queries.ts';
import { estimateTable } from './router-estimate.ts';
import type { Routing } from './routing.ts';

type Db = Knex | Knex.Transaction;
type Wish = Part<(typeof matchShelters)['body']>;

interface Departure {
  /** null when nobody knows where they are */
  at: LonLat | null;
  walks: boolean;
  /** whose rules say how fast one drives */
  stationId: string;
}

/** Where they set out. A crew asks for its own running job only, and shelter staff for none: 404. */
async function departureOf(db: Db, staff: Staff, wish: Wish, now: Date): Promise<Departure> {
  const dispatch = wish.dispatchId === undefined ? null : await dispatchInScope(db, staff.stationId, wish.dispatchId);
  if (wish.dispatchId !== undefined) {
    const own = staff.role !== 'crew' || (dispatch?.patrolId === staff.patrolId && dispatch?.endedAt === null);
    if (!dispatch || !own || staff.role === 'shelter') throw noDispatch();
  }
  const patrolId = dispatch?.patrolId ?? staff.patrolId;
  const patrol = patrolId === null ? undefined : await whereaboutsOf(db, patrolId, dispatch?.incidentId ?? null, now);
  const { lon = null, lat = null } = patrol ?? {};
  return {
    at: wish.from?.coordinates ?? (lon === null || lat === null ? null : [lon, lat]),
    walks: patrol?.walks === true,
    stationId: dispatch?.stationId ?? staff.stationId,
  };
}

/** The way to each place, in one question to the router; by the estimate where the router says nothing at all. */
async function tripsTo(
  db: Db,
  { at, walks, stationId }: Departure,
  places: readonly (LonLat | null)[],
  now: Date,
  routing: Pick<Routing, 'ask'>,
): Promise<Trip[]> {
  const field = at === null ? undefined : await departureField(db, stationId, at);
  if (at === null || field === undefined) return places.map(() => unknownTrip);
  const known = places.filter((place) => place !== null);
  const { travel: routed } = await routing.ask([at], known, [walks]);
  const pace = paceIn(field, field.area, now);
  const travel =
    routed ??
    estimateTable(
      [at],
      known,
      known.map(() => pace),
      [walks],
    );
  let cell = -1;
  return places.map((place): Trip => {
    if (place === null) return unknownTrip;
    cell += 1;
    const [seconds, metres] = [travel.seconds[cell] ?? NaN, travel.metres[cell] ?? NaN];
    if (Number.isNaN(seconds)) return { ...unknownTrip, noWay: true };
    return {
      etaS: Math.max(1, Math.ceil(seconds)),
      distanceM: Number.isNaN(metres) ? null : Math.round(metres),
      noWay: false,
    };
  });
}

interface Visible {
  house: ShelterRow;
  holds: readonly PlacedHold[];
  /** where the viewer may know it to be: for a crew a confidential one only while it holds places there */
  place: LonLat | null;
}
function visibleTo(staff: Staff, houses: readonly ShelterRow[], held: readonly PlacedHold[]): Visible[] {
  const holdsOf = new Map<string, PlacedHold[]>(houses.map(({ id }) => [id, []]));
  for (const hold of held) holdsOf.get(hold.shelterId)?.push(hold);
  const viewer = viewerOf(staff);
  const bound = (holds: readonly PlacedHold[]): boolean =>
    staff.role === 'crew' && staff.patrolId !== null && holds.some(({ patrolId }) => patrolId === staff.patrolId);
  return houses.flatMap((house) => {
    const shown = view('shelters', house, viewer);
    if (!shown) return [];
    const holds = holdsOf.get(house.id) ?? [];
    const position = shown.position ?? (bound(holds) ? house.position : null);
    return [{ house, holds, place: position?.coordinates ?? null }];
  });
}

/**
 * Every shelter that the asker may see, best first. What the asker may not know of a place has no part in its times, its
 * reason or its rank. Runs outside a transaction: a router may take a second.
 */
export async function matchesFor(
  db: Db,
  staff: Staff,
  wish: Wish,
  now: Date,
  routing: Pick<Routing, 'ask'>,
): Promise<ShelterMatch[]> {
  const unit = wish.unit ?? 'bed';
  const [departure, houses, held, stations] = await Promise.all([
    departureOf(db, staff, wish, now),
    matchedHouses(db, staff.stationId, unit),
    placedHolds(db, staff.stationId, unit, now),
    liveStations(db, staff.stationId),
  ]);
  const levels = await planLevels(
    db,
    stations.map(({ id }) => id),
  );
  const zones = new Map(stations.map(({ id, timeZone }) => [id, timeZone]));
  const visible = visibleTo(staff, houses, held);
  const trips = await tripsTo(
    db,
    departure,
    visible.map(({ place }) => place),
    now,
    routing,
  );
  const ask: Ask = {
    people: wish.people,
    unit,
    needs: wish.needs ?? [],
    together: wish.together ?? true,
  };
  const matches = visible.map(({ house, holds }, n) =>
    matchHouse(house, holds, ask, trips[n] ?? unknownTrip, {
      now,
      zone: zones.get(house.stationId) ?? 'UTC',
      level: levels.get(house.stationId) ?? 'none',
    }),
  );
  return inOrder(matches, ask.people);
}
