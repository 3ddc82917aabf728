/** Giving a temporary place up: its guests are exported, then it closes for good. */
import type { Part } from '../../shared/contract.ts';
import { Problem } from '../../shared/problems.ts';
import { type closeDownShelter, isTemporary, type ShelterView } from '../../shared/shelters.ts';
import type { Context } from '../context.ts';
import { one, rows } from '../db/rows.ts';
import { record } from '../realtime/record.ts';
import { keepOpening, lockShelter, viewOf } from '../shelters/commands.ts';
import { zoneOf } from './dues.ts';
import type { GuestList } from './guests-file.ts';
import { staysOfShelter } from './queries.ts';
import { shelterRows } from '../shelters/queries.ts';

/** All stays of a house for its file, and writes down that they are exported; any later change of a stay takes that back. */
export async function guestsOf(ctx: Context, shelterId: string): Promise<GuestList> {
  const house = await lockShelter(ctx, shelterId);
  const at = ctx.now();
  await rows(ctx.db, `update shelters set exported_at = :at where id = cast(:shelterId as uuid)`, { shelterId, at });
  record(ctx, {
    type: 'shelter.changed',
    stationId: house.stationId,
    rows: { shelters: await shelterRows(ctx.db, [shelterId]) },
  });
  return {
    house: house.name,
    timeZone: await zoneOf(ctx, house.stationId),
    at,
    stays: await staysOfShelter(ctx.db, shelterId),
  };
}

/** Closes a place for good: 409 version_conflict, not_temporary, not_empty while somebody is there or on the way, not_exported. */
export async function closeDown(
  ctx: Context,
  id: string,
  body: Part<(typeof closeDownShelter)['body']>,
): Promise<ShelterView> {
  const known = await lockShelter(ctx, id);
  if (known.version !== body.version) throw new Problem('version_conflict', [], { current: await viewOf(ctx, known) });
  if (!isTemporary(known.kind)) throw new Problem('not_temporary');
  const now = ctx.now();
  const { here, ever } = await one<{ here: boolean; ever: boolean }>(
    ctx.db,
    `select exists (select from stays where shelter_id = cast(:id as uuid) and left_at is null)
         or exists (select from holds where shelter_id = cast(:id as uuid) and status = 'held' and expires_at > :now) as here,
       exists (select from stays where shelter_id = cast(:id as uuid)) as ever`,
    { id, now },
  );
  if (here) throw new Problem('not_empty');
  if (ever && known.exportedAt === null) throw new Problem('not_exported');
  await rows(
    ctx.db,
    `update shelters set status = 'closed', surge_open = false, closed_down_at = :now, version = version + 1 where id = cast(:id as uuid)`,
    { id, now },
  );
  await keepOpening(ctx, id, false);
  const [closed] = await shelterRows(ctx.db, [id]);
  if (!closed) throw new Error('a shelter is gone');
  record(ctx, { type: 'shelter.changed', stationId: closed.stationId, rows: { shelters: [closed] } });
  return viewOf(ctx, closed);
}
