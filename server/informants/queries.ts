import type { Knex } from 'knex';
import type { InformantRow } from '../../shared/informants.ts';
import { asPoint } from '../db/postgis.ts';
import { row, rows } from '../db/rows.ts';
import type { Poster } from './poster.ts';

type Db = Knex | Knex.Transaction;

const COLUMNS = `i.id, i.version, i.station_id as "stationId", i.code, i.organisation, i.source, i.label, ${asPoint('i.position')} as place, i.place_text as "placeText", i.active`;

/** By the code on a poster or link; inactive ones are found too, and say so. */
export async function informantByCode(db: Db, code: string): Promise<InformantRow | null> {
  return (
    (await row<InformantRow>(db, `select ${COLUMNS} from informants i where i.code = upper(:code)`, { code })) ?? null
  );
}

export function informantInScope(db: Db, id: string, scope: string): Promise<InformantRow | undefined> {
  return row<InformantRow>(
    db,
    `select ${COLUMNS} from informants i join stations s on s.id = i.station_id where i.id = cast(:id as uuid) and s.path @> array[cast(:scope as uuid)]`,
    { id, scope },
  );
}

export function informantsOf(
  db: Db,
  scope: string,
  page: { after: string | null; limit: number },
): Promise<InformantRow[]> {
  return rows<InformantRow>(
    db,
    `select ${COLUMNS} from informants i join stations s on s.id = i.station_id
     where s.path @> array[cast(:scope as uuid)]
       and (cast(:after as uuid) is null or (i.organisation, i.label, i.id) > (select c.organisation, c.label, c.id from informants c where c.id = cast(:after as uuid)))
     order by i.organisation, i.label, i.id limit :limit + 1`,
    { scope, ...page },
  );
}

/** What the posters of a subtree's informants in use say; of one organisation or one code only when given. */
export function postersOf(
  db: Db,
  scope: string,
  wanted: { organisation: string | null; code: string | null; limit: number },
): Promise<Poster[]> {
  return rows<Poster>(
    db,
    `select i.code, i.organisation, i.label, s.name as station, rule_value('emergency.numbers', s.path) as emergency
     from informants i join stations s on s.id = i.station_id
     where i.active and s.path @> array[cast(:scope as uuid)]
       and (cast(:organisation as text) is null or i.organisation = :organisation)
       and (cast(:code as text) is null or i.code = upper(:code))
     order by i.organisation, i.label, i.id limit :limit`,
    { scope, ...wanted },
  );
}
