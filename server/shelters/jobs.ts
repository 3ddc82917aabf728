import type { Context } from '../context.ts';
import { rows } from '../db/rows.ts';
import { endHolds, tellHolds } from './commands-holds.ts';

/** Holds ended in one transaction, so that nobody waits long for their locks. */
const BATCH = 500;

/**
 * Says of up to 500 holds whose time is over that they have expired; gives how many, so that the caller goes on while there
 * are any. Beds are free from the stored time on, with or without it.
 */
export async function expireHolds(ctx: Context): Promise<number> {
  const due = await rows<{ id: string }>(
    ctx.db,
    // one that a command holds is about to end anyway
    `select id from holds where status = 'held' and expires_at <= :now order by id limit :batch for no key update skip locked`,
    { now: ctx.now(), batch: BATCH },
  );
  if (due.length === 0) return 0;
  const expired = await endHolds(
    ctx,
    due.map(({ id }) => id),
    'expired',
  );
  tellHolds(ctx, 'hold.expired', expired);
  return expired.length;
}
