import { readTrack, readTrackGpx, sendHeartbeat, takePositions } from '../../shared/positions.ts';
import { Problem } from '../../shared/problems.ts';
import { staffOf } from '../context.ts';
import { scopeOf } from '../db/scope.ts';
import { ownRoute, rawRoute, type Route, route } from '../http/route.ts';
import { takeHeartbeat } from './commands-heartbeat.ts';
import { takeFixes } from './commands.ts';
import { gpxOf } from './gpx.ts';
import { trackOf } from './queries.ts';

/** Endpoints of positions. */
export const positionRoutes: Route[] = [
  ownRoute(takePositions, async (service, actor, { body }) => ({
    status: 202,
    body: await takeFixes(service, actor, body),
  })),
  ownRoute(sendHeartbeat, async (service, actor, { params, body }) => ({
    status: 202,
    body: await takeHeartbeat(service, actor, params.id, body),
  })),
  route(readTrack, async (ctx, { params }) => {
    const track = await trackOf(ctx.db, scopeOf(ctx).scope, params.id);
    if (!track) throw new Problem('not_found');
    return { items: track.points };
  }),
  rawRoute(readTrackGpx, async (service, actor, { params }, { res }) => {
    const track = await trackOf(service.database.knex, staffOf({ actor }).stationId, params.id);
    if (!track) throw new Problem('not_found');
    res.setHeader('Content-Disposition', `attachment; filename="track-${params.id}.gpx"`);
    res.type('application/gpx+xml').send(gpxOf(track.name, track.points));
  }),
];
