/** When patrols were last heard of: by a heartbeat, or by a fix, which needs none. */
import type { Knex } from 'knex';
import type { TrackingReport } from '../../shared/positions.ts';
import { rows } from '../db/rows.ts';
import { inSubtreeSql } from '../db/scope.ts';

type Db = Knex | Knex.Transaction;

/** A patrol's last sign of life. */
export interface LatestHeard {
  num: number;
  stationId: string;
  /** epoch ms */
  at: number;
  tracking: TrackingReport | null;
  battery: number | null;
}
const HEARD = `p.num, p.station_id as "stationId", h.tracking, h.battery`;

/** Every patrol of the subtree that is out and was heard of; a fix that arrived counts. */
export const latestHeard = (db: Db, scope: string): Promise<LatestHeard[]> =>
  rows<LatestHeard>(
    db,
    `select ${HEARD}, cast(extract(epoch from greatest(h.at, l.received_at)) * 1000 as float8) as at
     from patrols p left join patrol_heartbeats h on h.patrol_id = p.id left join patrol_positions l on l.patrol_id = p.id
     where p.ended_at is null and (h.at is not null or l.received_at is not null) and ${inSubtreeSql('p.station_id')}`,
    { scope },
    { prepare: 'latest_heard' },
  );

/** Those of all stations whose heartbeat came at or after `since`; who hears of a fix hears of its patrol. */
export const changedHeard = (db: Db, since: Date): Promise<LatestHeard[]> =>
  rows<LatestHeard>(
    db,
    `select ${HEARD}, cast(extract(epoch from h.at) * 1000 as float8) as at
     from patrol_heartbeats h join patrols p on p.id = h.patrol_id and p.ended_at is null where h.at >= :since`,
    { since },
    { prepare: 'changed_heard' },
  );

/** Heartbeats of many patrols, a column each. */
export interface HeardColumns {
  patrolIds: string[];
  ats: string[];
  trackings: (string | null)[];
  batteries: (number | null)[];
}

/** Writes them with one statement; an older one never replaces a newer one, and what does not know the battery leaves it. */
export async function writeHeard(db: Db, heard: HeardColumns): Promise<void> {
  await rows(
    db,
    `insert into patrol_heartbeats as h (patrol_id, at, tracking, battery)
     select f.patrol_id, f.at, f.tracking, f.battery
     from unnest(cast(:patrolIds as uuid[]), cast(:ats as timestamptz[]), cast(:trackings as text[]), cast(:batteries as real[])) as f (patrol_id, at, tracking, battery)
     join patrols p on p.id = f.patrol_id order by f.patrol_id
     on conflict (patrol_id) do update set at = excluded.at, tracking = excluded.tracking, battery = coalesce(excluded.battery, h.battery)
     where excluded.at >= h.at`,
    { ...heard },
    { prepare: 'write_heard' },
  );
}
