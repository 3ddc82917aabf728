/** At the place: whether anybody is there, what they want, and the way to a warm bed. */
import type { Part } from '../../../shared/contract.ts';
import type { DispatchRow } from '../../../shared/dispatches.ts';
import { type PersonOutcome, recordEncounter } from '../../../shared/encounters.ts';
import { distanceM, type LonLat, point } from '../../../shared/geo.ts';
import type { IncidentRow } from '../../../shared/incidents.ts';
import { availability, type BedKind, holdBed, type ShelterRow } from '../../../shared/shelters.ts';
import { itemId, shelterId } from '../place-city.ts';
import type { Chance } from '../random.ts';
import { type Meeting as Ending, secondThoughts, strangers } from './cases.ts';
import { hosts } from './cast.ts';
import { truthOf } from './phones.ts';
import { type Actor, unlessOvertaken } from './play.ts';
import { type Crew, note, stand, standsAt, step } from './steps.ts';

type Met = Extract<Ending, { kind: 'met' }>;
type Nobody = Extract<Ending, { kind: 'nobody' }>;

/** Beyond this nobody is seen from where the pin says. */
const IN_SIGHT_M = 220;

/** What they find: the truth, unless the pin was far off or somebody has been here before. */
function foundAt(
  c: Crew,
  incident: IncidentRow,
  place: LonLat,
  chance: Chance,
): { ending: Met | Nobody; people: number } {
  const nobody = (reason: Nobody['reason'], text: string): { ending: Nobody; people: number } => ({
    ending: { kind: 'nobody', reason, note: text },
    people: 0,
  });
  const refused = Object.values(c.night.picture.state.rechecks).find(({ incidentId }) => incidentId === incident.id);
  if (refused) return { ending: chance.pick(secondThoughts), people: refused.people };
  const truth = truthOf(c.night.truths, incident.sightingIds);
  if (!truth) return { ending: chance.pick(strangers), people: incident.people };
  if (distanceM(truth.at, place) > IN_SIGHT_M)
    return nobody('place_unclear', '按定位到了，没见到人，也没有来电人说的桥洞');
  if (c.night.met.has(truth.person)) return nobody('gone', '另一组刚接走，与前一条是同一位');
  c.night.met.add(truth.person);
  const { ending, people } = truth;
  return ending.kind === 'settled' ? nobody('gone', ending.reason) : { ending, people };
}

/** What is given for each outcome, as indices of the demo's items. */
const gifts: Partial<Record<PersonOutcome, readonly (readonly [item: number, quantity: number])[]>> = {
  brought_in: [[8, 1]],
  took_items: [
    [0, 1],
    [5, 1],
    [7, 2],
    [11, 1],
  ],
  refused: [
    [5, 1],
    [9, 2],
    [11, 1],
  ],
  guided: [[11, 1]],
  medical: [[9, 2]],
};

function handoutsFor(c: Crew, outcome: PersonOutcome, people: number): { itemId: string; quantity: number }[] {
  const aboard = Object.values(c.night.picture.state.stock).filter(({ place }) => place.id === c.id);
  return (gifts[outcome] ?? []).flatMap(([item, each]) => {
    const id = itemId(c.night.place.chance, item);
    const left = aboard.find(({ itemId: of }) => of === id)?.quantity ?? 0;
    const quantity = Math.min(left, each * people);
    return quantity > 0 ? [{ itemId: id, quantity }] : [];
  });
}

/** Houses with a host that have room now, nearest first; the confidential one takes women and families only. */
function housesWithRoom(c: Crew, wanted: BedKind, people: number): { house: ShelterRow; kind: BedKind }[] {
  const { state } = c.night.picture;
  const now = new Date(c.night.play.wall());
  const far = ({ position }: ShelterRow): number => distanceM(position?.coordinates ?? [0, 0], c.wheels.here);
  return hosts
    .flatMap(({ house: index }) => {
      const house = state.shelters[shelterId(c.night.place.chance, index)];
      if (!house || (house.confidential && wanted === 'any')) return [];
      const holds = Object.values(state.holds).filter((hold) => hold.shelterId === house.id);
      const { available } = availability(house, holds, now);
      const kind = ([wanted, 'any'] as const).find((each) => available[each] >= people);
      return kind === undefined ? [] : [{ house, kind }];
    })
    .sort((a, b) => far(a.house) - far(b.house));
}

/** Holds a bed in the nearest house that still has one when asked. */
async function bedFor(c: Crew, job: DispatchRow, wanted: BedKind, people: number): Promise<ShelterRow | undefined> {
  for (const { house, kind } of housesWithRoom(c, wanted, people)) {
    const id = c.night.chance.id(`hold ${job.id} ${house.id}`);
    const body = {
      id,
      people,
      kind,
      for: people > 1 ? `${String(people)} 人，在车上` : '一位，在车上',
      dispatchId: job.id,
    };
    if (await unlessOvertaken(c.person.does(holdBed, { params: { id: house.id }, body }))) return house;
  }
  return undefined;
}

type Meeting = Pick<Part<(typeof recordEncounter)['body']>, 'people' | 'notFoundReason' | 'handouts' | 'shelterId'>;

const record = (c: Crew, job: DispatchRow, chance: Chance, meeting: Meeting): Promise<unknown> =>
  unlessOvertaken(
    c.person.does(recordEncounter, {
      body: {
        id: chance.id('encounter'),
        dispatchId: job.id,
        position: point(...chance.near(c.wheels.here, 12)),
        ...meeting,
      },
    }),
  );

/** Everybody of one meeting, each with the outcome that is theirs; the last one said holds for the rest. */
function peopleOf(
  { outcomes, refusal, needs, groups }: Met,
  count: number,
  instead?: PersonOutcome,
): Meeting['people'] {
  return Array.from({ length: count }, (_, n) => {
    const said = outcomes[n] ?? outcomes[outcomes.length - 1] ?? outcomes[0];
    const outcome = said === 'brought_in' && instead !== undefined ? instead : said;
    return {
      outcome,
      ...(outcome === 'refused' && refusal !== undefined ? { refusal } : {}),
      ...(needs === undefined ? {} : { needs: [...needs] }),
      ...(groups === undefined ? {} : { groups: [...groups] }),
    };
  });
}

/** Looks, speaks, records, and brings in who wants to come. */
export async function* atTheScene(c: Crew, job: DispatchRow, incident: IncidentRow, chance: Chance): Actor {
  const here = (): boolean => standsAt(c, job, 'on_scene');
  if (!(yield* stand(c, chance.whole(40, 90), here))) return;
  // a visitor's crew has met them already, and went away
  if (c.night.picture.visitor.crews.has(c.id) && incident.outcome !== null) {
    await step(c, job, 'done');
    return;
  }
  const { ending, people } = foundAt(c, incident, c.wheels.here, chance);
  if (ending.kind === 'nobody') {
    if (!(yield* stand(c, chance.whole(60, 180), here))) return;
    await record(c, job, chance, { people: [], notFoundReason: ending.reason, handouts: [] });
    await note(c, incident.id, ending.note);
    await step(c, job, 'done');
    return;
  }
  if (!(yield* stand(c, chance.whole(...ending.minutes) * 60, here))) return;
  const comes = ending.outcomes.includes('brought_in') && !c.wheels.onFoot;
  const house = comes ? await bedFor(c, job, ending.bed ?? 'any', people) : undefined;
  const met = peopleOf(ending, people, house ? undefined : 'took_items');
  const [outcome = 'took_items'] = met.map((each) => each.outcome);
  const handouts = handoutsFor(c, outcome, people);
  await record(c, job, chance, { people: met, handouts, ...(house ? { shelterId: house.id } : {}) });
  if (comes && !house) await note(c, incident.id, '附近避寒点都满了，先送物资，等有床位再来接');
  if (ending.note !== undefined) await note(c, incident.id, ending.note);
  if (!house) {
    await step(c, job, 'done');
    return;
  }
  await step(c, job, 'transporting');
  yield* toTheDoor(c, job);
}

const AT_THE_DOOR_S = 600;

/** Brings them to the house whose bed is held, waits until they are let in, and is free again. */
export async function* toTheDoor(c: Crew, job: DispatchRow): Actor {
  const { night } = c;
  const aboard = (): boolean => standsAt(c, job, 'transporting');
  const hold = Object.values(night.picture.state.holds).find(({ dispatchId }) => dispatchId === job.id);
  const door = hold && night.picture.state.shelters[hold.shelterId]?.position?.coordinates;
  if (hold && door) {
    if (!(yield* c.wheels.to(door, aboard))) return;
    night.door.set(hold.id, night.play.now);
    const waiting = (): boolean => aboard() && night.picture.state.holds[hold.id] !== undefined;
    yield* stand(c, AT_THE_DOOR_S, waiting);
    night.door.delete(hold.id);
    if (!aboard()) return;
  }
  await step(c, job, 'done');
}
