import type { Knex } from 'knex';
import type { TaskRow } from '../../shared/tasks.ts';
import { asInstant } from '../db/postgis.ts';
import { rows } from '../db/rows.ts';
import { inSubtreeSql } from '../db/scope.ts';
import type { PageAfter } from '../http/paging.ts';

const COLUMNS = `t.id, t.version, t.station_id as "stationId", t.kind, t.subject,
  ${asInstant('t.created_at')} as "createdAt", ${asInstant('t.done_at')} as "doneAt"`;

/** Tasks by id, in no order. */
export const taskRows = (db: Knex | Knex.Transaction, ids: readonly string[]): Promise<TaskRow[]> =>
  rows<TaskRow>(db, `select ${COLUMNS} from tasks t where t.id = any (cast(:ids as uuid[]))`, { ids });

/** Every open task of the subtree. */
export const liveTasks = (db: Knex | Knex.Transaction, scope: string): Promise<TaskRow[]> =>
  rows<TaskRow>(
    db,
    `select ${COLUMNS} from tasks t where t.done_at is null and ${inSubtreeSql('t.station_id')}`,
    { scope },
    { prepare: 'live_tasks' },
  );

/** One page of the open tasks, oldest first. */
export const openTasks = (db: Knex | Knex.Transaction, scope: string, page: PageAfter): Promise<TaskRow[]> =>
  rows<TaskRow>(
    db,
    `select ${COLUMNS} from tasks t
     where t.done_at is null and ${inSubtreeSql('t.station_id')}
       and (cast(:after as uuid) is null
         or (t.created_at, t.id) > (select c.created_at, c.id from tasks c where c.id = cast(:after as uuid)))
     order by t.created_at, t.id limit cast(:limit as integer) + 1`,
    { scope, ...page },
  );

/** One task of the subtree, locked until the command ends. */
export async function lockedTask(db: Knex | Knex.Transaction, scope: string, id: string): Promise<TaskRow | undefined> {
  const [found] = await rows<TaskRow>(
    db,
    `select ${COLUMNS} from tasks t where t.id = cast(:id as uuid) and ${inSubtreeSql('t.station_id')} for no key update of t`,
    { scope, id },
  );
  return found;
}
