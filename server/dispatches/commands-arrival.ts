/** Places held for a running job are tied to when its patrol should be there. */
import type { Context } from '../context.ts';
import { followEstimates } from '../shelters/commands-hold-times.ts';
import type { Estimates } from '../shelters/commands-holds.ts';
import { arrivalAt } from './arrival.ts';
import { awaited, tripsOf, type Underway } from './queries-arrival.ts';
import { paceIn } from './queries-field.ts';

const arrivalOf = ({ trip, field, area }: Underway, now: Date): Date | null =>
  arrivalAt(trip, paceIn(field, area, now), now);

/** When the patrols of these holds' jobs should be at their houses, by the hold; without those of whom nobody can say, or whose job is over. */
export const etasOf: Estimates = async (db, holds, now) =>
  new Map(
    (await tripsOf(db, holds)).flatMap(({ holdId, ...way }) => {
      const etaAt = arrivalOf(way, now);
      return etaAt === null ? [] : [[holdId, etaAt] as const];
    }),
  );

/**
 * Looks where the patrols are that bring people, and keeps their beds until they should be there; gives how many holds moved, so that
 * the caller goes on while there are any.
 */
export async function followArrivals(ctx: Context): Promise<number> {
  const now = ctx.now();
  const estimates = (await awaited(ctx.db, now)).flatMap(({ holdId, shelterId, ...way }) => {
    const etaAt = arrivalOf(way, now);
    return etaAt === null ? [] : [{ holdId, shelterId, etaAt }];
  });
  return estimates.length === 0 ? 0 : followEstimates(ctx, estimates);
}
