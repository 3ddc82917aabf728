/** The history of counts: one row for each time that somebody counted heads, and for whatever changed what there is to count. */
import { randomUUID } from 'node:crypto';
import type { ShelterCount } from '../../shared/shelters.ts';
import { type Context, userIdOf } from '../context.ts';
import { one } from '../db/rows.ts';
import { COUNT } from './queries-counts.ts';

/** What somebody counted; without it the service notes what it knows itself. */
interface Counted {
  id: string;
  people: number;
  note: string | null;
}

/** Writes down a count under the shelter's lock, beside what is registered at that moment; the house's count is then fresh. */
export async function writeCount(
  ctx: Context,
  shelterId: string,
  source: ShelterCount['source'],
  counted: Counted | null,
): Promise<ShelterCount> {
  return one<ShelterCount>(
    ctx.db,
    `with fresh as (
       update shelters set counted_at = :now where id = cast(:shelterId as uuid) returning id, surge_open
     ), c as (
       insert into shelter_counts (id, shelter_id, at, source, counted, registered, held, total, note, recorded_by)
       select cast(:id as uuid), f.id, :now, :source, cast(:counted as integer),
         coalesce((select sum(t.people) from stays t where t.shelter_id = f.id and t.left_at is null), 0),
         coalesce((select sum(h.people) from holds h where h.shelter_id = f.id and h.status = 'held' and h.expires_at > :now), 0),
         coalesce((select sum(b.total + case when f.surge_open then b.surge else 0 end) from shelter_beds b where b.shelter_id = f.id), 0),
         cast(:note as text), cast(:userId as uuid)
       from fresh f returning *
     ) select ${COUNT} from c`,
    {
      id: counted?.id ?? randomUUID(),
      shelterId,
      now: ctx.now(),
      source,
      counted: counted?.people ?? null,
      note: counted?.note ?? null,
      userId: userIdOf(ctx.actor),
    },
  );
}

/**
 * Notes who is there, what is held and what there is, after an arrival, a departure or a change of what there is; the count of
 * the house is then fresh. Call it under the shelter's lock, after the change and before the shelter's row is read for the fact.
 */
export async function noteCount(
  ctx: Context,
  shelterId: string,
  source: 'arrival' | 'departure' | 'capacity',
): Promise<void> {
  await writeCount(ctx, shelterId, source, null);
}
