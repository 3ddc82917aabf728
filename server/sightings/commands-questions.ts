/** The desk or a crew asks those who reported; they answer by their secret link. */
import type { Part } from '../../shared/contract.ts';
import type { IncidentRow } from '../../shared/incidents.ts';
import { fieldProblem, Problem } from '../../shared/problems.ts';
import type { answerQuestion, askReporter, QuestionRow } from '../../shared/questions.ts';
import { type Context, staffOf, userIdOf } from '../context.ts';
import { row, rows } from '../db/rows.ts';
import { judgeOpen, lockIncidents, tell } from '../incidents/commands.ts';
import { hasWorkedOn, incidentRow } from '../incidents/queries.ts';
import { record } from '../realtime/record.ts';
import { sightingIdOfToken } from './follow-token.ts';
import { questionFor, questionsOf } from './queries-questions.ts';

async function recorded(ctx: Context, id: string, type: 'question.asked' | 'question.answered'): Promise<void> {
  const after = await incidentRow(ctx.db, id);
  record(ctx, { type, stationId: after.stationId, rows: { incidents: [after] } });
}

/** Puts a question on the follow-up pages. A crew asks about a job of its own only (404), also when it was recalled meanwhile; 409 incident_closed. */
export async function ask(ctx: Context, id: string, body: Part<(typeof askReporter)['body']>): Promise<QuestionRow> {
  const staff = staffOf(ctx);
  const isCrew = staff.role === 'crew';
  const [incident] = await lockIncidents(ctx, [id], isCrew ? 'anywhere' : 'subtree');
  if (!incident || (isCrew && !(await hasWorkedOn(ctx.db, userIdOf(ctx.actor), id)))) throw new Problem('not_found');
  judgeOpen(incident);
  const { sightingId = null, text = null } = body;
  if (sightingId !== null && !incident.sightingIds.includes(sightingId))
    throw fieldProblem('/sightingId', 'not_found', 'no report of this incident', 'not_found');
  const now = ctx.now();
  await rows(
    ctx.db,
    `insert into questions (id, incident_id, sighting_id, kind, text, asked_at, asked_by)
     values (cast(:questionId as uuid), cast(:id as uuid), cast(:sightingId as uuid), :kind, :text, :now, cast(:askedBy as uuid))`,
    { questionId: body.id, id, sightingId, kind: body.kind, text, now, askedBy: userIdOf(ctx.actor) },
  );
  await rows(ctx.db, `update incidents set asked_at = :now, version = version + 1 where id = cast(:id as uuid)`, {
    id,
    now,
  });
  await tell(ctx, id, 'asked', { questionId: body.id, question: body.kind, ...(text === null ? {} : { text }) });
  await recorded(ctx, id, 'question.asked');
  const asked = (await questionsOf(ctx.db, id)).find((question) => question.id === body.id);
  if (!asked) throw new Error('the question just asked is not there');
  return asked;
}

const incidentIdOf = async (ctx: Context, sightingId: string): Promise<string | undefined> =>
  (
    await row<{ id: string }>(ctx.db, `select incident_id as id from sightings where id = cast(:sightingId as uuid)`, {
      sightingId,
    })
  )?.id;

/** Locks the incident that a report belongs to; one that was merged while this waited for the lock is followed. */
async function lockIncidentOf(ctx: Context, sightingId: string): Promise<IncidentRow> {
  for (let id = await incidentIdOf(ctx, sightingId); id !== undefined;) {
    await rows(ctx.db, `select id from incidents where id = cast(:id as uuid) for update`, { id });
    const now = await incidentIdOf(ctx, sightingId);
    if (now === id) return incidentRow(ctx.db, id);
    id = now;
  }
  throw new Problem('not_found');
}

/** An answer may come back changed, but the story tells of it once: what the public can write is bounded by what was asked. */
async function tellAnswer(
  ctx: Context,
  incidentId: string,
  detail: { questionId: string; sightingId: string; text: string | null; stillThere: boolean | null },
): Promise<void> {
  await rows(
    ctx.db,
    `delete from incident_entries where incident_id = cast(:incidentId as uuid) and kind = 'answered'
       and detail ->> 'questionId' = :questionId and detail ->> 'sightingId' = :sightingId`,
    { incidentId, questionId: detail.questionId, sightingId: detail.sightingId },
  );
  await tell(ctx, incidentId, 'answered', detail);
}

/** A reporter's answer, by the secret link; a second one replaces the first. 404 for a link that is none of ours, 409 no_question. */
export async function answer(ctx: Context, token: string, body: Part<(typeof answerQuestion)['body']>): Promise<void> {
  const sightingId = sightingIdOfToken(ctx.followKey, token);
  if (sightingId === null) throw new Problem('not_found');
  const incident = await lockIncidentOf(ctx, sightingId);
  ctx.subjects.push(sightingId, incident.id);
  const asked =
    incident.status === 'closed' ? undefined : await questionFor(ctx.db, sightingId, body.questionId ?? null);
  if (!asked) throw new Problem('no_question');
  const { text = null, stillThere = null } = body;
  // pressed twice
  if (asked.answered?.text === text && asked.answered.stillThere === stillThere) return;
  const now = ctx.now();
  await rows(
    ctx.db,
    `insert into answers (question_id, sighting_id, at, text, still_there)
     values (cast(:questionId as uuid), cast(:sightingId as uuid), :now, cast(:text as text), cast(:stillThere as boolean))
     on conflict (question_id, sighting_id) do update set at = excluded.at, text = excluded.text, still_there = excluded.still_there`,
    { questionId: asked.id, sightingId, now, text, stillThere },
  );
  await rows(
    ctx.db,
    `update incidents set answered_at = :now, asked_at = greatest(asked_at, cast(:askedAt as timestamptz)), still_there = coalesce(cast(:stillThere as boolean), still_there),
       last_seen_at = case when cast(:stillThere as boolean) then greatest(last_seen_at, cast(:now as timestamptz)) else last_seen_at end, version = version + 1
     where id = cast(:id as uuid)`,
    { id: incident.id, now, askedAt: asked.askedAt, stillThere },
  );
  await tellAnswer(ctx, incident.id, { questionId: asked.id, sightingId, text, stillThere });
  await recorded(ctx, incident.id, 'question.answered');
}
