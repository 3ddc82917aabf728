import type { IncidentRow } from '../../shared/incidents.ts';
import {
  claimIncident,
  closeIncident,
  listDuplicates,
  listIncidents,
  markSeen,
  mergeIncident,
  noteIncident,
  reopenIncident,
  snoozeIncident,
  unclaimIncident,
  unmergeIncident,
  updateIncident,
} from '../../shared/incidents.ts';
import { fieldProblem, Problem } from '../../shared/problems.ts';
import { removeArea } from '../../shared/stations.ts';
import { staffOf } from '../context.ts';
import { cursorOf, pageOf } from '../http/paging.ts';
import { type Route, route } from '../http/route.ts';
import { view, viewerOf } from '../realtime/audience.ts';
import { parseBbox } from '../stations/queries.ts';
import { addNote, changeIncident, openAgain, seeIncident, shutIncident } from './commands.ts';
import { claim, snooze, unclaim } from './commands-claims.ts';
import { merge, unmerge } from './commands-merge.ts';
import { dropArea } from './commands-areas.ts';
import { incidentInScope, newestIncidents } from './queries.ts';
import { coldCursor, coldestIncidents, coldKey } from './queries-cold.ts';
import { duplicatesOf } from './queries-duplicates.ts';

export const incidentRoutes: Route[] = [
  route(removeArea, (ctx, { params }) => dropArea(ctx, params.id)),
  route(listIncidents, async (ctx, { query }) => {
    const staff = staffOf(ctx);
    const cold = query.sort === 'cold';
    const page = cold ? cursorOf(query, coldCursor) : cursorOf(query);
    const bbox = query.bbox === undefined ? null : parseBbox(query.bbox);
    if (bbox === undefined) throw fieldProblem('/query/bbox', 'bbox', 'west,south,east,north in degrees');
    const asked = { status: query.status ?? 'live', bbox, ...page };
    const found = cold
      ? await coldestIncidents(ctx.db, staff.stationId, asked, ctx.now())
      : await newestIncidents(ctx.db, staff.stationId, asked);
    const { items, nextCursor } = pageOf(found, page.limit, cold ? coldKey : ({ id }) => id);
    const viewer = viewerOf(staff);
    return {
      items: items.map((row) => view('incidents', row, viewer)).filter((row): row is IncidentRow => row !== null),
      nextCursor,
    };
  }),
  route(updateIncident, (ctx, { params, body }) => changeIncident(ctx, params.id, body)),
  route(markSeen, (ctx, { params }) => seeIncident(ctx, params.id)),
  route(mergeIncident, (ctx, { params, body }) => merge(ctx, params.id, body.intoId, body.version)),
  route(unmergeIncident, (ctx, { params, body }) => unmerge(ctx, params.id, body.version)),
  route(closeIncident, (ctx, { params, body }) => shutIncident(ctx, params.id, body)),
  route(reopenIncident, (ctx, { params, body }) => openAgain(ctx, params.id, body.version)),
  route(claimIncident, (ctx, { params, body }) => claim(ctx, params.id, body)),
  route(unclaimIncident, (ctx, { params }) => unclaim(ctx, params.id)),
  route(snoozeIncident, (ctx, { params, body }) => snooze(ctx, params.id, body)),
  route(noteIncident, async (ctx, { params, body }) => {
    const noted = await addNote(ctx, params.id, body.text);
    // whoever noted it after the outing was over is on no shift that shows them more
    return view('incidents', noted, viewerOf(staffOf(ctx))) ?? { ...noted, signs: [] };
  }),
  route(listDuplicates, async (ctx, { params }) => {
    const scope = staffOf(ctx).stationId;
    if (!(await incidentInScope(ctx.db, params.id, scope))) throw new Problem('not_found');
    return { items: await duplicatesOf(ctx.db, params.id, scope) };
  }),
];
