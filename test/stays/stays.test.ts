/** People in beds: nameless or known from a meeting, what they have with them, what falls due while they stay, and their going. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { rows } from '../../server/db/rows.ts';
import { runCommand } from '../../server/realtime/command.ts';
import { raiseDues } from '../../server/stays/jobs.ts';
import { recordEncounter } from '../../shared/encounters.ts';
import type { Part } from '../../shared/contract.ts';
import { readIncident } from '../../shared/incidents.ts';
import { createShelter, holdBed, listShelters, updateShelter } from '../../shared/shelters.ts';
import { setRule } from '../../shared/stations.ts';
import { checkIn, extendStay, listStays, settleDue, type StayRow, updateStay } from '../../shared/stays.ts';
import { listTasks, type TaskRow, updateTask } from '../../shared/tasks.ts';
import { addPerson, places, useApp } from '../kit/app.ts';
import { dispatch, goOut, report } from '../kit/builders.ts';
import { hours } from '../kit/clock.ts';
import { testKind } from '../kit/database.ts';
import type { Person } from '../kit/people.ts';
import { expectReplay } from '../kit/replay.ts';

const app = useApp();
const desk = (): Person => app.east.dispatcher;
/** What is told keeps the pictures true of those whom it concerns; test/rules proves it for all. */
const told = <T>(command: () => Promise<T>): Promise<T> =>
  expectReplay(app, command, [desk(), app.east.shelter, app.east.inspector, app.west.dispatcher]);
/** Time passes, and nobody is signed out by it. */
async function pass(ms: number): Promise<void> {
  app.clock.advance(ms);
  await rows(app.database.knex, `update sessions set last_seen_at = :now, expires_at = :later`, {
    now: app.clock.now(),
    later: new Date(app.clock.now().getTime() + hours(24)),
  });
}

async function house(any: number, seats = 0): Promise<{ id: string; staff: Person }> {
  const body = {
    id: randomUUID(),
    name: `House ${randomUUID().slice(0, 4)}`,
    kind: 'warm_place' as const,
    address: '1 South Street',
    capacity: { any },
    seats: { any: seats },
  };
  await app.east.manager.does(createShelter, { body });
  return { id: body.id, staff: await addPerson(app, 'shelter', app.stations.east, body.id) };
}
type Arrival = Omit<Part<(typeof checkIn)['body']>, 'id' | 'shelterId'>;
const arrival = (shelterId: string, more: Partial<Arrival> = {}) => ({
  body: { id: randomUUID(), shelterId, ...more },
});

/** A job of the east station that met so many people who come along. */
async function met(people: number, shelterId?: string) {
  const crew = await addPerson(app, 'crew', app.stations.east);
  const patrolId = await goOut(app, [crew]);
  const { incidentId } = await report(app);
  const dispatchId = await dispatch(app, incidentId, patrolId);
  const encounter = async (count: number): Promise<string[]> => {
    const ids = Array.from({ length: count }, () => randomUUID());
    await crew.does(recordEncounter, {
      body: {
        id: randomUUID(),
        dispatchId,
        position: { type: 'Point', coordinates: places.east },
        people: ids.map((id) => ({ id, outcome: 'brought_in' as const })),
        ...(shelterId === undefined ? {} : { shelterId }),
      },
    });
    return ids;
  };
  return { crew, incidentId, dispatchId, encounter, people: people > 0 ? await encounter(people) : [] };
}
const system = (job: typeof raiseDues): Promise<number> =>
  runCommand(app.service, { kind: 'system' }, { command: 'job.test', subjectIds: [], fields: [] }, job);
const tasksOf = async (stayId: string): Promise<TaskRow[]> =>
  (await desk().does(listTasks, { query: { limit: '500' } })).items.filter(
    ({ subject }) => subject['stayId'] === stayId,
  );
const leave = (stay: StayRow, more: object = {}) => ({
  params: { id: stay.id },
  body: { version: stay.version, left: true as const, ...more },
});
const dueOf = (stay: StayRow, kind: string) => stay.dues.find((due) => due.kind === kind);

describe('checking in', () => {
  it('needs no name, and keeps the bed, the belongings and what a stay makes due', async () => {
    const { id, staff } = await house(3);
    const stay = await told(() =>
      staff.does(
        checkIn,
        arrival(id, { people: 2, bed: '12A', belongings: 'two bags, a dog', note: 'tired', unidentified: true }),
      ),
    );
    expect(stay).toMatchObject({
      shelterId: id,
      unit: 'bed',
      kind: 'any',
      people: 2,
      personIds: [],
      bed: '12A',
      belongings: 'two bags, a dog',
      unidentified: true,
      note: 'tired',
    });
    // 21:00 on January 15 in Xi'an
    expect(stay.dues.map(({ kind, dueAt, doneAt, note }) => [kind, dueAt, doneAt, note])).toEqual([
      ['notice', '2026-01-16T13:00:00.000Z', null, null],
      ['max_stay', '2026-01-25T13:00:00.000Z', null, null],
      ['dna', '2026-02-15T13:00:00.000Z', null, null],
      ['settlement', '2026-04-15T13:00:00.000Z', null, null],
    ]);
    const known = await staff.does(checkIn, arrival(id));
    expect(known.dues.map(({ kind }) => kind)).toEqual(['max_stay']);
    expect((await staff.call(checkIn, arrival(id))).body).toMatchObject({ code: 'no_bed' });
  });

  it('goes by the rule of its own station', async () => {
    await app.west.admin.does(setRule, {
      params: { key: 'stays.deadlines' },
      body: {
        value: [{ due: 'max_stay', unidentified: false, after: 1, unit: 'months', warnH: 24 }],
        version: 0,
      },
    });
    const stay = await app.west.shelter.does(checkIn, arrival(app.shelters.west, { unidentified: true }));
    expect(stay.dues).toEqual([
      {
        kind: 'max_stay',
        warnAt: '2026-02-14T13:00:00.000Z',
        dueAt: '2026-02-15T13:00:00.000Z',
        doneAt: null,
        note: null,
      },
    ]);
  });

  it('takes seats for a hold of seats, and beds for none', async () => {
    const { id } = await house(0, 2);
    const body = { id: randomUUID(), people: 2, unit: 'seat' as const, for: 'two' };
    await desk().does(holdBed, { params: { id }, body });
    const stay = await desk().does(checkIn, arrival(id, { holdId: body.id }));
    expect(stay).toMatchObject({ unit: 'seat', people: 2 });
    const view = (await desk().does(listShelters, { query: { limit: '500' } })).items.find((each) => each.id === id);
    expect([view?.seats.occupied, view?.occupied]).toEqual([2, 0]);
    expect((await desk().call(checkIn, arrival(id, { unit: 'seat' }))).body).toMatchObject({ code: 'no_bed' });
    expect((await desk().call(checkIn, arrival(id))).body).toMatchObject({ code: 'no_bed' });
  });
});

describe('people of a meeting', () => {
  it('are named by id, have one bed at a time, and are free again when they leave', async () => {
    const [first, second] = [await house(9), await house(9)];
    const { people, incidentId } = await met(3);
    const [a = '', b = '', c = ''] = people;
    const stay = await told(() =>
      desk().does(checkIn, arrival(first.id, { people: 2, personIds: [a, b.toUpperCase(), a] })),
    );
    expect(stay.personIds).toEqual([a, b].sort());
    expect((await desk().does(readIncident, { params: { id: incidentId } })).safeAt).toBe(
      app.clock.now().toISOString(),
    );
    const taken = await desk().call(checkIn, arrival(second.id, { people: 3, personIds: [c, b] }));
    expect([taken.status, taken.body]).toMatchObject([
      409,
      { code: 'already_in', errors: [{ path: '/personIds/1', code: 'already_in' }] },
    ]);
    // nothing of it was written: the third is free
    const third = await desk().does(checkIn, arrival(second.id, { personIds: [c] }));
    expect((await second.staff.does(listStays, { query: { status: 'all' } })).items.map(({ id }) => id)).toEqual([
      third.id,
    ]);
    const left = await told(() => desk().does(updateStay, leave(stay, { goingTo: 'the station' })));
    expect(left).toMatchObject({ goingTo: 'the station', personIds: [a, b].sort() });
    expect((await desk().call(updateStay, leave(left))).body).toMatchObject({ code: 'stay_ended' });
    expect(await desk().does(checkIn, arrival(second.id, { personIds: [b] }))).toMatchObject({ personIds: [b] });
  });

  it('have their place again when a check-out is taken back, unless place or people went elsewhere', async () => {
    const [one, other] = [await house(3), await house(9)];
    const { people } = await met(2);
    const back = (stay: StayRow) => ({ params: { id: stay.id }, body: { version: stay.version, left: false } });
    const seen = async (id: string) =>
      (await desk().does(listShelters, { query: { limit: '500' } })).items.find((each) => each.id === id);
    const stay = await one.staff.does(checkIn, arrival(one.id, { people: 1, unidentified: true }));
    // in the very words of a departure
    await one.staff.does(settleDue, { params: { id: stay.id }, body: { kind: 'notice', note: 'left' } });
    app.clock.advance(1000);
    app.clock.tick(1);
    const left = await one.staff.does(
      updateStay,
      leave({ ...stay, version: stay.version + 1 }, { goingTo: 'the wrong one' }),
    );
    app.clock.tick(0);
    const returned = await told(() => one.staff.does(updateStay, back(left)));
    expect(returned).toMatchObject({ leftAt: null, goingTo: null, arrivedAt: stay.arrivedAt });
    expect(returned.dues.map(({ kind, dueAt, note }) => [kind, dueAt, note])).toEqual(
      stay.dues.map(({ kind, dueAt }) => [kind, dueAt, kind === 'notice' ? 'left' : null]),
    );
    // said twice it is the same
    expect(await one.staff.does(updateStay, back(returned))).toMatchObject({ leftAt: null });

    const both = await desk().does(checkIn, arrival(other.id, { people: 2, personIds: people }));
    const gone = await desk().does(updateStay, leave(both));
    const again = await told(() => desk().does(updateStay, back(gone)));
    expect(again.personIds).toEqual([...people].sort());
    expect((await desk().call(checkIn, arrival(one.id, { personIds: people.slice(0, 1) }))).body).toMatchObject({
      code: 'already_in',
    });
    const really = await desk().does(updateStay, leave(again));
    const moved = await desk().does(checkIn, arrival(one.id, { personIds: people.slice(0, 1) }));
    expect((await desk().call(updateStay, back(really))).body).toMatchObject({ code: 'already_in' });
    // nothing of it was written: the second of them has no bed
    const free = await desk().does(updateStay, leave(moved));
    const taken = await desk().does(checkIn, arrival(one.id, { people: 2, personIds: people }));
    expect(taken.personIds).toEqual([...people].sort());
    expect((await seen(one.id))?.available).toMatchObject({ any: 0 });
    expect((await desk().call(updateStay, back(free))).body).toMatchObject({ code: 'no_bed' });
    const { version = 0 } = (await seen(other.id)) ?? {};
    await app.east.manager.does(updateShelter, { params: { id: other.id }, body: { version, status: 'closed' } });
    expect((await desk().call(updateStay, back(really))).body).toMatchObject({ code: 'shelter_closed' });
  });

  it('are those of the own subtree, not more than come, and for a house those on their way to it', async () => {
    const [own, other] = [await house(20), await house(9)];
    const bound = await met(2, own.id);
    const held = await met(0);
    await held.crew.does(holdBed, {
      params: { id: own.id },
      body: { id: randomUUID(), people: 1, for: 'x', dispatchId: held.dispatchId },
    });
    const [coming = ''] = await held.encounter(1);
    const elsewhere = await met(1, other.id);
    const nobody = randomUUID();
    const [one = ''] = bound.people;
    const [foreign = ''] = elsewhere.people;
    const asked = await own.staff.call(
      checkIn,
      arrival(own.id, { people: 9, personIds: [one, nobody, foreign, coming] }),
    );
    expect([asked.status, asked.body]).toMatchObject([
      404,
      { errors: [{ path: '/personIds/1', code: 'not_found' }, { path: '/personIds/2' }] },
    ]);
    const many = await own.staff.call(checkIn, arrival(own.id, { people: 1, personIds: bound.people }));
    expect([many.status, many.body]).toMatchObject([422, { errors: [{ path: '/personIds', code: 'range' }] }]);
    const stay = await own.staff.does(checkIn, arrival(own.id, { people: 2, personIds: [one, coming] }));
    expect(stay.personIds).toHaveLength(2);
    expect(
      (await app.west.dispatcher.call(checkIn, arrival(app.shelters.west, { personIds: elsewhere.people }))).body,
    ).toMatchObject({
      code: 'not_found',
      errors: [{ path: '/personIds/0' }],
    });
    expect((await desk().call(checkIn, arrival(own.id, { personIds: elsewhere.people }))).status).toBe(201);
  });

  it('come with the hold of their job, as many as are let in', async () => {
    const { id, staff } = await house(9);
    const { people, dispatchId, encounter } = await met(2, id);
    const holdOf = async (): Promise<string> =>
      (
        await rows<{ id: string }>(
          app.database.knex,
          `select id from holds where dispatch_id = cast(:dispatchId as uuid) and status = 'held'`,
          { dispatchId },
        )
      )[0]?.id ?? '';
    const first = await staff.does(checkIn, arrival(id, { holdId: await holdOf(), people: 1 }));
    expect(first.personIds).toHaveLength(1);
    await pass(hours(0.1));
    const later = await encounter(2);
    const rest = await told(async () => staff.does(checkIn, arrival(id, { holdId: await holdOf(), people: 3 })));
    expect([...first.personIds, ...rest.personIds].sort()).toEqual([...people, ...later].sort());
  });

  it.skipIf(testKind !== 'postgres')(
    'get one bed of thirty asked for at once (not for this database: it has one connection)',
    async () => {
      const houses = [await house(99), await house(99), await house(99)];
      const { people } = await met(3);
      const replies = await Promise.all(
        Array.from({ length: 30 }, (_none, n) =>
          desk().call(
            checkIn,
            // in every order, so that they could wait for each other
            arrival(houses[n % 3]?.id ?? '', {
              people: 3,
              personIds: n % 2 === 0 ? people : people.toReversed(),
            }),
          ),
        ),
      );
      expect(replies.filter(({ status }) => status === 201)).toHaveLength(1);
      for (const { status, body } of replies.filter((reply) => reply.status !== 201))
        expect([status, body]).toMatchObject([
          409,
          { code: 'already_in', errors: [0, 1, 2].map((n) => ({ path: `/personIds/${String(n)}` })) },
        ]);
      const [{ stays, links } = { stays: 0, links: 0 }] = await rows<{ stays: number; links: number }>(
        app.database.knex,
        `select cast(count(distinct t.id) as integer) as stays, cast(count(p.person_id) as integer) as links
         from stays t left join stay_people p on p.stay_id = t.id where t.shelter_id = any (cast(:ids as uuid[]))`,
        { ids: houses.map(({ id }) => id) },
      );
      expect([stays, links]).toEqual([1, 3]);
    },
  );
});

describe('what is due', () => {
  it('becomes a task when it is time, once, and ends with being settled, named or gone', async () => {
    const { id, staff } = await house(9);
    const stay = await staff.does(checkIn, arrival(id, { unidentified: true }));
    while ((await system(raiseDues)) > 0);
    expect(await tasksOf(stay.id)).toEqual([]);
    await pass(hours(12));
    expect(await told(() => system(raiseDues))).toBeGreaterThan(0);
    expect(await system(raiseDues)).toBe(0);
    const [notice] = await tasksOf(stay.id);
    expect(notice).toMatchObject({
      kind: 'stay_due',
      stationId: app.stations.east,
      subject: { stayId: stay.id, shelterId: id, due: 'notice' },
    });
    const settled = await told(() =>
      staff.does(settleDue, { params: { id: stay.id }, body: { kind: 'notice', note: 'in the evening paper' } }),
    );
    expect(dueOf(settled, 'notice')).toMatchObject({
      doneAt: app.clock.now().toISOString(),
      note: 'in the evening paper',
    });
    expect(settled.version).toBe(stay.version + 1);
    expect(await tasksOf(stay.id)).toEqual([]);
    const again = { params: { id: stay.id }, body: { kind: 'notice' as const, note: 'again' } };
    expect((await staff.call(settleDue, again)).body).toMatchObject({ code: 'due_settled' });
    // three more days: the end of the stay and the sample are said at the same beat
    await pass(hours(24 * 25));
    while ((await system(raiseDues)) > 0);
    expect((await tasksOf(stay.id)).map(({ subject }) => subject['due']).sort()).toEqual(['dna', 'max_stay']);
    const write = (version: number, body: object) => ({ params: { id: stay.id }, body: { version, ...body } });
    const named = await told(() =>
      staff.does(updateStay, write(settled.version, { unidentified: false, bed: '3', belongings: null })),
    );
    expect(named).toMatchObject({ unidentified: false, bed: '3', belongings: null });
    expect(['dna', 'settlement', 'notice'].map((kind) => dueOf(named, kind)?.note)).toEqual([
      'identified',
      'identified',
      'in the evening paper',
    ]);
    expect(dueOf(named, 'max_stay')?.doneAt).toBeNull();
    expect((await tasksOf(stay.id)).map(({ subject }) => subject['due'])).toEqual(['max_stay']);
    // it was somebody else's name: counted from arrival as before, and what was settled stays settled
    const unnamed = await staff.does(updateStay, write(named.version, { unidentified: true }));
    expect(dueOf(unnamed, 'dna')).toEqual(dueOf(stay, 'dna'));
    expect(dueOf(unnamed, 'notice')?.note).toBe('in the evening paper');
    while ((await system(raiseDues)) > 0);
    expect((await tasksOf(stay.id)).map(({ subject }) => subject['due']).sort()).toEqual(['dna', 'max_stay']);
    const left = await told(() => staff.does(updateStay, leave(unnamed)));
    expect(['dna', 'max_stay', 'settlement'].map((kind) => dueOf(left, kind)?.note)).toEqual(['left', 'left', 'left']);
    expect(await tasksOf(stay.id)).toEqual([]);
    await pass(hours(24 * 100));
    while ((await system(raiseDues)) > 0);
    expect(await tasksOf(stay.id)).toEqual([]);
    expect((await staff.call(settleDue, { ...again, body: { kind: 'dna', note: 'late' } })).body).toMatchObject({
      code: 'due_settled',
    });
  });

  it.skipIf(testKind !== 'postgres')(
    'is a task once, and none once they left, whatever runs at the same moment (not for this database: it has one connection)',
    async () => {
      const { id, staff } = await house(20);
      const stays = await Promise.all(
        Array.from({ length: 12 }, () => staff.does(checkIn, arrival(id, { unidentified: true }))),
      );
      await pass(hours(12));
      const [leaving, staying] = [stays.slice(0, 6), stays.slice(6)];
      await Promise.all([
        ...Array.from({ length: 4 }, () => system(raiseDues)),
        ...leaving.map((stay) => staff.does(updateStay, leave(stay))),
      ]);
      while ((await system(raiseDues)) > 0);
      const raised = await rows<{ stayId: string; raised: number; open: number }>(
        app.database.knex,
        `select subject ->> 'stayId' as "stayId", cast(count(*) as integer) as raised, cast(count(*) filter (where done_at is null) as integer) as open
         from tasks where subject ->> 'shelterId' = :id group by 1`,
        { id },
      );
      const of = (stay: StayRow) => raised.find(({ stayId }) => stayId === stay.id) ?? { raised: 0, open: 0 };
      for (const stay of staying) expect(of(stay)).toMatchObject({ raised: 1, open: 1 });
      for (const stay of leaving) {
        expect(of(stay).open).toBe(0);
        expect(of(stay).raised).toBeLessThanOrEqual(1);
      }
      // what was told last of a stay is that they left
      const { stays: seen } = await staff.snapshot();
      expect(seen.map((stay) => stay.id).sort()).toEqual(staying.map((stay) => stay.id).sort());
      const facts = await rows<{ id: string; leftAt: string | null }>(
        app.database.knex,
        `select distinct on (t ->> 'id') t ->> 'id' as id, t ->> 'leftAt' as "leftAt"
         from events e cross join jsonb_array_elements(e.payload -> 'rows' -> 'stays') t where t ->> 'shelterId' = :id order by t ->> 'id', e.seq desc`,
        { id },
      );
      expect(
        facts
          .filter(({ leftAt }) => leftAt === null)
          .map((fact) => fact.id)
          .sort(),
      ).toEqual(staying.map((stay) => stay.id).sort());
    },
  );

  it('counts from arrival for whom it turns out later that nobody knows', async () => {
    const { id, staff } = await house(9);
    const stay = await staff.does(checkIn, arrival(id));
    await pass(hours(30));
    const unknown = await told(() =>
      staff.does(updateStay, { params: { id: stay.id }, body: { version: 1, unidentified: true } }),
    );
    expect(unknown.dues.map(({ kind }) => kind)).toEqual(['notice', 'max_stay', 'dna', 'settlement']);
    expect(Date.parse(dueOf(unknown, 'notice')?.dueAt ?? '')).toBe(Date.parse(stay.arrivedAt) + hours(24));
    expect(
      (await staff.call(settleDue, { params: { id: stay.id }, body: { kind: 'max_stay', note: 'x' } })).status,
    ).toBe(200);
    expect(
      (await app.west.shelter.call(settleDue, { params: { id: stay.id }, body: { kind: 'dna', note: 'x' } })).status,
    ).toBe(404);
  });

  it('of a longest stay moves with every extension that is filed, and is said anew', async () => {
    const { id, staff } = await house(9);
    const stay = await staff.does(checkIn, arrival(id));
    const end = Date.parse(dueOf(stay, 'max_stay')?.dueAt ?? '');
    await pass(hours(24 * 9));
    while ((await system(raiseDues)) > 0);
    expect(await tasksOf(stay.id)).toHaveLength(1);
    const filed = {
      params: { id: stay.id },
      body: { id: randomUUID(), days: 5, reason: 'too ill to travel', filedWith: 'the bureau' },
    };
    const extended = await told(() => staff.does(extendStay, filed));
    expect(Date.parse(dueOf(extended, 'max_stay')?.dueAt ?? '')).toBe(end + hours(24 * 5));
    expect(Date.parse(dueOf(extended, 'max_stay')?.warnAt ?? '')).toBe(end + hours(24 * 3));
    expect(await tasksOf(stay.id)).toEqual([]);
    const replayed = await staff.call(extendStay, filed);
    expect([replayed.status, replayed.body]).toEqual([200, extended]);
    while ((await system(raiseDues)) > 0);
    expect(await tasksOf(stay.id)).toEqual([]);
    await pass(hours(24 * 5.5));
    while ((await system(raiseDues)) > 0);
    const [task] = await tasksOf(stay.id);
    // one more day is not enough to take the task back, and what the desk ticks off is not said again
    await staff.does(extendStay, { ...filed, body: { ...filed.body, id: randomUUID(), days: 1 } });
    expect((await tasksOf(stay.id)).map((each) => each.id)).toEqual([task?.id]);
    await desk().does(updateTask, { params: { id: task?.id ?? '' }, body: { version: 1, done: true } });
    while ((await system(raiseDues)) > 0);
    expect(await tasksOf(stay.id)).toEqual([]);
    const [now] = (await staff.does(listStays)).items;
    const left = await staff.does(updateStay, leave(now ?? stay));
    const late = { ...filed, body: { ...filed.body, id: randomUUID() } };
    expect((await staff.call(extendStay, late)).body).toMatchObject({ code: 'stay_ended' });
    expect(left.dues).toHaveLength(1);
  });
});
