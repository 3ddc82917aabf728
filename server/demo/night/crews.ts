/** Crews: they accept, drive, look, meet, bring in, hand out, restock and rest. Any of them is the visitor's as soon as they want it. */
import type { DispatchRow } from '../../../shared/dispatches.ts';
import { answerRollCall, type PatrolRow, updatePatrol } from '../../../shared/patrols.ts';
import { moveSupplies } from '../../../shared/supplies.ts';
import { carried, patrols, spots } from '../city.ts';
import type { Person } from '../http.ts';
import { depotId, itemId, patrolId } from '../place-city.ts';
import { takeOffered } from './again.ts';
import { within } from './phones.ts';
import { nightPlaces } from './places.ts';
import { type Actor, steadily, unlessOvertaken } from './play.ts';
import { atTheScene, toTheDoor } from './scene.ts';
import type { Night } from './stage.ts';
import { type Crew, jobOf, stand, standsAt, step, visitorDrives } from './steps.ts';
import { Wheels } from './wheels.ts';

const outingOf = ({ night, id }: Crew): PatrolRow | undefined => night.picture.state.patrols[id];

/** Time to read, to answer and to start, then the way, the meeting and what follows. Takes a job up where it stands. */
async function* work(c: Crew, job: DispatchRow): Actor {
  const { night } = c;
  yield 1;
  const incident = night.picture.state.incidents[job.incidentId];
  const place = incident?.position?.coordinates;
  if (!incident || !place) return;
  const chance = night.chance.own(`job ${job.id}`);
  const grave = incident.priority === 'life_risk';
  if (standsAt(c, job, 'dispatched')) {
    const seconds = grave ? chance.whole(8, 20) : chance.whole(12, 55);
    if (!(yield* stand(c, seconds, () => standsAt(c, job, 'dispatched')))) return;
    if (!grave && chance.happens(0.04)) {
      await step(c, job, 'declined', '正在送人去医院，这一单请改派');
      return;
    }
    await step(c, job, 'accepted');
  }
  if (standsAt(c, job, 'accepted')) {
    if (!(yield* stand(c, chance.whole(8, 30), () => standsAt(c, job, 'accepted')))) return;
    await step(c, job, 'en_route');
  }
  if (standsAt(c, job, 'en_route')) {
    if (!(yield* c.wheels.to(place, () => standsAt(c, job, 'en_route')))) return;
    await step(c, job, 'on_scene');
  }
  if (standsAt(c, job, 'on_scene')) yield* atTheScene(c, job, incident, chance);
  else if (standsAt(c, job, 'transporting')) yield* toTheDoor(c, job);
}

/** What a vehicle is filled up to. */
const FULL = 8;

/** Few things left: to the depot, and back with what is missing. */
async function* restock(c: Crew): Actor {
  const { night, id } = c;
  const stock = Object.values(night.picture.state.stock);
  const left = (item: number): number =>
    stock.find(({ place, itemId: of }) => place.id === id && of === itemId(night.place.chance, item))?.quantity ?? 0;
  const short = carried.filter((item) => left(item) <= 1);
  if (short.length === 0 || c.wheels.onFoot) return;
  if (!(yield* c.wheels.to(spots.rescueStation, () => jobOf(c) === undefined && !visitorDrives(c)))) return;
  yield 120;
  const trip = `restock ${id} ${String(Math.round(night.play.now))}`;
  for (const item of short) {
    const body = {
      id: night.chance.id(`${trip} ${String(item)}`),
      itemId: itemId(night.place.chance, item),
      quantity: FULL - left(item),
      from: { kind: 'depot', id: depotId(night.place.chance, 0) },
      to: { kind: 'patrol', id },
      reason: 'move',
    } as const;
    await unlessOvertaken(c.person.does(moveSupplies, { body }));
  }
}

async function setStatus(c: Crew, status: 'free' | 'break'): Promise<void> {
  await unlessOvertaken(c.person.does(updatePatrol, { params: { id: c.id }, body: { status } }));
  await c.night.picture.fresh();
}

/** A simulated crew answers its roll call some minutes before it is due. */
const ANSWER_BEFORE_MS = 4 * 60_000;
async function sayWell(c: Crew, { rollCallDueAt }: PatrolRow): Promise<void> {
  if (rollCallDueAt === null || Date.parse(rollCallDueAt) - c.night.play.wall() > ANSWER_BEFORE_MS) return;
  await unlessOvertaken(c.person.does(answerRollCall, { params: { id: c.id }, body: {} }));
  await c.night.picture.fresh();
}

/** The tracker is put away for a meal and hot water. */
async function* rest(c: Crew, minutes: number): Actor {
  const resting = (): boolean => outingOf(c)?.status === 'break';
  for (let left = minutes * 60; left > 0 && resting(); left -= 20) yield 20;
  if (resting()) await setStatus(c, 'free');
}

/** Somebody else drives: the machine only says where the patrol was last seen. */
async function* leave(c: Crew): Actor {
  await c.wheels.still();
  yield 10 * c.night.play.speed;
}

/** One crew's whole night. */
export function crew(night: Night, n: number, person: Person): Actor {
  const id = patrolId(night.place.chance, n);
  const seed = patrols[n];
  const chance = night.chance.own(`crew ${String(n)}`);
  const starts = [...spots[seed?.at ?? 'bellTower']] as [number, number];
  const patrol = { id, onFoot: seed?.vehicle == null, falters: n === 1, starts };
  const c: Crew = { night, person, id, wheels: new Wheels(night, person, patrol, chance.own('wheels')) };
  let restAt = (50 + n * 23 + chance.whole(0, 20)) * 60;

  /** Nothing to do: parked, or on the round past places where people are often met. */
  async function* idle(): Actor {
    const free = (): boolean => jobOf(c) === undefined && !visitorDrives(c);
    if (await takeOffered(c)) return;
    if (night.play.now > restAt) {
      restAt = night.play.now + chance.whole(130, 190) * 60;
      await setStatus(c, 'break');
      yield* rest(c, chance.whole(12, 20));
      return;
    }
    yield* restock(c);
    if (!(yield* stand(c, chance.whole(60, 300), free))) return;
    const near = nightPlaces.filter(({ at }) => within(at, c.wheels.here, c.wheels.onFoot ? 900 : 3500));
    const next = near[chance.whole(0, Math.max(0, near.length - 1))];
    if (next && chance.happens(0.6)) yield* c.wheels.to(next.at, free);
  }

  async function* round(): Actor {
    yield 1;
    await night.picture.fresh();
    const outing = outingOf(c);
    const job = jobOf(c);
    if (outing) c.wheels.locate(outing.num);
    if (outing && !visitorDrives(c)) await sayWell(c, outing);
    if (!outing || visitorDrives(c)) yield* leave(c);
    else if (job) yield* work(c, job);
    else if (outing.status === 'break') yield* rest(c, chance.whole(6, 10));
    else yield* idle();
  }
  return steadily(round);
}
