/** Tokens that act for other systems. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { rows } from '../../server/db/rows.ts';
import { listIncidents } from '../../shared/incidents.ts';
import { reportSighting } from '../../shared/sightings.ts';
import { createToken, listTokens, revokeToken, whoAmI } from '../../shared/users.ts';
import { useApp } from '../kit/app.ts';
import { incidentOf, report, sighting } from '../kit/builders.ts';
import { hours } from '../kit/clock.ts';
import { person, type Person } from '../kit/people.ts';

const app = useApp();
const bearer = (token: string): Person =>
  person(app.url, { id: '', role: 'dispatcher', stationId: '', cookie: null, bearer: token });
const make = (over: object = {}, by = app.east.admin) =>
  by.call(createToken, {
    body: {
      id: randomUUID(),
      stationId: app.stations.east,
      name: 'City platform',
      role: 'dispatcher',
      ...over,
    } as never,
  });

describe('a token', () => {
  it('tells its secret once, and opens the doors of its role in its subtree, without a browser’s header', async () => {
    const { status, body } = await make();
    expect(status).toBe(201);
    expect(body).toMatchObject({
      name: 'City platform',
      role: 'dispatcher',
      stationId: app.stations.east,
      expiresAt: null,
      revokedAt: null,
    });
    expect(JSON.stringify((await app.east.admin.does(listTokens)).items)).not.toContain(body.token);
    expect(
      JSON.stringify([
        await rows(app.database.knex, `select * from api_tokens`),
        await rows(app.database.knex, `select * from idempotency_keys`),
      ]),
    ).not.toContain(body.token);
    const machine = bearer(body.token);
    const here = await report(app);
    const there = await report(app, { position: { type: 'Point', coordinates: [108.92, 34.26] } });
    expect((await machine.does(listIncidents)).items.map(({ id }) => id)).toEqual([here.incidentId]);
    await expect(incidentOf(machine, there.incidentId)).rejects.toThrow('404');
    const own = sighting({ source: 'partner' });
    await machine.does(reportSighting, { body: own });
    expect(
      await rows(
        app.database.knex,
        `select actor_kind as kind, actor_id as id from audit where cast(:id as uuid) = any (subject_ids)`,
        { id: own.id },
      ),
    ).toEqual([{ kind: 'token', id: body.id }]);
    expect(
      (
        await machine.call(createToken, {
          body: { id: randomUUID(), stationId: app.stations.east, name: 'x', role: 'admin' },
        })
      ).status,
    ).toBe(403);
    expect((await machine.call(whoAmI)).status).toBe(401);
  });

  it('ends at its time', async () => {
    const { body } = await make({ expiresAt: new Date(app.clock.now().getTime() + hours(1)).toISOString() });
    const machine = bearer(body.token);
    expect((await machine.call(listIncidents)).status).toBe(200);
    app.clock.advance(hours(1));
    expect((await machine.call(listIncidents)).status).toBe(401);
  });

  it('may be given any time that ISO 8601 has', async () => {
    expect((await make({ expiresAt: '2027-01-01T00:00:00+23:59' })).body).toMatchObject({
      expiresAt: '2026-12-31T00:01:00.000Z',
    });
    expect((await make({ expiresAt: '0000-01-01T00:00:00Z' })).status).toBe(422);
  });

  it('ends at once when revoked, by its own people only', async () => {
    const { body } = await make();
    expect((await app.west.admin.call(revokeToken, { params: { id: body.id } })).status).toBe(404);
    expect((await app.west.admin.does(listTokens)).items).toEqual([]);
    expect(await app.east.admin.does(revokeToken, { params: { id: body.id } })).toMatchObject({
      revokedAt: app.clock.now().toISOString(),
    });
    expect((await bearer(body.token).call(listIncidents)).status).toBe(401);
  });

  it('acts for no crew and no shelter, and for no station beside', async () => {
    for (const role of ['crew', 'shelter', 'root']) expect((await make({ role })).status).toBe(422);
    expect(await make({ stationId: app.stations.root })).toMatchObject({
      status: 404,
      body: { errors: [{ path: '/stationId' }] },
    });
  });

  it('is none that is random, cut or of another kind', async () => {
    const { body } = await make();
    for (const token of [body.token.slice(0, -1), `${body.token}x`, 'x'.repeat(43), 'x'])
      expect((await bearer(token).call(listIncidents)).status, token).toBe(401);
    expect(
      (await app.anyone.fetch('/api/incidents', { headers: { authorization: `Basic ${body.token}` } })).status,
    ).toBe(401);
  });
});
