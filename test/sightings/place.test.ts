/** Where a report belongs, how pressing it is and who made it. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { row, rows } from '../../server/db/rows.ts';
import { createInformant, updateInformant } from '../../shared/informants.ts';
import { listIncidents } from '../../shared/incidents.ts';
import { convert, distanceM, type LonLat } from '../../shared/geo.ts';
import { listSightings, reportSighting, type SightingBody } from '../../shared/sightings.ts';
import { places, useApp } from '../kit/app.ts';
import { incidentOf, report, sighting } from '../kit/builders.ts';
import { hours, minutes } from '../kit/clock.ts';
import { expectReplay } from '../kit/replay.ts';

const app = useApp();
const send = (body: SightingBody) => app.anyone.call(reportSighting, { body });
const stored = (id: string) =>
  row<{
    observedAt: Date;
    receivedAt: Date;
    clockSuspect: boolean;
    origin: { crs: string; coordinates: LonLat } | null;
    verified: boolean;
    description: string | null;
  }>(
    app.database.knex,
    `select observed_at as "observedAt", received_at as "receivedAt", clock_suspect as "clockSuspect", origin, verified, description from sightings where id = cast(:id as uuid)`,
    { id },
  );

describe('the place', () => {
  it('is needed in one way or another', async () => {
    const { position: _none, ...bare } = sighting();
    const missing = await send(bare);
    expect([missing.status, missing.body]).toMatchObject([422, { code: 'place_missing' }]);
    for (const over of [{ placeText: 'by the gate' }, { placeCode: 'L-1' }])
      expect((await send({ ...bare, id: randomUUID(), ...over })).status).toBe(201);
  });

  it.each([
    ['gcj02', [108.94686, 34.25951]],
    ['bd09', convert([108.9422, 34.2611], 'wgs84', 'bd09')],
  ] as const)('of a map in %s is kept in WGS 84 with where it came from', async (crs, given) => {
    const { id, incidentId } = await report(app, { crs, position: { type: 'Point', coordinates: [...given] } });
    const incident = await incidentOf(app.root.dispatcher, incidentId);
    expect(distanceM(incident.position?.coordinates ?? [0, 0], [108.9422, 34.2611])).toBeLessThan(2);
    expect((await stored(id))?.origin).toEqual({ crs, coordinates: given });
  });

  it('in WGS 84 has no origin to remember', async () => {
    expect((await stored((await report(app, { crs: 'wgs84' })).id))?.origin).toBeNull();
  });

  it.each([
    ['outside every area', 'outside', { position: { type: 'Point' as const, coordinates: places.outside } }],
    ['only told in words', 'unplaced', { position: undefined as never, placeText: 'the old bridge' }],
  ])('%s goes to the root station, in its lane, and is seen there', async (_name, lane, over) => {
    const body = sighting();
    const { position, ...rest } = { ...body, ...over };
    const { status } = await expectReplay(app, () =>
      send((position === undefined ? rest : { ...rest, position }) as SightingBody),
    );
    expect(status).toBe(201);
    const of = async (person: typeof app.root.dispatcher): Promise<object | undefined> =>
      (await person.does(listIncidents, { query: { limit: '500' } })).items.find(({ sightingIds }) =>
        sightingIds.includes(body.id),
      );
    expect(await of(app.root.dispatcher)).toMatchObject({
      lane,
      stationId: app.stations.root,
      areaId: null,
      position: position ?? null,
    });
    expect(await of(app.east.dispatcher)).toBeUndefined();
    expect(
      Object.values((await app.root.dispatcher.snapshot()).incidents).some(({ sightingIds }) =>
        sightingIds.includes(body.id),
      ),
    ).toBe(true);
  });
});

describe('neighbours', () => {
  it('are told of within 250 m and 12 h, also in the same batch, not beyond', async () => {
    const at = (lon: number, lat = 34.29): SightingBody =>
      sighting({ position: { type: 'Point', coordinates: [lon, lat] } });
    // one degree of longitude is about 92 km here
    const [first, near, far] = await Promise.all([send(at(109.04)), send(at(109.042)), send(at(109.046))]);
    expect([first, near, far].map((reply) => (reply as { body: { nearby: boolean } }).body.nearby)).toEqual([
      false,
      true,
      false,
    ]);
    app.clock.advance(hours(12) + minutes(1));
    expect((await send(at(109.04))).body.nearby).toBe(false);
    expect((await send(at(109.0401))).body.nearby).toBe(true);
  });
});

describe('rules are data', () => {
  const setRule = (key: string, stationId: string | null, value: unknown) =>
    rows(
      app.database.knex,
      `insert into rules (key, station_id, value, unit, source) values (:key, cast(:stationId as uuid), cast(:value as jsonb), 'x', 'test') on conflict (key, station_id) do update set value = excluded.value`,
      { key, stationId, value: JSON.stringify(value) },
    );
  const priorityOf = async (signs: SightingBody['signs'], at = places.east): Promise<string> =>
    (
      await incidentOf(
        app.root.dispatcher,
        (await report(app, { signs, position: { type: 'Point', coordinates: at } })).incidentId,
      )
    ).priority;

  it('give each sign its priority', async () => {
    expect(
      await Promise.all([
        priorityOf([]),
        priorityOf(['wet']),
        priorityOf(['confused']),
        priorityOf(['wet', 'unresponsive']),
      ]),
    ).toEqual(['normal', 'urgent', 'life_risk', 'life_risk']);
  });

  it('hold from the next report on, where they are set: own before ancestor before default', async () => {
    await setRule('signs.life_risk', app.stations.east, ['wet']);
    expect([await priorityOf(['wet']), await priorityOf(['wet'], places.west), await priorityOf(['confused'])]).toEqual(
      ['life_risk', 'urgent', 'normal'],
    );
    await setRule('signs.life_risk', app.stations.root, ['elderly']);
    expect([
      await priorityOf(['elderly']),
      await priorityOf(['elderly'], places.west),
      await priorityOf(['wet']),
    ]).toEqual(['urgent', 'life_risk', 'life_risk']);
    await rows(app.database.knex, `delete from rules where station_id is not null`);
    expect(await priorityOf(['elderly'], places.west)).toBe('urgent');
  });
});

describe('an informant', () => {
  it('makes a report verified while active, in any case of letters; others are taken unverified', async () => {
    const code = 'SWEEP-07';
    const informant = await app.east.manager.does(createInformant, {
      body: { id: randomUUID(), code, organisation: 'City cleaning', source: 'sanitation', label: 'Crew 7' },
    });
    const verified = async (informantCode: string): Promise<[boolean | undefined, string | null]> => {
      const { id } = await report(app, { source: 'sanitation', informantCode });
      const found = (await app.east.dispatcher.does(listSightings, { query: { limit: '500' } })).items.find(
        (each) => each.id === id,
      );
      return [found?.verified, found?.organisation ?? null];
    };
    expect(await verified(code)).toEqual([true, 'City cleaning']);
    expect(await verified(' sweep-07 ')).toEqual([true, 'City cleaning']);
    expect(await verified('NOBODY')).toEqual([false, null]);
    await app.east.manager.does(updateInformant, { params: { id: informant.id }, body: { version: 1, active: false } });
    expect(await verified(code)).toEqual([false, null]);
  });
});

describe('staff who report', () => {
  it('are named in the audit log and the timeline, with fields and no words', async () => {
    const body = sighting({ source: 'hotline', description: 'a caller said' });
    await app.east.dispatcher.does(reportSighting, { body });
    const audit = await row(
      app.database.knex,
      `select actor_kind, actor_id, command, fields from audit where cast(:id as uuid) = any (subject_ids)`,
      { id: body.id },
    );
    expect(audit).toEqual({
      actor_kind: 'user',
      actor_id: app.east.dispatcher.id,
      command: 'reportSighting',
      fields: expect.arrayContaining(['id', 'description', 'source']) as string[],
    });
    expect(JSON.stringify(audit)).not.toContain('caller');
  });

  it('do not need a session: the audit knows the public too', async () => {
    const { id } = await report(app);
    expect(
      await row(
        app.database.knex,
        `select actor_kind, actor_id from audit where cast(:id as uuid) = any (subject_ids)`,
        { id },
      ),
    ).toEqual({ actor_kind: 'public', actor_id: null });
  });
});
