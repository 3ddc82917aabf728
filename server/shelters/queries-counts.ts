/** The history of counts of a house. */
import type { Knex } from 'knex';
import type { ShelterCount } from '../../shared/shelters.ts';
import { asInstant } from '../db/postgis.ts';
import { row, rows } from '../db/rows.ts';
import { inSubtreeSql } from '../db/scope.ts';
import type { PageAfter } from '../http/paging.ts';

/** SQL: a row of shelter_counts, called c; it is written once, so its version stays. */
export const COUNT = `c.id, 1 as version, c.shelter_id as "shelterId", ${asInstant('c.at')} as at, c.source, c.counted, c.registered, c.held, c.total, c.note`;

/** True when the house lies in the subtree and was not given up. */
export const shelterInScope = async (db: Knex | Knex.Transaction, scope: string, id: string): Promise<boolean> =>
  (await row(
    db,
    `select s.id from shelters s where s.id = cast(:id as uuid) and s.closed_down_at is null and ${inSubtreeSql('s.station_id')}`,
    { scope, id },
  )) !== undefined;

/** One page of the counts of one house, newest first. */
export const countPage = (db: Knex | Knex.Transaction, shelterId: string, page: PageAfter): Promise<ShelterCount[]> =>
  rows<ShelterCount>(
    db,
    `select ${COUNT} from shelter_counts c
     where c.shelter_id = cast(:shelterId as uuid)
       and (cast(:after as uuid) is null or (c.at, c.id) < (select l.at, l.id from shelter_counts l where l.id = cast(:after as uuid)))
     order by c.at desc, c.id desc limit cast(:limit as integer) + 1`,
    { shelterId, ...page },
  );
