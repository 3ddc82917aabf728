/** Registered trackers as their own calls need them. */
import type { Knex } from 'knex';
import type { SpeedUnit } from '../../shared/patrols.ts';
import { rows } from '../db/rows.ts';

type Db = Knex | Knex.Transaction;

export interface KnownDevice {
  id: string;
  uniqueId: string;
  speedUnit: SpeedUnit;
  tokenVersion: number;
  tokenRequired: boolean;
}
/** Devices in use by what they call themselves. */
export const devicesByName = (db: Db, uniqueIds: readonly string[]): Promise<KnownDevice[]> =>
  rows<KnownDevice>(
    db,
    `select d.id, d.unique_id as "uniqueId", d.speed_unit as "speedUnit", d.token_version as "tokenVersion", d.token_required as "tokenRequired"
     from devices d where d.unique_id = any (cast(:uniqueIds as text[])) and d.active`,
    { uniqueIds },
    { prepare: 'devices_by_name' },
  );

/** An outing that a device was or is on, by its own binding or by its vehicle's; epoch ms. */
export interface Outing {
  deviceId: string;
  patrolId: string;
  startedAt: number;
  endedAt: number | null;
}
/** Outings of devices that touch the time from `since` to `until`, the latest first. */
export const outingsOf = (db: Db, deviceIds: readonly string[], since: Date, until: Date): Promise<Outing[]> =>
  rows<Outing>(
    db,
    `select o.device_id as "deviceId", o.id as "patrolId", cast(extract(epoch from o.started_at) * 1000 as float8) as "startedAt",
       cast(extract(epoch from o.ended_at) * 1000 as float8) as "endedAt"
     from (
       select d.id as device_id, p.id, p.started_at, p.ended_at from devices d join patrols p on p.id = d.patrol_id where d.id = any (cast(:deviceIds as uuid[]))
       union all
       select d.id, p.id, p.started_at, p.ended_at from devices d join patrols p on p.vehicle_id = d.vehicle_id where d.id = any (cast(:deviceIds as uuid[]))
     ) o
     where o.started_at <= :until and (o.ended_at is null or o.ended_at >= :since) order by o.started_at desc`,
    { deviceIds, since, until },
    { prepare: 'outings_of_devices' },
  );

/** Devices that were heard of, a column each. */
export interface SeenColumns {
  ids: string[];
  ats: string[];
  batteries: (number | null)[];
}
/** Writes when devices were last heard of; their version stays, because nobody changed them. */
export async function writeSeen(db: Db, seen: SeenColumns): Promise<void> {
  await rows(
    db,
    `update devices d set last_seen_at = f.at, battery = coalesce(f.battery, d.battery)
     from unnest(cast(:ids as uuid[]), cast(:ats as timestamptz[]), cast(:batteries as real[])) as f (id, at, battery)
     where d.id = f.id and (d.last_seen_at is null or d.last_seen_at <= f.at)`,
    { ...seen },
    { prepare: 'write_seen' },
  );
}
