/** Short ways to say what moves between stores. */
import { randomUUID } from 'node:crypto';
import { rows } from '../../server/db/rows.ts';
import { runCommand } from '../../server/realtime/command.ts';
import { handOut, type HandedOut } from '../../server/supplies/commands.ts';
import { createDepot, createItem, listStock, moveSupplies, type StockRow } from '../../shared/supplies.ts';
import type { TestApp } from '../kit/app.ts';
import type { Person } from '../kit/people.ts';

/** A movement as anybody might send it, sense or not. */
export interface Move {
  itemId: string;
  quantity: number;
  from: { kind: string; id?: string };
  to: { kind: string; id?: string };
  reason: string;
  at?: string;
  note?: string;
  batch?: { code?: string; expiresOn?: string };
  batchId?: string;
}
export const move = (
  by: Person,
  body: Move,
): ReturnType<typeof by.call<undefined, undefined, typeof moveSupplies.body, typeof moveSupplies.reply>> =>
  by.call(moveSupplies, { body: { id: randomUUID(), ...body } as never });

export const newItem = async (by: Person, kind: 'bedding' | 'food' | 'card' = 'bedding'): Promise<string> =>
  (
    await by.does(createItem, {
      body: { id: randomUUID(), name: `Quilt ${randomUUID().slice(0, 8)}`, nameZh: '棉被', unit: 'piece', kind },
    })
  ).id;
export const newDepot = async (by: Person): Promise<string> =>
  (await by.does(createDepot, { body: { id: randomUUID(), name: 'Depot' } })).id;

/** What lies of an item in a place, as the stock list says; undefined for nothing. */
export const stockAt = async (app: TestApp, placeId: string, itemId: string): Promise<StockRow | undefined> =>
  (await app.root.manager.does(listStock, { query: { limit: '500' } })).items.find(
    (stock) => stock.place.id === placeId && stock.itemId === itemId,
  );

/** A meeting at which things are given, written down by a dispatcher. */
export async function give(
  app: TestApp,
  patrolId: string | null,
  items: { itemId: string; quantity: number }[],
  { person = app.east.dispatcher, stationId = app.stations.east } = {},
): Promise<HandedOut> {
  const encounterId = randomUUID();
  await rows(
    app.database.knex,
    `insert into encounters (id, station_id, patrol_id, position, at, recorded_at, set_by_desk, not_found_reason)
     values (cast(:encounterId as uuid), cast(:stationId as uuid), cast(:patrolId as uuid), st_setsrid(st_makepoint(108.97, 34.26), 4326)::geography, :now, :now, false, null)`,
    { encounterId, stationId, patrolId, now: app.clock.now() },
  );
  const actor = {
    kind: 'user',
    id: person.id,
    role: 'dispatcher',
    stationId: person.stationId,
    stationPath: [],
    shelterId: null,
    patrolId: null,
    sessionId: null,
    mustEnrol: false,
  } as const;
  return runCommand(app.service, actor, { command: 'test', subjectIds: [], fields: [] }, (ctx) =>
    handOut(ctx, { encounterId, patrolId, items, at: ctx.now(), stationId }),
  );
}
