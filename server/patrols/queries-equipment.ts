/** Vehicles and tracking devices. */
import type { Knex } from 'knex';
import type { DeviceRow, VehicleRow } from '../../shared/patrols.ts';
import { asInstant } from '../db/postgis.ts';
import { rows } from '../db/rows.ts';
import { inSubtreeSql } from '../db/scope.ts';
import type { PageAfter } from '../http/paging.ts';

type Db = Knex | Knex.Transaction;

const VEHICLE = `v.id, v.version, v.station_id as "stationId", v.name, v.plate, v.seats, v.active`;
const DEVICE = `d.id, d.version, d.station_id as "stationId", d.unique_id as "uniqueId", d.label, d.patrol_id as "patrolId", d.vehicle_id as "vehicleId",
  d.speed_unit as "speedUnit", d.active, ${asInstant('d.last_seen_at')} as "lastSeenAt", d.battery, d.token_required as "tokenRequired"`;

/** Vehicles by id. */
export const vehicleRows = (db: Db, ids: readonly string[]): Promise<VehicleRow[]> =>
  rows<VehicleRow>(db, `select ${VEHICLE} from vehicles v where v.id = any (cast(:ids as uuid[]))`, { ids });

/** One page of the subtree's vehicles, by name. */
export const vehiclePage = (db: Db, scope: string, page: PageAfter): Promise<VehicleRow[]> =>
  rows<VehicleRow>(
    db,
    `select ${VEHICLE} from vehicles v
     where ${inSubtreeSql('v.station_id')}
       and (cast(:after as uuid) is null or (v.name, v.id) > (select c.name, c.id from vehicles c where c.id = cast(:after as uuid)))
     order by v.name, v.id limit cast(:limit as integer) + 1`,
    { scope, ...page },
  );

/** A vehicle of the subtree, in use or not, locked so that two crews cannot take it at once. */
export async function lockedVehicle(db: Db, scope: string, id: string): Promise<VehicleRow | undefined> {
  const [found] = await rows<VehicleRow>(
    db,
    `select ${VEHICLE} from vehicles v where v.id = cast(:id as uuid) and ${inSubtreeSql('v.station_id')} for no key update of v`,
    { id, scope },
  );
  return found;
}

/** Devices by id. */
export const deviceRows = (db: Db, ids: readonly string[]): Promise<DeviceRow[]> =>
  rows<DeviceRow>(db, `select ${DEVICE} from devices d where d.id = any (cast(:ids as uuid[]))`, { ids });

/** One page of the subtree's devices, by label. */
export const devicePage = (db: Db, scope: string, page: PageAfter): Promise<DeviceRow[]> =>
  rows<DeviceRow>(
    db,
    `select ${DEVICE} from devices d
     where ${inSubtreeSql('d.station_id')}
       and (cast(:after as uuid) is null or (d.label, d.id) > (select c.label, c.id from devices c where c.id = cast(:after as uuid)))
     order by d.label, d.id limit cast(:limit as integer) + 1`,
    { scope, ...page },
  );

/** A device of the subtree, locked until the command ends. */
export async function lockedDevice(db: Db, scope: string, id: string): Promise<DeviceRow | undefined> {
  const [found] = await rows<DeviceRow>(
    db,
    `select ${DEVICE} from devices d where d.id = cast(:id as uuid) and ${inSubtreeSql('d.station_id')} for no key update of d`,
    { id, scope },
  );
  return found;
}
