/** What stations tell the public while a plan is on. */
import type { Knex } from 'knex';
import { asInstant } from '../db/postgis.ts';
import { rows } from '../db/rows.ts';
import type { PublicNotice } from '../http/route.ts';

/** Notices in force, of whichever station, the newest first. */
export const noticesFor = (db: Knex | Knex.Transaction): Promise<PublicNotice[]> =>
  rows<PublicNotice>(
    db,
    `select s.name as station, s.time_zone as "timeZone", n.words, ${asInstant('n.from_at')} as since
     from public_notices n join stations s on s.id = n.station_id
     where n.ended_at is null order by n.from_at desc, n.id`,
  );
