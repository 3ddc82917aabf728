import type { Knex } from 'knex';
import type { PresenceRow } from '../../shared/presence.ts';
import { asInstant } from '../db/postgis.ts';
import { rows } from '../db/rows.ts';

type Db = Knex | Knex.Transaction;

/** Desks of the subtree and of the stations above it, but one's own. Where they are is told only of incidents of the subtree. */
export const othersSince = (db: Db, scope: string, me: string | null, since: Date): Promise<PresenceRow[]> =>
  rows<PresenceRow>(
    db,
    `select p.user_id as "userId", u.name, ${asInstant('p.at')} as at,
       (select i.id from incidents i join stations o on o.id = i.station_id where i.id = p.incident_id and o.path @> array[cast(:scope as uuid)]) as "incidentId"
     from presence p join users u on u.id = p.user_id join stations s on s.id = p.station_id
     where p.at > :since and (cast(:me as uuid) is null or p.user_id <> cast(:me as uuid))
       and (s.path @> array[cast(:scope as uuid)] or s.id = any ((select path from stations where id = cast(:scope as uuid))::uuid[]))
     order by u.name, p.user_id`,
    { scope, me, since },
  );
