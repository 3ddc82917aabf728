import { randomUUID } from 'node:crypto';
import {
  answerCall,
  answerSpotCheck,
  copyRoster,
  createShift,
  createSpotCheck,
  handOverShift,
  listGaps,
  listShifts,
  listSpotChecks,
  readHandOver,
  readSpotChecks,
  removeShift,
  sampleIncidents,
  signIn,
  signOut,
  type SpotCheckRow,
  updateShift,
} from '../../shared/duty.ts';
import type { IncidentRow } from '../../shared/incidents.ts';
import { fieldProblem, Problem } from '../../shared/problems.ts';
import { DAY_MS } from '../../shared/roster.ts';
import { instantOf, localDay } from '../../shared/wall-clock.ts';
import { type Context, staffOf } from '../context.ts';
import { cursorOf, pageOf } from '../http/paging.ts';
import { type Route, route } from '../http/route.ts';
import { incidentRows, timelinesOf } from '../incidents/queries.ts';
import { view, viewerOf } from '../realtime/audience.ts';
import { stationById, stationInScope } from '../stations/queries.ts';
import { addShift, changeShift, dropShift, repeatRoster } from './commands.ts';
import { answer, askNow } from './commands-checks.ts';
import { handOn, leave, sayComing, takeUp } from './commands-presence.ts';
import { flaggedUntil, gapsOf } from './gaps.ts';
import { shiftRows } from './queries.ts';
import { type ChecksAsked, checkPage, checkReport } from './queries-checks.ts';
import { openItemsOf } from './queries-hand-over.ts';
import { shiftPage, stationOfShift } from './queries-roster.ts';
import { drawnIncidents } from './queries-sample.ts';

/** Reports and gaps are asked over at most this: more is not read on a page. */
const LONGEST_MS = 3 * 366 * DAY_MS;
const MONTH_MS = 30 * DAY_MS;
const DEFAULT_SAMPLE = 10;

interface Range {
  from?: string | undefined;
  to?: string | undefined;
}
/** The range asked for, or what stands for a side that was not given; 422 when it ends before it begins or is longer than 3 years. */
function rangeOf({ from, to }: Range, otherwise: { from: number; to: number }): { from: string; to: string } {
  const range = {
    from: from ?? new Date(otherwise.from).toISOString(),
    to: to ?? new Date(otherwise.to).toISOString(),
  };
  if (range.to < range.from) throw fieldProblem('/query/to', 'range', 'ends before it starts');
  if (Date.parse(range.to) - Date.parse(range.from) > LONGEST_MS)
    throw fieldProblem('/query/to', 'range', 'longer than 3 years');
  return range;
}

/** The last thirty days unless said, up to and with now. */
const lately = (ctx: Context, query: Range): { from: string; to: string } => {
  const now = ctx.now().getTime() + 1;
  const to = query.to === undefined ? now : Date.parse(query.to);
  return rangeOf(query, {
    from: to - MONTH_MS,
    to: Math.max(now, query.from === undefined ? 0 : Date.parse(query.from)),
  });
};

/** Today and the next seven days by the wall clock of the caller's station, unless said. */
async function thisWeek(ctx: Context, query: Range): Promise<{ from: string; to: string }> {
  const zone = (await stationById(ctx.db, staffOf(ctx).stationId))?.timeZone ?? 'UTC';
  const today = localDay(zone, query.from === undefined ? ctx.now().getTime() : Date.parse(query.from));
  return rangeOf(query, { from: instantOf(zone, today), to: instantOf(zone, today + 8 * DAY_MS) });
}

/** What somebody may read of spot checks: a dispatcher those of desks, as in the live picture. */
const checksAsked = (ctx: Context, query: Range): ChecksAsked => {
  const { role, stationId } = staffOf(ctx);
  return { scope: stationId, target: role === 'dispatcher' ? 'desk' : null, ...lately(ctx, query) };
};

export const dutyRoutes: Route[] = [
  route(listShifts, async (ctx, { query }) => {
    const page = cursorOf(query);
    const found = await shiftPage(ctx.db, staffOf(ctx).stationId, await thisWeek(ctx, query), page);
    return pageOf(found, page.limit, ({ id }) => id);
  }),
  route(createShift, (ctx, { body }) => addShift(ctx, body)),
  route(updateShift, (ctx, { params, body }) => changeShift(ctx, params.id, body)),
  route(removeShift, (ctx, { params }) => dropShift(ctx, params.id)),
  route(copyRoster, (ctx, { body }) => repeatRoster(ctx, body)),
  route(listGaps, async (ctx, { query }) => {
    const { stationId } = staffOf(ctx);
    const station = await stationInScope(ctx.db, query.stationId ?? stationId, stationId);
    if (!station) throw fieldProblem('/query/stationId', 'not_found', 'no such station here', 'not_found');
    const now = ctx.now().getTime();
    const from = query.from === undefined ? now : Date.parse(query.from);
    const ahead = (await flaggedUntil(ctx, station.id)) - now;
    const range = rangeOf(query, { from: now, to: from + ahead });
    return { items: await gapsOf(ctx, station.id, range.from, range.to) };
  }),
  route(signIn, (ctx, { params, body }) => takeUp(ctx, params.id, body)),
  route(signOut, (ctx, { params, body }) => leave(ctx, params.id, body)),
  route(readHandOver, async (ctx, { params }) => {
    const at = await stationOfShift(ctx.db, staffOf(ctx).stationId, params.id);
    const [shift] = at ? await shiftRows(ctx.db, [params.id]) : [];
    if (!shift) throw new Problem('not_found');
    // what was handed over stays as it was at that moment
    const open = shift.handOver?.takenAt ? shift.handOver.open : await openItemsOf(ctx.db, shift.stationId);
    return { open, handOver: shift.handOver };
  }),
  route(handOverShift, (ctx, { params, body }) => handOn(ctx, params.id, body)),
  route(answerCall, async (ctx, { params, body }) => {
    const shift = await sayComing(ctx, params.id, body);
    return view('shifts', shift, viewerOf(staffOf(ctx))) ?? shift;
  }),
  route(listSpotChecks, async (ctx, { query }) => {
    const page = cursorOf(query);
    const viewer = viewerOf(staffOf(ctx));
    const { items, nextCursor } = pageOf(
      await checkPage(ctx.db, checksAsked(ctx, query), page),
      page.limit,
      ({ id }) => id,
    );
    return {
      items: items
        .map((check) => view('checks', check, viewer))
        .filter((check): check is SpotCheckRow => check !== null),
      nextCursor,
    };
  }),
  route(createSpotCheck, (ctx, { body }) => askNow(ctx, body)),
  route(answerSpotCheck, (ctx, { params }) => answer(ctx, params.id)),
  route(readSpotChecks, (ctx, { query }) => checkReport(ctx.db, checksAsked(ctx, query))),
  route(sampleIncidents, async (ctx, { query }) => {
    const staff = staffOf(ctx);
    const seed = query.seed ?? randomUUID();
    const range = lately(ctx, query);
    const count = Number(query.count ?? DEFAULT_SAMPLE);
    const { among, ids } = await drawnIncidents(ctx.db, { scope: staff.stationId, ...range, seed, count });
    // whose look it was is written down with each incident that was shown
    ctx.subjects.push(...ids);
    const incidents = new Map((await incidentRows(ctx.db, ids)).map((incident) => [incident.id, incident]));
    const timelines = await timelinesOf(ctx.db, ids);
    const viewer = viewerOf(staff);
    return {
      seed,
      among,
      items: ids.flatMap((id) => {
        const found: IncidentRow | undefined = incidents.get(id);
        const incident = found && view('incidents', found, viewer);
        return incident ? [{ incident, timeline: timelines.get(id) ?? [] }] : [];
      }),
    };
  }),
];
