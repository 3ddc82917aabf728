/** What somebody does about what is due in a stay: settling it, and filing a longer stay. */
import type { Part } from '../../shared/contract.ts';
import { fieldProblem, Problem } from '../../shared/problems.ts';
import type { DueKind, extendStay, settleDue, StayRow } from '../../shared/stays.ts';
import { later } from '../../shared/stay-dues.ts';
import { type Context, userIdOf } from '../context.ts';
import { one, rows } from '../db/rows.ts';
import { endTasks } from '../tasks/commands.ts';
import { lockStay, tellStay } from './commands.ts';
import { endDues, zoneOf } from './dues.ts';

type Settle = Part<(typeof settleDue)['body']>;
type Extend = Part<(typeof extendStay)['body']>;

/** What is due of this kind and open: 404 when the stay has no such due, 409 due_settled when it has ended. */
function openDue(stay: StayRow, kind: DueKind, path: string): StayRow['dues'][number] {
  const due = stay.dues.find((each) => each.kind === kind);
  if (!due) throw fieldProblem(path, 'not_found', 'nothing of the kind is due here', 'not_found');
  if (due.doneAt !== null) throw new Problem('due_settled');
  return due;
}

/** A new version, so that whoever writes of the stay has seen what is due now. */
const turn = (ctx: Context, id: string): Promise<unknown> =>
  rows(ctx.db, `update stays set version = version + 1 where id = cast(:id as uuid)`, { id });

/** Says that what was due has been done; 409 due_settled when it was before, or when they have left. */
export async function settle(ctx: Context, id: string, { kind, note }: Settle): Promise<StayRow> {
  openDue(await lockStay(ctx, id), kind, '/kind');
  await turn(ctx, id);
  return tellStay(ctx, id, await endDues(ctx, id, { kind, note }));
}

/**
 * Files a longer stay: its end moves by so many days on the station's wall, and a task that was raised for it waits for the new
 * time. 409 stay_ended, 409 due_settled when nobody counts the days any more, 404 where the rule knows no longest stay.
 */
export async function extend(ctx: Context, id: string, body: Extend): Promise<StayRow> {
  const stay = await lockStay(ctx, id);
  if (stay.leftAt !== null) throw new Problem('stay_ended');
  const due = openDue(stay, 'max_stay', '/days');
  const zone = await zoneOf(ctx, stay.stationId);
  const moved = (at: string): Date => later(new Date(at), body.days, 'days', zone);
  await turn(ctx, id);
  await rows(
    ctx.db,
    `insert into stay_extensions (id, stay_id, days, reason, filed_with, at, recorded_by)
     values (cast(:id as uuid), cast(:stayId as uuid), cast(:days as integer), :reason, :filedWith, :now, cast(:userId as uuid))`,
    { ...body, stayId: id, now: ctx.now(), userId: userIdOf(ctx.actor) },
  );
  const { before, after } = await one<{ before: string | null; after: string | null }>(
    ctx.db,
    `with known as (
       select stay_id, kind, task_id from stay_dues where stay_id = cast(:id as uuid) and kind = 'max_stay'
     )
     update stay_dues d set due_at = :dueAt, warn_at = :warnAt, task_id = case when :warnAt > cast(:now as timestamptz) then null else d.task_id end
     from known k where d.stay_id = k.stay_id and d.kind = k.kind returning k.task_id as before, d.task_id as after`,
    { id, dueAt: moved(due.dueAt), warnAt: moved(due.warnAt), now: ctx.now() },
  );
  return tellStay(ctx, id, before !== null && after === null ? await endTasks(ctx, [before]) : []);
}
