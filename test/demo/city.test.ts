/** The demo's city: what a visitor must find in it, the same each time, and never made twice. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { staffMember } from '../../server/demo/http.ts';
import { chanceOf } from '../../server/demo/random.ts';
import { type Demo, openDemo } from '../../server/demo/seed.ts';
import { createDemoAccounts } from '../../server/users/demo.ts';
import { idSchema } from '../../shared/ids.ts';
import { listDuplicates } from '../../shared/incidents.ts';
import { readChanges, readSnapshot } from '../../shared/live.ts';
import { listDevices } from '../../shared/patrols.ts';
import { type Role, roles } from '../../shared/roles.ts';
import { listPublicShelters, listShelters } from '../../shared/shelters.ts';
import type { Snapshot } from '../../shared/state.ts';
import { listAreas } from '../../shared/stations.ts';
import { readTally } from '../../shared/tally.ts';
import { listTokens, signIn, signOut, whoAmI } from '../../shared/users.ts';
import { DATABASE_HOOK_MS } from '../kit/database.ts';
import { person, type Person } from '../kit/people.ts';
import { type EmptyService, startEmpty } from './service.ts';

describe('the seed', () => {
  it('gives the same ids and choices again, and others for another seed', () => {
    const draw = (seed: number): unknown[] => {
      const chance = chanceOf(seed);
      return [chance.id('a'), chance.whole(1, 1e6), chance.near([108.9, 34.2], 50), chance.whole(1, 1e6)];
    };
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)[0]).not.toBe(draw(2)[0]);
    expect(draw(1)[1]).not.toBe(draw(2)[1]);
    expect(idSchema.safeParse(chanceOf(3).id('x')).success).toBe(true);
    expect(chanceOf(3).id('x')).not.toBe(chanceOf(3).id('y'));
  });

  it('keeps within its bounds', () => {
    const chance = chanceOf(5);
    for (let n = 0; n < 1000; n += 1) {
      expect([2, 3, 4]).toContain(chance.whole(2, 4));
      const [lon, lat] = chance.near([108.9, 34.2], 100);
      expect(Math.abs(lon - 108.9)).toBeLessThan(0.0011 + 1e-6);
      expect(Math.abs(lat - 34.2)).toBeLessThan(0.0009 + 1e-6);
    }
  });
});

interface Opened {
  started: EmptyService;
  demo: Demo;
  said: string[];
}

async function openCity(seed: number): Promise<Opened> {
  // without timed jobs: what they find depends on the minute in which the test runs
  const started = await startEmpty(createDemoAccounts, undefined, undefined, { ROLES: 'http,relay' });
  const said: string[] = [];
  const demo = await openDemo({
    origin: started.origin,
    seed,
    fresh: true,
    say: (text) => {
      said.push(text);
    },
  });
  return { started, demo, said };
}

async function enter(origin: string, role: Role): Promise<Person> {
  const anyone = person(origin, { id: '', role: 'public', stationId: '', cookie: null });
  const { status, body, headers } = await anyone.call(signIn, { body: { username: role, password: 'demo' } });
  expect(status).toBe(200);
  const cookie = headers.getSetCookie()[0]?.split(';')[0] ?? '';
  return person(origin, { id: body.user.id, role, stationId: body.user.stationId, cookie });
}

/** What a desk sees, without what cannot be the same twice: times, and ids and codes that the service makes itself. */
function picture(snapshot: Snapshot): unknown {
  return {
    incidents: snapshot.incidents
      .map(({ placeText, position, priority, status, lane, people, signs, patrolIds, sightingIds }) => ({
        placeText,
        position,
        priority,
        status,
        lane,
        people,
        signs,
        patrolIds,
        sightingIds,
      }))
      .sort((a, b) => String(a.placeText).localeCompare(String(b.placeText))),
    patrols: snapshot.patrols
      .map(({ id, num, name, status, vehicleId }) => ({ id, num, name, status, vehicleId }))
      .sort((a, b) => a.num - b.num),
    places: snapshot.positions.fixes
      .map(([num, lon, lat]) => [num, lon, lat])
      .sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0)),
    shelters: snapshot.shelters
      .map(({ id, name, status, beds, occupiedBeds }) => ({ id, name, status, beds, occupiedBeds }))
      .sort((a, b) => a.id.localeCompare(b.id)),
    stock: snapshot.stock.map(({ id, quantity }) => ({ id, quantity })).sort((a, b) => a.id.localeCompare(b.id)),
  };
}

describe('the city', () => {
  let opened: Opened;
  let staff: Record<Role, Person>;
  let snapshot: Snapshot;
  beforeAll(async () => {
    opened = await openCity(1);
    const entered = await Promise.all(
      roles.map(async (role) => [role, await enter(opened.started.origin, role)] as const),
    );
    staff = Object.fromEntries(entered) as Record<Role, Person>;
    snapshot = (await staff.dispatcher.does(readSnapshot)) as unknown as Snapshot;
  }, DATABASE_HOOK_MS);
  afterAll(async () => {
    opened.demo.stop();
    await opened.started.stop();
  }, DATABASE_HOOK_MS);

  it('says what it is doing', () => {
    expect(opened.said.length).toBeGreaterThanOrEqual(4);
  });

  it('has 13 districts under one root, and everybody at the root', async () => {
    const top = snapshot.stations.filter(({ parentId }) => parentId === null);
    expect(top).toHaveLength(1);
    expect(snapshot.stations.filter(({ parentId }) => parentId === top[0]?.id)).toHaveLength(13);
    const { items } = await staff.dispatcher.does(listAreas);
    expect(items).toHaveLength(13);
    expect(new Set(items.map(({ stationId }) => stationId)).size).toBe(13);
    for (const role of roles) expect(staff[role].stationId).toBe(top[0]?.id);
  });

  it('has patrols on shift: one with the account crew, three free ones with fresh positions', async () => {
    const { patrolId } = await staff.crew.does(whoAmI);
    expect(snapshot.patrols.find(({ id }) => id === patrolId)).toMatchObject({ status: 'free', crew: [staff.crew.id] });
    const age = new Map(snapshot.positions.fixes.map(([num, , , seconds]) => [num, seconds]));
    const fresh = snapshot.patrols.filter(({ status, num }) => status === 'free' && (age.get(num) ?? Infinity) < 120);
    expect(fresh.length).toBeGreaterThanOrEqual(3);
    expect(new Set(snapshot.patrols.map(({ status }) => status))).toEqual(new Set(['free', 'break', 'busy']));
    const { items } = await staff.manager.does(listDevices);
    expect(items.some(({ vehicleId, patrolId: bound }) => vehicleId !== null || bound !== null)).toBe(true);
  });

  it('has open incidents of every kind', async () => {
    const { incidents } = snapshot;
    expect(incidents.length).toBeGreaterThanOrEqual(5);
    expect(incidents.filter(({ priority }) => priority === 'life_risk')).toHaveLength(1);
    expect(incidents.filter(({ lane }) => lane === 'unplaced')).toHaveLength(1);
    expect(incidents.filter(({ lane }) => lane === 'outside')).toHaveLength(1);
    expect(incidents.filter(({ status }) => status === 'assigned')).toHaveLength(1);
    const near = await Promise.all(
      incidents.map(({ id }) => staff.dispatcher.does(listDuplicates, { params: { id } })),
    );
    expect(near.filter(({ items }) => items.length > 0)).toHaveLength(2);
  });

  it('has shelters of every kind, the first run by the account shelter with 5 to 50 free places', async () => {
    const { user } = await staff.shelter.does(whoAmI);
    const { items } = await staff.dispatcher.does(listShelters);
    expect(items[0]?.id).toBe(user.shelterId);
    expect(items[0]).toMatchObject({ kind: 'station', status: 'open' });
    expect(items[0]?.available.total).toBeGreaterThanOrEqual(5);
    expect(items[0]?.available.total).toBeLessThanOrEqual(50);
    expect(new Set(items.map(({ status }) => status))).toEqual(new Set(['open', 'full', 'closed']));
    const secret = items.filter(({ confidential }) => confidential);
    expect(secret).toHaveLength(1);
    const open = await staff.partner.call(listPublicShelters);
    expect(open.body.items.length).toBeGreaterThanOrEqual(4);
    expect(JSON.stringify(open.body)).not.toContain(secret[0]?.name);
  });

  it('has nights behind it that the tally counts', async () => {
    const day = (ago: number): string => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);
    const tally = await staff.inspector.does(readTally, { query: { from: day(4), to: day(-1) } });
    expect(tally.peopleHelped).toBeGreaterThan(0);
    expect(tally.refused).toBeGreaterThan(0);
    expect(tally.notFound).toBeGreaterThan(0);
    expect(tally.itemsHandedOut).toBeGreaterThan(0);
    expect(tally.byDay.filter(({ peopleHelped }) => peopleHelped > 0).length).toBeGreaterThanOrEqual(3);
    expect(snapshot.tasks).toEqual([]);
  });

  it('signs in again when its session has ended', async () => {
    const dispatcher = staffMember({ origin: opened.started.origin }, 'dispatcher');
    const { user } = await dispatcher.does(whoAmI);
    await dispatcher.does(signOut);
    expect((await dispatcher.does(whoAmI)).user.id).toBe(user.id);
    await expect(dispatcher.does(listTokens)).rejects.toMatchObject({ status: 403 });
  });

  it('never makes anything twice', async () => {
    const again = await openDemo({ origin: opened.started.origin, seed: 1, fresh: false, say: () => undefined });
    again.run(opened.started.origin);
    again.stop();
    const after = (await staff.dispatcher.does(readSnapshot)) as unknown as Snapshot;
    const { changes } = await staff.dispatcher.does(readChanges, { query: { since: String(snapshot.seq) } });
    expect(changes.map(({ type }) => type)).toEqual([]);
    expect(picture(after)).toEqual(picture(snapshot));
  });

  it('prints links, accounts and how to stop', () => {
    const text = opened.demo.welcome('http://localhost:3000');
    for (const path of ['/desk', '/crew', '/shelter', '/tally', '/report', '/shelters', '/r/'])
      expect(text).toContain(`http://localhost:3000${path}`);
    for (const role of roles) expect(text).toContain(role);
    expect(text).toMatch(/Ctrl\+C/);
  });

  it(
    'looks the same for the same seed',
    async () => {
      const twin = await openCity(1);
      try {
        const dispatcher = await enter(twin.started.origin, 'dispatcher');
        expect(picture((await dispatcher.does(readSnapshot)) as unknown as Snapshot)).toEqual(picture(snapshot));
      } finally {
        twin.demo.stop();
        await twin.started.stop();
      }
    },
    DATABASE_HOOK_MS,
  );
});
