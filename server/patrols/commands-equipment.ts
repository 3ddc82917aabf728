/** Vehicles and tracking devices: kept by managers, told to nobody live. */
import type * as z from 'zod/mini';
import type {
  createDevice,
  createVehicle,
  DeviceRow,
  updateDevice,
  updateVehicle,
  VehicleRow,
} from '../../shared/patrols.ts';
import { fieldProblem, Problem } from '../../shared/problems.ts';
import type { Context } from '../context.ts';
import { row, rows } from '../db/rows.ts';
import { inSubtreeSql, scopeOf } from '../db/scope.ts';
import { record } from '../realtime/record.ts';
import { stationFor } from '../stations/commands.ts';
import { lockedPatrolIn, patrolInScope } from './queries.ts';
import { deviceRows, lockedDevice, lockedVehicle, vehicleRows } from './queries-equipment.ts';

type NewVehicle = z.infer<NonNullable<typeof createVehicle.body>>;
type NewDevice = z.infer<NonNullable<typeof createDevice.body>>;
type VehicleUpdate = z.infer<NonNullable<typeof updateVehicle.body>>;
type DeviceUpdate = z.infer<NonNullable<typeof updateDevice.body>>;

/** Adds a vehicle to a station of the subtree. */
export async function addVehicle(ctx: Context, body: NewVehicle): Promise<VehicleRow> {
  await rows(
    ctx.db,
    `insert into vehicles (id, station_id, name, plate, seats, created_at)
     values (cast(:id as uuid), cast(:stationId as uuid), :name, cast(:plate as text), cast(:seats as integer), :now)`,
    {
      id: body.id,
      stationId: (await stationFor(ctx, body.stationId)).id,
      name: body.name,
      plate: body.plate ?? null,
      seats: body.seats,
      now: ctx.now(),
    },
  );
  const [added] = await vehicleRows(ctx.db, [body.id]);
  if (!added) throw new Error('a vehicle was not written');
  return added;
}

/** Changes a vehicle; 409 in_use (/active) while a patrol is out in it, version_conflict with the current row. */
export async function changeVehicle(ctx: Context, id: string, body: VehicleUpdate): Promise<VehicleRow> {
  const known = await lockedVehicle(ctx.db, scopeOf(ctx).scope, id);
  if (!known) throw new Problem('not_found');
  if (known.version !== body.version) throw new Problem('version_conflict', [], { current: known });
  const patrol = await lockedPatrolIn(ctx.db, id);
  if (body.active === false && patrol) throw fieldProblem('/active', 'in_use', 'a patrol is out in it', 'in_use');
  const name = body.name ?? known.name;
  await rows(
    ctx.db,
    `update vehicles set name = :name, plate = cast(:plate as text), seats = cast(:seats as integer), active = :active, version = version + 1
     where id = cast(:id as uuid)`,
    {
      id,
      name,
      plate: body.plate === undefined ? known.plate : body.plate,
      seats: body.seats ?? known.seats,
      active: body.active ?? known.active,
    },
  );
  // A patrol carries the name of its vehicle.
  if (patrol && name !== known.name)
    record(ctx, {
      type: 'patrol.changed',
      stationId: patrol.stationId,
      rows: { patrols: [{ ...patrol, vehicleName: name }] },
    });
  const [changed] = await vehicleRows(ctx.db, [id]);
  if (!changed) throw new Error('a vehicle was not written');
  return changed;
}

/** A device rides with one patrol or stays in one vehicle, in the caller's subtree. */
async function judgeBinding(ctx: Context, patrolId: string | null, vehicleId: string | null): Promise<void> {
  if (patrolId !== null && vehicleId !== null)
    throw fieldProblem('/vehicleId', 'one_only', 'a device belongs to a patrol or to a vehicle');
  const { scope } = scopeOf(ctx);
  if (patrolId !== null && !(await patrolInScope(ctx.db, scope, patrolId)))
    throw fieldProblem('/patrolId', 'not_found', 'no such patrol here', 'not_found');
  if (vehicleId === null) return;
  const found = await row(
    ctx.db,
    `select v.id from vehicles v where v.id = cast(:vehicleId as uuid) and ${inSubtreeSql('v.station_id')}`,
    { vehicleId, scope },
  );
  if (!found) throw fieldProblem('/vehicleId', 'not_found', 'no such vehicle here', 'not_found');
}

async function deviceRow(ctx: Context, id: string): Promise<DeviceRow> {
  const [found] = await deviceRows(ctx.db, [id]);
  if (!found) throw new Error('a device was not written');
  return found;
}

/** Registers a device; 409 taken (/uniqueId) when another has the same identifier. */
export async function addDevice(ctx: Context, body: NewDevice): Promise<DeviceRow> {
  const patrolId = body.patrolId ?? null;
  const vehicleId = body.vehicleId ?? null;
  await judgeBinding(ctx, patrolId, vehicleId);
  const added = await row(
    ctx.db,
    `insert into devices (id, station_id, unique_id, label, patrol_id, vehicle_id, speed_unit, token_required, created_at)
     values (cast(:id as uuid), cast(:stationId as uuid), :uniqueId, :label, cast(:patrolId as uuid), cast(:vehicleId as uuid), :speedUnit, :tokenRequired, :now)
     on conflict (unique_id) do nothing returning id`,
    {
      id: body.id,
      stationId: (await stationFor(ctx, body.stationId)).id,
      uniqueId: body.uniqueId,
      label: body.label ?? body.uniqueId,
      patrolId,
      vehicleId,
      // what Traccar's client sends
      speedUnit: body.speedUnit ?? 'kn',
      tokenRequired: body.tokenRequired ?? false,
      now: ctx.now(),
    },
  );
  if (!added) throw fieldProblem('/uniqueId', 'taken', 'another device has this identifier', 'taken');
  return deviceRow(ctx, body.id);
}

/** Changes a device. Binding it to a vehicle takes it from its patrol, and the other way round. */
export async function changeDevice(ctx: Context, id: string, body: DeviceUpdate): Promise<DeviceRow> {
  const known = await lockedDevice(ctx.db, scopeOf(ctx).scope, id);
  if (!known) throw new Problem('not_found');
  if (known.version !== body.version) throw new Problem('version_conflict', [], { current: known });
  const bindsPatrol = typeof body.patrolId === 'string';
  const bindsVehicle = typeof body.vehicleId === 'string';
  const patrolId = body.patrolId === undefined ? (bindsVehicle ? null : known.patrolId) : body.patrolId;
  const vehicleId = body.vehicleId === undefined ? (bindsPatrol ? null : known.vehicleId) : body.vehicleId;
  await judgeBinding(ctx, patrolId, vehicleId);
  await rows(
    ctx.db,
    `update devices set label = :label, speed_unit = :speedUnit, active = :active, token_required = :tokenRequired, patrol_id = cast(:patrolId as uuid), vehicle_id = cast(:vehicleId as uuid), version = version + 1
     where id = cast(:id as uuid)`,
    {
      id,
      label: body.label ?? known.label,
      speedUnit: body.speedUnit ?? known.speedUnit,
      active: body.active ?? known.active,
      tokenRequired: body.tokenRequired ?? known.tokenRequired,
      patrolId,
      vehicleId,
    },
  );
  return deviceRow(ctx, id);
}
