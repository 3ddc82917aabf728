/** A house and its host: who comes to the door, by car or alone, when it is full, and who leaves in the morning. */
import { availability, type HoldRow, totalBeds, updateShelter } from '../../../shared/shelters.ts';
import { checkIn, updateStay } from '../../../shared/stays.ts';
import type { Person } from '../http.ts';
import { shelterId } from '../place-city.ts';
import { checkIns, goingTo, walkIns } from './cases.ts';
import { hourOf } from './phones.ts';
import { type Actor, steadily, unlessOvertaken } from './play.ts';
import type { Night } from './stage.ts';

const ROUND_S = 12;
/** How long people stand at the door: the host has other things to do, and a visitor at work has the door first. */
const AT_THE_DOOR_S = { alone: [40, 100], visitor: 240 } as const;
const VISITOR_S = 600;
/** After a job ended without the people being let in, they are somewhere in the hall. */
const IN_THE_HALL_S = 180;
/** Minutes between two who come by themselves; evenings more, small hours few. */
const walkInMinutes = (hour: number): number => (hour < 4 ? 34 : hour < 8 ? 75 : 150);
/** Share of a round in which one of those who stay leaves, hours after 20:00. */
const leaving = (hour: number): number => (hour > 9 && hour < 12 ? 0.035 : hour > 8 ? 0.008 : 0.0006);

export function host(night: Night, index: number, person: Person): Actor {
  const { play, picture } = night;
  const id = shelterId(night.place.chance, index);
  const chance = night.chance.own(`house ${String(index)}`);
  const hall = new Map<string, number>();
  let visits = 0;
  let walkInAt = play.now + chance.whole(2, 20) * 60;
  let fullSince: number | null = null;

  const visitorHere = (): boolean => play.now - (picture.visitor.houses.get(id) ?? -Infinity) < VISITOR_S;
  const holdsHere = (): HoldRow[] => Object.values(picture.state.holds).filter(({ shelterId: at }) => at === id);
  const free = () => {
    const house = picture.state.shelters[id];
    return house && availability(house, holdsHere(), new Date(play.wall())).available;
  };

  async function letIn(body: { holdId?: string; people?: number; note: string }): Promise<void> {
    visits += 1;
    const stay = { id: night.chance.id(`stay ${String(index)} ${String(visits)}`), shelterId: id, ...body };
    await unlessOvertaken(person.does(checkIn, { body: stay }));
  }

  /** Those whose bed is held and who are there, or whose crew says the job is done. */
  async function openDoor(): Promise<boolean> {
    const patience = visitorHere() ? AT_THE_DOOR_S.visitor : chance.whole(...AT_THE_DOOR_S.alone);
    for (const hold of holdsHere()) {
      const ended = hold.dispatchId === null || picture.state.dispatches[hold.dispatchId] === undefined;
      if (ended && hold.dispatchId !== null && !hall.has(hold.id)) hall.set(hold.id, play.now);
      const arrived = night.door.get(hold.id);
      const there = arrived !== undefined && play.now - arrived >= patience;
      const waits = play.now - (hall.get(hold.id) ?? Infinity) >= IN_THE_HALL_S;
      if (!there && !waits) continue;
      hall.delete(hold.id);
      await letIn({ holdId: hold.id, note: chance.pick(checkIns) });
      return true;
    }
    return false;
  }

  async function walkIn(): Promise<boolean> {
    if (play.now < walkInAt) return false;
    walkInAt = play.now + walkInMinutes(hourOf(play.now)) * chance.whole(30, 170) * 0.6;
    const house = picture.state.shelters[id];
    const welcome = house?.status === 'open' && !house.confidential;
    const [people, note] = [chance.happens(0.2) ? 2 : 1, chance.pick(walkIns)];
    if (!welcome || (free()?.any ?? 0) < people) return false;
    await letIn({ people, note });
    return true;
  }

  /** The board at the door: full, and open again. */
  async function turnBoard(): Promise<void> {
    const house = picture.state.shelters[id];
    if (!house || visitorHere() || house.status === 'closed') return;
    const used = totalBeds(house.occupiedBeds) + holdsHere().reduce((sum, { people }) => sum + people, 0);
    const room = totalBeds(house.beds) > used;
    const status = room ? 'open' : 'full';
    if (status === house.status) {
      fullSince = null;
      return;
    }
    fullSince ??= play.now;
    if (play.now - fullSince < 60) return;
    fullSince = null;
    await unlessOvertaken(person.does(updateShelter, { params: { id }, body: { version: house.version, status } }));
  }

  async function seeOff(): Promise<void> {
    if (!chance.happens(leaving(hourOf(play.now)))) return;
    const stays = Object.values(picture.state.stays)
      .filter(({ shelterId: at }) => at === id)
      .sort((a, b) => a.arrivedAt.localeCompare(b.arrivedAt) || a.id.localeCompare(b.id));
    const leaves = stays[chance.whole(0, Math.max(0, stays.length - 1))];
    const where = chance.pick(goingTo);
    if (!leaves) return;
    const body = { version: leaves.version, left: true, goingTo: where } as const;
    await unlessOvertaken(person.does(updateStay, { params: { id: leaves.id }, body }));
  }

  return steadily(async function* () {
    yield ROUND_S;
    await picture.fresh();
    if ((await openDoor()) || visitorHere()) return;
    if (await walkIn()) return;
    await turnBoard();
    await seeOff();
  });
}
