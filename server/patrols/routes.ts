import {
  answerRollCall,
  createDevice,
  createVehicle,
  listCrewMembers,
  listDevices,
  listPatrols,
  listVehicles,
  readDeviceSetup,
  startPatrol,
  updateDevice,
  updatePatrol,
  updateVehicle,
} from '../../shared/patrols.ts';
import { staffOf } from '../context.ts';
import { scopeOf } from '../db/scope.ts';
import { cursorOf, pageOf } from '../http/paging.ts';
import { type Route, route } from '../http/route.ts';
import { view, viewerOf } from '../realtime/audience.ts';
import { setUpDevice } from './commands-device-setup.ts';
import { addDevice, addVehicle, changeDevice, changeVehicle } from './commands-equipment.ts';
import { answerCall } from './commands-roll-call.ts';
import { changePatrol, goOut } from './commands.ts';
import { devicePage, vehiclePage } from './queries-equipment.ts';
import { crewPage, patrolPage } from './queries.ts';

/** Endpoints of patrols, vehicles and devices. */
export const patrolRoutes: Route[] = [
  route(listVehicles, async (ctx, { query }) => {
    const page = cursorOf(query);
    return pageOf(await vehiclePage(ctx.db, scopeOf(ctx).scope, page), page.limit, ({ id }) => id);
  }),
  route(createVehicle, (ctx, { body }) => addVehicle(ctx, body)),
  route(updateVehicle, (ctx, { params, body }) => changeVehicle(ctx, params.id, body)),
  route(listPatrols, async (ctx, { query }) => {
    const page = cursorOf(query);
    const viewer = viewerOf(staffOf(ctx));
    const { items, nextCursor } = pageOf(
      await patrolPage(ctx.db, viewer.stationId, query.status, page),
      page.limit,
      ({ id }) => id,
    );
    return { items: items.flatMap((patrol) => view('patrols', patrol, viewer) ?? []), nextCursor };
  }),
  route(listCrewMembers, async (ctx, { query }) => {
    const page = cursorOf(query);
    return pageOf(await crewPage(ctx.db, scopeOf(ctx).scope, page), page.limit, ({ id }) => id);
  }),
  route(startPatrol, (ctx, { body }) => goOut(ctx, body)),
  route(updatePatrol, (ctx, { params, body }) => changePatrol(ctx, params.id, body)),
  route(answerRollCall, (ctx, { params, body }) => answerCall(ctx, params.id, body)),
  route(listDevices, async (ctx, { query }) => {
    const page = cursorOf(query);
    return pageOf(await devicePage(ctx.db, scopeOf(ctx).scope, page), page.limit, ({ id }) => id);
  }),
  route(createDevice, (ctx, { body }) => addDevice(ctx, body)),
  route(updateDevice, (ctx, { params, body }) => changeDevice(ctx, params.id, body)),
  route(readDeviceSetup, (ctx, { params, body, origin }) => setUpDevice(ctx, params.id, body.renew === true, origin)),
];
