import type { Knex } from 'knex';
import { rows } from '../db/rows.ts';
import { inSubtreeSql } from '../db/scope.ts';

type Db = Knex | Knex.Transaction;

/** Which of these ids are houses, known places or load lists in use that a plan of this station may name. */
export const thingsThere = (
  db: Db,
  stationId: string,
  ids: readonly string[],
): Promise<{ kind: 'shelter' | 'site' | 'load_list'; id: string }[]> =>
  rows(
    db,
    `select 'shelter' as kind, h.id from shelters h where h.id = any (cast(:ids as uuid[])) and h.closed_down_at is null and ${inSubtreeSql('h.station_id')}
     union all
     select 'site', t.id from sites t where t.id = any (cast(:ids as uuid[])) and t.active and ${inSubtreeSql('t.station_id')}
     union all
     select 'load_list', l.id from load_lists l where l.id = any (cast(:ids as uuid[])) and l.active
       and (${inSubtreeSql('l.station_id')} or l.station_id = any ((select o.path from stations o where o.id = cast(:scope as uuid))::uuid[]))`,
    { ids, scope: stationId },
  );
