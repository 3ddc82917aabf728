/** Whatever crosses, no place is promised twice, and every promise ends. */
import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createApp } from '../../server/app.ts';
import { readConfig } from '../../server/config.ts';
import { row, rows } from '../../server/db/rows.ts';
import { runCommand } from '../../server/realtime/command.ts';
import { followEstimates } from '../../server/shelters/commands-hold-times.ts';
import { expireHolds } from '../../server/shelters/jobs.ts';
import {
  createShelter,
  extendHold,
  holdBed,
  type HoldRow,
  listShelters,
  releaseHold,
  updateShelter,
} from '../../shared/shelters.ts';
import { checkIn, type StayRow, updateStay } from '../../shared/stays.ts';
import { addPerson, useApp } from '../kit/app.ts';
import { hours, minutes } from '../kit/clock.ts';
import { quiet, testKind } from '../kit/database.ts';
import { type Person, person } from '../kit/people.ts';
import { retell } from './retell.ts';

const place = fc.constantFrom(
  { unit: 'bed', kind: 'any' } as const,
  { unit: 'bed', kind: 'women' } as const,
  { unit: 'seat', kind: 'any' } as const,
);
const few = fc.integer({ min: 1, max: 3 });
const pick = fc.nat(1000);
const deed = fc.oneof(
  { weight: 8, arbitrary: fc.record({ does: fc.constant('hold' as const), place, people: few }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constant('arrive' as const), place, people: few, pick }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('drop in' as const), place, people: few }) },
  {
    weight: 3,
    arbitrary: fc.record({ does: fc.constantFrom('cancel' as const, 'leave' as const, 'come back' as const), pick }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constantFrom('extend' as const, 'estimate' as const),
      pick,
      minutes: fc.integer({ min: 5, max: 200 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ does: fc.constant('pass' as const), minutes: fc.integer({ min: 5, max: 25 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ does: fc.constant('resize' as const), place, to: fc.integer({ min: 0, max: 9 }) }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('surge' as const), open: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('expire' as const) }) },
);
type Deed = typeof deed extends fc.Arbitrary<infer T> ? T : never;
/** More connections than one: what they do at the same moment is left to chance, in an order of their own each. */
const LANES = 20;
const lanes = fc.array(fc.array(deed, { minLength: 4, maxLength: 4 }), { minLength: LANES, maxLength: LANES });

describe.skipIf(testKind !== 'postgres')(
  'places while many hands cross (not for this database: it has one connection)',
  () => {
    const app = useApp();
    let desk: Person;
    const asJob = <T>(run: Parameters<typeof runCommand<T>>[3]): Promise<T> =>
      runCommand(app.service, { kind: 'system' }, { command: 'job', subjectIds: [], fields: [] }, run);

    /** What the database itself says of a house, in one statement: places by kind, who is in them, and what is held until when. */
    const look = (id: string) =>
      rows<{ place: string; total: number; occupied: number; holds: { people: number; until: string }[] }>(
        app.database.knex,
        `select b.unit || ' ' || b.kind as place, b.total + case when s.surge_open then b.surge else 0 end as total,
         cast(coalesce((select sum(t.people) from stays t where t.shelter_id = s.id and t.left_at is null and t.unit = b.unit and t.kind = b.kind), 0) as integer) as occupied,
         coalesce((select jsonb_agg(jsonb_build_object('people', h.people, 'until', h.expires_at)) from holds h
           where h.shelter_id = s.id and h.status = 'held' and h.unit = b.unit and h.kind = b.kind), '[]') as holds
       from shelters s join shelter_beds b on b.shelter_id = s.id where s.id = cast(:id as uuid)`,
        { id },
      );
    /** By how many more are taken than there are, of each kind. What ran out while the statement ran is not counted: its place may be taken again. */
    const tooMany = async (id: string): Promise<Record<string, number>> => {
      const seen = await look(id);
      const now = app.clock.now();
      return Object.fromEntries(
        seen.map(({ place, total, occupied, holds }) => {
          const held = holds.reduce((sum, { people, until }) => sum + (new Date(until) > now ? people : 0), 0);
          expect(Math.min(occupied, held)).toBeGreaterThanOrEqual(0);
          return [place, Math.max(0, occupied + held - total)];
        }),
      );
    };

    async function newHouse(): Promise<string> {
      const id = randomUUID();
      await desk.does(createShelter, {
        body: {
          id,
          name: `House ${id.slice(0, 4)}`,
          kind: 'station',
          address: '1 South Street',
          capacity: { any: 5, women: 3 },
          seats: { any: 4 },
          surge: { any: 4 },
        },
      });
      return id;
    }

    /** One house and what was made in it so far, for whoever comes next to choose from. */
    function hands(id: string, shrinking: boolean) {
      const made = { holds: [] as HoldRow[], stays: [] as StayRow[] };
      const one = <T>(from: readonly T[], n: number): T | undefined => from[n % Math.max(1, from.length)];
      const counts = (): Promise<{ version: number; total: number }> =>
        row(
          app.database.knex,
          `select version, (select max(total) from shelter_beds where shelter_id = s.id) as total from shelters s where id = cast(:id as uuid)`,
          { id },
        ).then((found) => found as { version: number; total: number });
      const change = async (body: Parameters<typeof updateBody>[0]): Promise<number> =>
        (await desk.call(updateShelter, { params: { id }, body: updateBody(body, (await counts()).version) })).status;
      const updateBody = (body: { surgeOpen?: boolean; capacity?: object; seats?: object }, version: number) => ({
        version,
        ...body,
      });
      return async (it: Deed): Promise<number> => {
        switch (it.does) {
          case 'hold': {
            const { status, body } = await desk.call(holdBed, {
              params: { id },
              body: { id: randomUUID(), people: it.people, for: 'x', ...it.place },
            });
            if (status === 201) made.holds.push(body);
            return status;
          }
          case 'arrive':
          case 'drop in': {
            const hold = it.does === 'arrive' ? one(made.holds, it.pick) : undefined;
            const { status, body } = await desk.call(checkIn, {
              body: {
                id: randomUUID(),
                shelterId: id,
                ...(hold ? { holdId: hold.id } : { ...it.place, people: it.people }),
              },
            });
            if (status === 201) made.stays.push(body);
            return status;
          }
          case 'cancel': {
            const hold = one(made.holds, it.pick);
            return hold ? (await desk.call(releaseHold, { params: { id, holdId: hold.id } })).status : 200;
          }
          case 'leave':
          case 'come back': {
            const stay = one(made.stays, it.pick);
            if (!stay) return 200;
            const { status, body } = await desk.call(updateStay, {
              params: { id: stay.id },
              body: { version: stay.version, left: it.does === 'leave' },
            });
            if (status === 200) Object.assign(stay, body);
            return status;
          }
          case 'extend': {
            const hold = one(made.holds, it.pick);
            if (!hold) return 200;
            const body = { version: hold.version, minutes: it.minutes };
            return (await desk.call(extendHold, { params: { id, holdId: hold.id }, body })).status;
          }
          case 'estimate': {
            const hold = one(made.holds, it.pick);
            const etaAt = new Date(app.clock.now().getTime() + minutes(it.minutes));
            if (hold) await asJob((ctx) => followEstimates(ctx, [{ holdId: hold.id, shelterId: id, etaAt }]));
            return 200;
          }
          case 'pass':
            app.clock.advance(minutes(it.minutes));
            return 200;
          case 'resize': {
            const to = shrinking ? it.to : (await counts()).total + 1;
            return change({ [it.place.unit === 'bed' ? 'capacity' : 'seats']: { [it.place.kind]: to } });
          }
          case 'surge':
            return change({ surgeOpen: it.open || !shrinking });
          case 'expire':
            await asJob(expireHolds);
            return 200;
        }
      };
    }

    it.each([
      ['while the house only grows', false],
      ['while the house grows and shrinks', true],
    ])(
      'are never taken twice %s, and every hold ends',
      async (_name, shrinking) => {
        const statuses = new Map<number, number>();
        await fc.assert(
          fc.asyncProperty(lanes, async (deeds) => {
            const from =
              (await row<{ seq: number }>(app.database.knex, `select coalesce(max(seq), 0) as seq from events`))?.seq ??
              0;
            // time passes by hours: nobody stays signed in through all of it
            desk = await addPerson(app, 'manager', app.stations.east);
            const id = await newHouse();
            const hand = hands(id, shrinking);
            const watch = async (): Promise<void> => {
              const over = await tooMany(id);
              if (!shrinking) expect(Math.max(...Object.values(over)), JSON.stringify(over)).toBe(0);
            };
            await Promise.all(
              deeds.map(async (mine) => {
                for (const it of mine) {
                  const [status] = await Promise.all([hand(it), watch()]);
                  statuses.set(status, (statuses.get(status) ?? 0) + 1);
                }
              }),
            );
            expect(await retell(app.database.knex, id, from)).toBeGreaterThan(LANES / 2);
            const over = await tooMany(id);
            const view = (await desk.does(listShelters, { query: { limit: '500' } })).items.find(
              (each) => each.id === id,
            );
            expect(view?.over).toBe((over['bed any'] ?? 0) + (over['bed women'] ?? 0));
            expect(view?.seats.over).toBe(over['seat any']);
            if (!shrinking) expect([view?.over, view?.seats.over]).toEqual([0, 0]);
            // the longest that a hold may last, and the job
            app.clock.advance(hours(6));
            while ((await asJob(expireHolds)) > 0);
            const held = await rows(
              app.database.knex,
              `select id from holds where shelter_id = cast(:id as uuid) and status = 'held'`,
              { id },
            );
            expect(held).toEqual([]);
          }),
          { numRuns: 3, endOnFailure: true },
        );
        expect([...statuses.keys()].filter((status) => status >= 500)).toEqual([]);
        // it did happen, and was refused where it had to be
        expect(statuses.get(201) ?? 0).toBeGreaterThan(LANES);
        expect(statuses.get(409) ?? 0).toBeGreaterThan(LANES);
      },
      60_000,
    );

    const houseWith = async (any: number): Promise<string> => {
      desk = await addPerson(app, 'manager', app.stations.east);
      const body = {
        id: randomUUID(),
        name: 'House',
        kind: 'station' as const,
        address: '1 South Street',
        capacity: { any },
      };
      return (await desk.does(createShelter, { body })).id;
    };
    const holdOne = (id: string) =>
      desk.call(holdBed, { params: { id }, body: { id: randomUUID(), people: 1, for: 'somebody' } });

    it('are held ten times of a hundred when there are ten, whichever node is asked', async () => {
      const id = await houseWith(10);
      // what one node commits together crosses what another one does
      const running = await createApp({
        database: app.database,
        config: { ...readConfig({ ROLES: 'http' }), limits: false },
        log: { debug: () => undefined, ...quiet },
        now: app.clock.now,
        webDir: '/nowhere',
      });
      await new Promise<void>((resolve) => running.http.listen(0, '127.0.0.1', resolve));
      try {
        const { port } = running.http.address() as AddressInfo;
        const other = person(`http://127.0.0.1:${String(port)}`, { ...desk, role: 'manager' });
        const wish = () => ({ params: { id }, body: { id: randomUUID(), people: 1, for: 'somebody' } });
        const twice = wish();
        const replies = await Promise.all([
          ...Array.from({ length: 98 }, (_, n) => (n % 2 ? desk : other).call(holdBed, wish())),
          desk.call(holdBed, twice),
          other.call(holdBed, twice),
        ]);
        const made = replies.filter(({ status }) => status === 201 || status === 200);
        expect(new Set(made.map(({ body }) => body.id)).size).toBe(10);
        expect(made.filter(({ status }) => status === 201)).toHaveLength(10);
        const refused = replies.filter(({ body }) => (body as unknown as { code?: string }).code === 'no_bed');
        expect(refused).toHaveLength(100 - made.length);
        expect(await tooMany(id)).toEqual({ 'bed any': 0 });
      } finally {
        await new Promise((resolve) => running.http.close(resolve));
      }
    });

    it('are not waited for where somebody has one house, by those who want another', async () => {
      const [busy, free] = [await houseWith(5), await houseWith(5)];
      const trx = await app.database.knex.transaction();
      try {
        await rows(trx, `select id from shelters where id = cast(:busy as uuid) for update`, { busy });
        const waiting = Promise.all([1, 2, 3].map(() => holdOne(busy)));
        const others = await Promise.all([1, 2, 3, 4, 5, 6].map(() => holdOne(free)));
        expect(others.map(({ status }) => status).sort()).toEqual([201, 201, 201, 201, 201, 409]);
        expect(
          await rows(app.database.knex, `select id from holds where shelter_id = cast(:busy as uuid)`, { busy }),
        ).toEqual([]);
        await trx.rollback();
        expect((await waiting).map(({ status }) => status)).toEqual([201, 201, 201]);
      } finally {
        if (!trx.isCompleted()) await trx.rollback();
      }
    });

    it('of holds that ran out are given away once, while the job and the arrivals race', async () => {
      const id = await houseWith(10);
      const old = await Promise.all(Array.from({ length: 10 }, () => holdOne(id)));
      app.clock.advance(minutes(90));
      const [arrivals] = await Promise.all([
        Promise.all([
          ...Array.from({ length: 20 }, () => holdOne(id)),
          ...old.map(({ body }) => desk.call(checkIn, { body: { id: randomUUID(), shelterId: id, holdId: body.id } })),
        ]),
        Promise.all([1, 2, 3].map(() => asJob(expireHolds))),
      ]);
      expect(arrivals.filter(({ status }) => status === 201)).toHaveLength(10);
      expect(arrivals.filter(({ status }) => status >= 500)).toEqual([]);
      // what a crossing command held at that moment is left for the next beat
      while ((await asJob(expireHolds)) > 0);
      const facts = await rows<{ ids: string[] }>(
        app.database.knex,
        `select array(select h ->> 'id' from jsonb_array_elements(payload -> 'rows' -> 'holds') h where h ->> 'shelterId' = :id) as ids from events where type = 'hold.expired'`,
        { id },
      );
      const told = facts.flatMap(({ ids }) => ids);
      expect(new Set(told).size).toBe(told.length);
      expect(told).toHaveLength(10);
    });
  },
);
