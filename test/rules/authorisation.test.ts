/** Every endpoint, every role, the own station and the other one: who may is a table, and the service keeps to it. */
import { beforeAll, describe, expect, it } from 'vitest';
import { rows } from '../../server/db/rows.ts';
import { type TestApp, useApp } from '../kit/app.ts';
import { call } from './calling.ts';
import { type Column, columns, createWorld, matrix, may, testerOf, type World } from './matrix.ts';

/** Ids of everything that belongs to the east station. */
async function idsOfEast(app: TestApp): Promise<string[]> {
  const { name: tables } = (
    await rows<{ name: string[] }>(
      app.database.knex,
      `select array_agg(table_name::text order by table_name) as name from information_schema.columns
       where table_schema = 'public' and column_name = 'station_id' and table_name not in ('alert_messages', 'audit', 'coverage_cells', 'events', 'presence', 'rules')`,
    )
  )[0] ?? { name: [] };
  const sql = tables
    .map((table) => `select id from ${table} where station_id = cast(:east as uuid)`)
    .join(' union all ');
  const found = await rows<{ id: string }>(app.database.knex, `${sql} union all select cast(:east as uuid)`, {
    east: app.stations.east,
  });
  return found.map(({ id }) => id);
}

describe('authorisation', () => {
  const app = useApp();
  let world: World;
  beforeAll(async () => {
    world = await createWorld(app);
  });

  it('has a row for every endpoint, and none for what is gone', () => {
    expect(Object.keys(matrix).sort()).toEqual(app.running.routes.map(({ endpoint }) => endpoint.name).sort());
    for (const [name, line] of Object.entries(matrix)) expect(line.may, name).toMatch(/^[yn]{8}$/);
  });

  it('says the same as the contract from which clients and OpenAPI are made', () => {
    for (const { endpoint } of app.running.routes) {
      // whoever holds the report's link, which the contract cannot say
      if (endpoint.name === 'addPhoto') continue;
      const open = columns.filter(
        (column) => endpoint.who === 'public' || (column !== 'public' && endpoint.who.includes(column)),
      );
      expect(open, endpoint.name).toEqual(
        columns.filter((column) => may(column, matrix[endpoint.name] ?? { may: '', foreign: 404, ask: () => ({}) })),
      );
    }
  });

  it.each(Object.entries(matrix))('%s', async (name, line) => {
    const endpoint = app.running.routes.find((route) => route.endpoint.name === name)?.endpoint;
    if (!endpoint) throw new Error('no such endpoint');
    const answers: { text: string }[] = [];
    const ask = async (side: 'east' | 'west', column: Column): ReturnType<typeof call> => {
      const who = testerOf(app, side, column);
      const asked = await line.ask(world, column, who);
      return call(endpoint, asked.as ?? who, asked);
    };
    for (const column of columns) {
      const own = await ask('east', column);
      const refusal = column === 'public' ? 401 : 403;
      if (!may(column, line)) {
        expect([column, own.status, own.text]).toEqual([
          column,
          refusal,
          expect.stringContaining(column === 'public' ? '"unauthorized"' : '"forbidden"'),
        ]);
        continue;
      }
      expect([column, own.status, own.text.slice(0, 300)]).toEqual([column, endpoint.status, expect.anything()]);
      answers.push(own);
      // the reply's schema knows every field, and every field is there
      if (own.json !== null) expect(endpoint.reply.parse(own.json), `${column}'s answer`).toEqual(own.json);
      if (column === 'public') continue;
      const foreign = await ask('west', column);
      if (line.foreign === 404)
        expect([column, foreign.status, foreign.text]).toEqual([column, 404, expect.stringContaining('"not_found"')]);
      else
        expect([column, foreign.status, foreign.text.slice(0, 300)]).toEqual([
          column,
          endpoint.status,
          expect.anything(),
        ]);
      if (line.foreign === 'unseen')
        expect(
          (await idsOfEast(app)).filter((each) => foreign.text.includes(each)),
          `${column} of the other station sees`,
        ).toEqual([]);
    }
    if (line.foreign === 'unseen') {
      const ids = await idsOfEast(app);
      expect(
        answers.some(({ text }) => ids.some((each) => text.includes(each))),
        'somebody sees something at all',
      ).toBe(true);
    }
  });

  it('the root station sees what lies below it', async () => {
    for (const name of ['listIncidents', 'readSnapshot', 'listPatrols', 'listShelters']) {
      const endpoint = app.running.routes.find((route) => route.endpoint.name === name)?.endpoint;
      if (!endpoint) throw new Error('no such endpoint');
      const { text } = await call(endpoint, app.root.dispatcher, {});
      const ids = await idsOfEast(app);
      expect(
        ids.some((each) => text.includes(each)),
        name,
      ).toBe(true);
    }
  });

  it('socket: every signed-in role, and nobody else', async () => {
    await expect(app.anyone.listen(0)).rejects.toThrow('unauthorized');
    for (const column of columns) {
      if (column === 'public') continue;
      const ear = await testerOf(app, 'east', column).listen();
      await ear.until(({ resets }) => resets === 1);
      ear.close();
    }
  });
});
