import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { row, rows } from '../../server/db/rows.ts';
import { runCommand } from '../../server/realtime/command.ts';
import { expireHolds } from '../../server/shelters/jobs.ts';
import { createShelter, holdBed, listShelters, releaseHold } from '../../shared/shelters.ts';
import { checkIn, updateStay } from '../../shared/stays.ts';
import { useApp } from '../kit/app.ts';
import { minutes } from '../kit/clock.ts';
import { testKind } from '../kit/database.ts';

describe.skipIf(testKind !== 'postgres')(
  'beds under many connections (not for this database: it has one connection)',
  () => {
    const app = useApp();
    const desk = () => app.east.dispatcher;
    const shelterWith = async (any: number): Promise<string> =>
      (
        await app.east.manager.does(createShelter, {
          body: {
            id: randomUUID(),
            name: `House ${randomUUID().slice(0, 4)}`,
            kind: 'station',
            status: 'open',
            address: '1 South Street',
            capacity: { any },
          },
        })
      ).id;
    const holdOne = (id: string, people = 1) =>
      desk().call(holdBed, { params: { id }, body: { id: randomUUID(), people, for: 'somebody' } });

    it('are held ten times of a hundred when there are ten', async () => {
      const id = await shelterWith(10);
      const replies = await Promise.all(Array.from({ length: 100 }, () => holdOne(id)));
      expect(replies.filter(({ status }) => status === 201)).toHaveLength(10);
      expect(
        replies.filter(({ status, body }) => status === 409 && (body as unknown as { code: string }).code === 'no_bed'),
      ).toHaveLength(90);
    });

    it('are never more than there are while holds, arrivals and leavings cross', async () => {
      const beds = 12;
      const id = await shelterWith(beds);
      const holds: string[] = [];
      const stays: string[] = [];
      let most = 0;
      // Counted by the database itself, in one statement, while the others go on.
      const watch = async (): Promise<void> => {
        const found = await row<{ taken: number }>(
          app.database.knex,
          `select coalesce((select sum(people) from stays where shelter_id = cast(:id as uuid) and left_at is null), 0)
           + coalesce((select sum(people) from holds where shelter_id = cast(:id as uuid) and status = 'held'), 0) as taken`,
          { id },
        );
        most = Math.max(most, found?.taken ?? 0);
      };
      const step = async (n: number): Promise<number> => {
        await watch();
        if (n % 4 === 0 || n % 4 === 1) {
          const { status, body } = await holdOne(id, 1 + (n % 3));
          if (status === 201) holds.push(body.id);
          return status;
        }
        if (n % 4 === 2) {
          const holdId = holds.shift();
          const { status, body } = await desk().call(checkIn, {
            body: { id: randomUUID(), shelterId: id, ...(holdId === undefined ? { people: 1 } : { holdId }) },
          });
          if (status === 201) stays.push(body.id);
          return status;
        }
        const stayId = stays.shift();
        const holdId = holds.shift();
        if (holdId !== undefined) return (await desk().call(releaseHold, { params: { id, holdId } })).status;
        if (stayId !== undefined)
          return (await desk().call(updateStay, { params: { id: stayId }, body: { version: 1, left: true } })).status;
        return 200;
      };
      const statuses: number[] = [];
      for (let round = 0; round < 8; round += 1)
        statuses.push(...(await Promise.all(Array.from({ length: 40 }, (_none, n) => step(n)))));
      await watch();
      expect(most).toBeGreaterThan(beds / 2);
      expect(most).toBeLessThanOrEqual(beds);
      expect(statuses.filter((status) => status >= 500)).toEqual([]);
      const view = (await desk().does(listShelters)).items.find((shelter) => shelter.id === id);
      expect((view?.occupied ?? 0) + (view?.held ?? 0) + (view?.available.total ?? 0)).toBe(beds);
    });

    it('of holds that ran out are given away once, while the job and the arrivals race', async () => {
      const id = await shelterWith(10);
      const old = await Promise.all(Array.from({ length: 10 }, () => holdOne(id)));
      app.clock.advance(minutes(90));
      const job = () =>
        runCommand(
          app.service,
          { kind: 'system' },
          { command: 'job.expire-holds', subjectIds: [], fields: [] },
          expireHolds,
        );
      const [arrivals] = await Promise.all([
        Promise.all([
          ...Array.from({ length: 20 }, () => holdOne(id)),
          ...old.map(({ body }) =>
            desk().call(checkIn, { body: { id: randomUUID(), shelterId: id, holdId: body.id } }),
          ),
        ]),
        Promise.all([job(), job(), job()]),
      ]);
      expect(arrivals.filter(({ status }) => status === 201)).toHaveLength(10);
      expect(arrivals.filter(({ status }) => status >= 500)).toEqual([]);
      // what a crossing command held at that moment is left for the next beat
      while ((await job()) > 0);
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
