import type * as z from 'zod/mini';
import { fieldProblem } from '../../shared/problems.ts';
import type { readTally, Tally, TallyCounts } from '../../shared/tally.ts';
import type { Context } from '../context.ts';
import { scopeOf } from '../db/scope.ts';
import { frameOf, type TallyLine, tallyLines } from './queries.ts';

type Query = z.infer<NonNullable<typeof readTally.query>>;

const DAY = /^\d{4}-\d{2}-\d{2}$/;
/** Before it there was nothing to count, and year 0 is no date of the database. */
const FIRST_YEAR = 2000;

function judgeBound(text: string | undefined, name: 'from' | 'to' | 'asOf'): void {
  if (text === undefined) return;
  if (Number(text.slice(0, 4)) < FIRST_YEAR)
    throw fieldProblem(`/query/${name}`, 'range', `from ${String(FIRST_YEAR)} on`);
}

const countsOf = ({
  peopleHelped,
  refused,
  notFound,
  patrolPersonTimes,
  vehicleTimes,
  itemsHandedOut,
  placesOpened,
}: TallyLine): TallyCounts => ({
  peopleHelped,
  refused,
  notFound,
  patrolPersonTimes,
  vehicleTimes,
  itemsHandedOut,
  placesOpened,
});

/** The tally of a range, as of a moment (now unless said). 404 for a station outside the caller's subtree, 422 for a range that ends before it starts or is longer than 3 years. */
export async function tallyOf(ctx: Context, query: Query): Promise<Tally> {
  judgeBound(query.from, 'from');
  judgeBound(query.to, 'to');
  judgeBound(query.asOf, 'asOf');
  const { scope } = scopeOf(ctx);
  const frame = await frameOf(ctx.db, scope, {
    station: query.station ?? scope,
    from: query.from,
    to: query.to,
    fromIsDay: DAY.test(query.from),
    toIsDay: DAY.test(query.to),
  });
  if (!frame) throw fieldProblem('/query/station', 'not_found', 'no such station here', 'not_found');
  if (!frame.ordered) throw fieldProblem('/query/to', 'range', 'ends before it starts');
  if (frame.tooLong) throw fieldProblem('/query/to', 'range', 'longer than 3 years');
  const asOf = query.asOf === undefined ? ctx.now() : new Date(query.asOf);
  const lines = await tallyLines(ctx.db, frame, asOf);
  const [all] = lines.filter(({ kind }) => kind === 'all');
  if (!all) throw new Error('a tally has no sum');
  return {
    from: query.from,
    to: query.to,
    asOf: asOf.toISOString(),
    timeZone: frame.timeZone,
    ...countsOf(all),
    byStation: lines.flatMap((line) =>
      line.stationId === null ? [] : [{ stationId: line.stationId, name: line.name ?? '', ...countsOf(line) }],
    ),
    byDay: lines.flatMap((line) => (line.day === null ? [] : [{ day: line.day, ...countsOf(line) }])),
  };
}
