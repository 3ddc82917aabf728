/** Places held for a running job are tied to when its patrol should be there. */
import type { Part } from '../../shared/contract.ts';
import type { holdBed, HoldRow } from '../../shared/shelters.ts';
import type { Context } from '../context.ts';
import { followEstimates } from '../shelters/commands-hold-times.ts';
import { holdBeds } from '../shelters/commands-holds.ts';
import { arrivalAt } from './arrival.ts';
import { awaited, tripTo, type Underway } from './queries-arrival.ts';
import { paceIn } from './queries-field.ts';

const arrivalOf = ({ trip, field, area }: Underway, now: Date): Date | null =>
  arrivalAt(trip, paceIn(field, area, now), now);

/** When the patrol of a job should be at a house; null when nobody can say, or the job is over. */
export async function etaOf(ctx: Context, dispatchId: string, shelterId: string): Promise<Date | null> {
  const found = await tripTo(ctx.db, dispatchId, shelterId);
  return found === undefined ? null : arrivalOf(found, ctx.now());
}

/** The endpoint: places held, for a job until its patrol should be there. */
export const holdOnTheWay = (ctx: Context, shelterId: string, body: Part<(typeof holdBed)['body']>): Promise<HoldRow> =>
  holdBeds(ctx, shelterId, body, (dispatchId) => etaOf(ctx, dispatchId, shelterId));

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
