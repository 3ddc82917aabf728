/** Who hears what, and who must not, on real sockets; and what ends a socket or starts its picture anew. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { rows } from '../../server/db/rows.ts';
import type { EventType } from '../../shared/events.ts';
import { sendPatrol, stepDispatch } from '../../shared/dispatches.ts';
import { recordEncounter } from '../../shared/encounters.ts';
import { closeIncident, noteIncident } from '../../shared/incidents.ts';
import { startPatrol, updatePatrol } from '../../shared/patrols.ts';
import { takePositions } from '../../shared/positions.ts';
import { type Role, roles } from '../../shared/roles.ts';
import { createShelter, holdBed, updateShelter } from '../../shared/shelters.ts';
import { checkIn } from '../../shared/stays.ts';
import { reportSighting } from '../../shared/sightings.ts';
import { createItem, moveSupplies } from '../../shared/supplies.ts';
import { signOut, updateUser } from '../../shared/users.ts';
import { postReading } from '../../shared/weather.ts';
import { addPerson, places, type TestApp, useApp } from '../kit/app.ts';
import { dispatch, goOut, report, sighting } from '../kit/builders.ts';
import type { Ear, Person } from '../kit/people.ts';
import { expectReplay } from '../kit/replay.ts';

interface Listener {
  name: string;
  role: Role;
  ear: Ear;
}
const sides = ['east', 'west', 'root'] as const;

/** Everybody listens from now on. */
async function everyoneListens(app: TestApp): Promise<Listener[]> {
  const { seq } = await app.root.dispatcher.snapshot();
  return Promise.all(
    sides.flatMap((side) =>
      roles.map(async (role) => {
        const ear = await app[side][role].listen(seq);
        await ear.until(({ heard, resets }) => heard.length + resets > 0);
        return { name: `${side} ${role}`, role, ear };
      }),
    ),
  );
}

type Payload = Record<string, unknown>;
/** What each listener got of one type of fact, by name; closes the sockets. */
async function heardOf(app: TestApp, listeners: Listener[], type: EventType): Promise<Record<string, Payload>> {
  await app.running.realtime.relay.catchUp();
  // a fact for everybody, after the one in question: whoever has it has all that came before
  const marker = randomUUID();
  await app.root.admin.does(createItem, { body: { id: marker, name: marker, unit: 'piece', kind: 'other' } });
  const heard: Record<string, Payload> = {};
  for (const { name, ear } of listeners) {
    const changes = (): Ear['heard'][number]['changes'] => ear.heard.flatMap((message) => message.changes);
    await ear.until(() => changes().some(({ payload }) => payload.items?.some(({ id }) => id === marker) === true));
    const found = changes().filter((change) => change.type === type);
    expect(new Set(found.map(({ seq }) => seq)).size, `${name} hears each fact once`).toBe(found.length);
    const last = found.at(-1);
    if (last) heard[name] = last.payload;
    ear.close();
  }
  return heard;
}
const first = (payload: Payload | undefined, noun: string): Record<string, unknown> | undefined =>
  (payload?.[noun] as Record<string, unknown>[] | undefined)?.[0];
const both = (...names: string[]): string[] => names.flatMap((name) => [`east ${name}`, `root ${name}`]).sort();

describe('who hears, and who must not', () => {
  const app = useApp();
  let patrolId = '';

  it('a sighting: the desk of its station and of those above, and the crews on shift there, without signs', async () => {
    patrolId = await goOut(app, [app.east.crew]);
    const listeners = await everyoneListens(app);
    await app.anyone.does(reportSighting, {
      body: sighting({ signs: ['child', 'injured'], description: 'two people', contact: 'contact-canary' }),
    });
    const heard = await heardOf(app, listeners, 'sighting.reported');
    expect(Object.keys(heard).sort()).toEqual([...both('dispatcher', 'manager'), 'east crew'].sort());
    expect(first(heard['east dispatcher'], 'incidents')).toMatchObject({
      signs: ['child', 'injured'],
      description: 'two people',
    });
    expect(first(heard['east crew'], 'incidents')).toMatchObject({ signs: [], description: 'two people' });
    expect(JSON.stringify(heard)).not.toContain('contact-canary');
  });

  it('a job: its crew with everything, other crews of the station without signs and without the job', async () => {
    const other = await addPerson(app, 'crew', app.stations.east);
    await goOut(app, [other], null);
    const { incidentId } = await report(app, { signs: ['pregnant'] });
    const listeners = await everyoneListens(app);
    const ear = await other.listen((await other.snapshot()).seq);
    listeners.push({ name: 'other crew', role: 'crew', ear });
    await expectReplay(
      app,
      () => app.east.dispatcher.does(sendPatrol, { body: { id: randomUUID(), incidentId, patrolId } }),
      [...Object.values(app.east), ...Object.values(app.root), app.west.dispatcher, other],
    );
    const heard = await heardOf(app, listeners, 'dispatch.sent');
    expect(Object.keys(heard).sort()).toEqual(
      [...both('dispatcher', 'manager', 'inspector'), 'east crew', 'other crew', 'root crew'].sort(),
    );
    expect(first(heard['east crew'], 'incidents')).toMatchObject({ id: incidentId, signs: ['pregnant'] });
    expect(first(heard['east crew'], 'dispatches')).toMatchObject({ incidentId, patrolId });
    expect(first(heard['other crew'], 'incidents')).toMatchObject({ id: incidentId, signs: [] });
    for (const name of ['other crew', 'root crew', 'east inspector'])
      expect(heard[name]?.['dispatches'], name).toBeUndefined();
    for (const name of ['east inspector', 'root crew']) expect(heard[name]?.['incidents'], name).toBeUndefined();
    expect(first(heard['east inspector'], 'patrols')).toMatchObject({ id: patrolId, status: 'busy' });
  });

  it('a job taken back: the crew keeps the place, loses the signs and the job', async () => {
    const { dispatches } = await app.east.crew.snapshot();
    const id = dispatches[0]?.id ?? '';
    const listeners = await everyoneListens(app);
    await expectReplay(
      app,
      () =>
        app.east.dispatcher.does(stepDispatch, {
          params: { id },
          body: { status: 'recalled', reason: 'another is nearer' },
        }),
      Object.values(app.east),
    );
    const heard = await heardOf(app, listeners, 'dispatch.stepped');
    expect(first(heard['east crew'], 'incidents')).toMatchObject({ signs: [] });
    expect((await app.east.crew.snapshot()).dispatches).toEqual([]);
    expect(heard['west dispatcher']).toBeUndefined();
  });

  it('a house that becomes confidential: its address leaves the pictures of crews and inspectors', async () => {
    const { manager } = app.east;
    const house = await manager.does(createShelter, {
      body: {
        id: randomUUID(),
        name: 'House',
        kind: 'station',
        address: 'Secret street 5',
        phone: '029-1',
        position: { type: 'Point', coordinates: places.east },
        capacity: { women: 5 },
      },
    });
    expect((await app.east.crew.snapshot()).shelters.find(({ id }) => id === house.id)).toMatchObject({
      address: 'Secret street 5',
    });
    const listeners = await everyoneListens(app);
    await expectReplay(app, () =>
      manager.does(updateShelter, { params: { id: house.id }, body: { version: house.version, confidential: true } }),
    );
    const heard = await heardOf(app, listeners, 'shelter.changed');
    expect(Object.keys(heard).sort()).toEqual(both('inspector', 'crew', 'dispatcher', 'manager', 'admin'));
    for (const name of both('inspector', 'crew'))
      expect(first(heard[name], 'shelters'), name).toMatchObject({
        id: house.id,
        address: null,
        position: null,
        phone: null,
      });
    for (const name of both('dispatcher', 'manager', 'admin'))
      expect(first(heard[name], 'shelters'), name).toMatchObject({ address: 'Secret street 5' });
    expect(JSON.stringify(await app.east.crew.snapshot())).not.toContain('Secret street');

    // the crew bound there is told where, and no other
    const { incidentId } = await report(app);
    const dispatchId = await dispatch(app, incidentId, patrolId);
    const again = await everyoneListens(app);
    await expectReplay(app, () =>
      app.east.crew.does(holdBed, {
        params: { id: house.id },
        body: { id: randomUUID(), people: 1, kind: 'women', for: 'a woman with a cough', dispatchId },
      }),
    );
    const held = await heardOf(app, again, 'hold.made');
    expect(Object.keys(held).sort()).toEqual(both('crew', 'dispatcher', 'manager'));
    expect(first(held['east crew'], 'holds')).toMatchObject({
      for: 'a woman with a cough',
      shelter: { address: 'Secret street 5' },
    });
    expect(first(held['root crew'], 'holds')).toMatchObject({
      for: null,
      shelter: null,
      patrolId: null,
      dispatchId: null,
    });
  });

  it('who a bed is held for: the house, the desk and the crew on the way; stays: the house and the desk', async () => {
    const { dispatches } = await app.east.crew.snapshot();
    const listeners = await everyoneListens(app);
    const holdId = randomUUID();
    await app.east.crew.does(holdBed, {
      params: { id: app.shelters.east },
      body: { id: holdId, people: 1, for: 'an old man', dispatchId: dispatches[0]?.id ?? '' },
    });
    const held = await heardOf(app, listeners, 'hold.made');
    expect(Object.keys(held).sort()).toEqual(both('shelter', 'crew', 'dispatcher', 'manager'));
    for (const name of ['east shelter', 'east crew', ...both('dispatcher', 'manager')])
      expect(first(held[name], 'holds'), name).toMatchObject({ for: 'an old man' });
    expect(JSON.stringify(held['root crew'])).not.toContain('old man');

    const again = await everyoneListens(app);
    await app.east.shelter.does(checkIn, {
      body: { id: randomUUID(), shelterId: app.shelters.east, holdId, note: 'needs a doctor' },
    });
    const stayed = await heardOf(app, again, 'stay.started');
    for (const [name, payload] of Object.entries(stayed)) {
      const knows = /shelter|dispatcher|manager/.test(name);
      expect(JSON.stringify(payload).includes('needs a doctor'), name).toBe(knows);
      expect(name).not.toMatch(/^west|partner/);
    }
  });

  it('stock: its keeper, the desk and the admin; tasks: the desk', async () => {
    const item = randomUUID();
    await app.east.manager.does(createItem, { body: { id: item, name: 'Coat', unit: 'piece', kind: 'clothing' } });
    const listeners = await everyoneListens(app);
    await app.east.manager.does(moveSupplies, {
      body: {
        id: randomUUID(),
        itemId: item,
        quantity: 3,
        from: { kind: 'supplier' },
        to: { kind: 'patrol', id: patrolId },
        reason: 'receive',
      },
    });
    const moved = await heardOf(app, listeners, 'supplies.moved');
    expect(Object.keys(moved).sort()).toEqual([...both('dispatcher', 'manager', 'admin'), 'east crew'].sort());

    const { dispatches } = await app.east.crew.snapshot();
    const again = await everyoneListens(app);
    await app.east.crew.does(recordEncounter, {
      body: {
        id: randomUUID(),
        dispatchId: dispatches[0]?.id ?? '',
        position: { type: 'Point', coordinates: places.east },
        people: [{ outcome: 'took_items', refusal: 'no bed, thank you' }],
        handouts: [{ itemId: item, quantity: 5 }],
      },
    });
    const met = await heardOf(app, again, 'encounter.recorded');
    expect(
      Object.keys(met)
        .filter((name) => met[name]?.['tasks'] !== undefined)
        .sort(),
    ).toEqual(both('dispatcher', 'manager'));
    expect(first(met['east crew'], 'stock')).toMatchObject({ quantity: -2 });
    expect(JSON.stringify(met)).not.toContain('no bed, thank you');
  });

  it('the weather of the city: everybody, also in its districts; that of a district: the district and the city', async () => {
    const post = (who: Person) =>
      who.does(postReading, { body: { id: randomUUID(), at: app.clock.now().toISOString(), temperatureC: -7 } });
    const everyone = await everyoneListens(app);
    await post(app.root.manager);
    const city = await heardOf(app, everyone, 'weather.observed');
    expect(Object.keys(city).sort()).toEqual(everyone.map(({ name }) => name).sort());
    expect(first(city['east dispatcher'], 'weather')).toMatchObject({ readings: [{ temperatureC: -7 }] });
    const listeners = await everyoneListens(app);
    await post(app.east.manager);
    const district = Object.keys(await heardOf(app, listeners, 'weather.observed'));
    expect(district.sort()).toEqual(both(...roles));
  });

  it('positions: desks, inspectors and crews of the station and above', async () => {
    const listeners = await everyoneListens(app);
    app.clock.advance(1_000);
    await app.east.crew.does(takePositions, {
      body: [
        { patrolId, position: { type: 'Point', coordinates: places.eastNear }, at: app.clock.now().toISOString() },
      ],
    });
    await app.running.realtime.relay.tickPositions();
    await Promise.all(
      listeners
        .filter(({ name }) => both('inspector', 'crew', 'dispatcher', 'manager').includes(name))
        .map(({ ear }) => ear.until(({ ticks }) => ticks.length > 0)),
    );
    await heardOf(app, listeners, 'item.created');
    expect(
      listeners
        .filter(({ ear }) => ear.ticks.length > 0)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(both('inspector', 'crew', 'dispatcher', 'manager'));
  });

  it('what was closed leaves every picture', async () => {
    const { incidentId } = await report(app);
    await expectReplay(app, () =>
      app.east.dispatcher.does(closeIncident, { params: { id: incidentId }, body: { reason: 'a mistake' } }),
    );
    for (const who of [app.east.dispatcher, app.east.crew, app.root.manager])
      expect((await who.snapshot()).incidents.map(({ id }) => id)).not.toContain(incidentId);
  });
});

describe('what ends a socket, or starts its picture anew', () => {
  const app = useApp();
  const gone = (ear: Ear): Promise<void> => ear.until(({ socket }) => socket.disconnected);

  it('a session that was left, revoked, timed out or whose person was shut out', async () => {
    const people: Person[] = [];
    for (let n = 0; n < 5; n += 1) people.push(await addPerson(app, 'dispatcher', app.stations.east));
    const [left, revoked, expired, shut, stays] = people as [Person, Person, Person, Person, Person];
    const ears = await Promise.all(people.map((who) => who.listen()));
    await left.does(signOut);
    const db = app.database.knex;
    await rows(db, `update sessions set revoked_at = :now where user_id = cast(:id as uuid)`, {
      id: revoked.id,
      now: app.clock.now(),
    });
    await rows(db, `update sessions set expires_at = :now where user_id = cast(:id as uuid)`, {
      id: expired.id,
      now: app.clock.now(),
    });
    await app.east.admin.does(updateUser, { params: { id: shut.id }, body: { version: 1, active: false } });
    await app.running.realtime.checkRevoked();
    for (const ear of ears.slice(0, 4)) await gone(ear);
    expect(ears[4]?.socket.connected, stays.id).toBe(true);
  });

  it('a crew that goes out, is regrouped or comes home fetches its picture anew', async () => {
    const [one, two] = [
      await addPerson(app, 'crew', app.stations.east),
      await addPerson(app, 'crew', app.stations.east),
    ];
    const { incidentId } = await report(app);
    const { seq } = await one.snapshot();
    const [first, second] = [await one.listen(seq), await two.listen(seq)];
    const id = randomUUID();
    await app.east.dispatcher.does(startPatrol, { body: { id, crew: [one.id], crewCount: 2 } });
    await first.until(({ resets }) => resets === 1);
    expect((await one.snapshot()).incidents.map((row) => row.id)).toContain(incidentId);
    expect((await one.fetch(`/api/changes?since=${String(seq)}`)).status).toBe(410);
    expect((await two.fetch(`/api/changes?since=${String(seq)}`)).status).toBe(200);

    await app.east.dispatcher.does(updatePatrol, { params: { id }, body: { crew: [two.id] } });
    await Promise.all([first.until(({ resets }) => resets === 2), second.until(({ resets }) => resets === 1)]);
    expect((await one.snapshot()).incidents).toEqual([]);

    // the one who was taken off hears no more of what the patrol's room hears
    await app.east.dispatcher.does(noteIncident, { params: { id: incidentId }, body: { text: 'a note' } });
    const noted = (ear: Ear): boolean =>
      ear.heard.some(({ changes }) => changes.some(({ type }) => type === 'incident.noted'));
    await second.until(noted);
    await app.running.realtime.relay.catchUp();
    expect(noted(first)).toBe(false);

    await app.east.dispatcher.does(updatePatrol, { params: { id }, body: { status: 'ended' } });
    await second.until(({ resets }) => resets === 2);
    expect((await two.snapshot()).incidents).toEqual([]);
  });
});
