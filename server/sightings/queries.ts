import type { Knex } from 'knex';
import type { FollowRow, FollowStatus, SightingRow } from '../../shared/sightings.ts';
import { asInstant } from '../db/postgis.ts';
import { row, rows } from '../db/rows.ts';
import type { Translate } from '../http/words.ts';
import { SIGHTING_COLUMNS } from '../incidents/queries.ts';
import { sightingIdOfToken } from './follow-token.ts';
import { ASKED_OF, WAY } from './queries-questions.ts';

type Db = Knex | Knex.Transaction;

export function sightingsOf(
  db: Db,
  scope: string,
  page: { after: string | null; limit: number },
): Promise<SightingRow[]> {
  return rows<SightingRow>(
    db,
    `select ${SIGHTING_COLUMNS} from sightings g join stations s on s.id = g.station_id
     where s.path @> array[cast(:scope as uuid)]
       and (cast(:after as uuid) is null or (g.received_at, g.id) < (select c.received_at, c.id from sightings c where c.id = cast(:after as uuid)))
     order by g.received_at desc, g.id desc limit :limit + 1`,
    { scope, ...page },
  );
}

interface Progress {
  code: string;
  receivedAt: string;
  seenAt: string | null;
  onTheWayAt: string | null;
  foundAt: string | null;
  notFoundAt: string | null;
  closedAt: string | null;
  question: { id: string; kind: string; text: string | null } | null;
}

/**
 * A reporter's own progress, by the secret link, with the question that is still open to it in the language of `t`; null for a
 * link that is none of ours. It tells when things happened and nothing of persons or places. A merged report follows the incident that its sighting now belongs to, and what was done on
 * the way there (somebody was met, then the incident was merged) stays told.
 */
export async function readFollowByToken(
  db: Db,
  followKey: Buffer,
  token: string,
  t: Translate,
): Promise<FollowRow | null> {
  const id = sightingIdOfToken(followKey, token);
  if (id === null) return null;
  const found = await row<Progress>(
    db,
    `with recursive ${WAY}
     select g.code, ${asInstant('g.received_at')} as "receivedAt", ${asInstant('(case when i.seen_at is not null then greatest(i.seen_at, g.received_at) end)')} as "seenAt",
       ${asInstant('(select min(greatest(d.en_route_at, g.received_at)) from dispatches d where d.incident_id in (select way.id from way) and d.en_route_at is not null)')} as "onTheWayAt",
       ${asInstant(`(select min(greatest(e.at, g.received_at)) from encounters e where e.incident_id in (select way.id from way) and e.not_found_reason is null)`)} as "foundAt",
       ${asInstant(`(select max(greatest(e.at, g.received_at)) from encounters e where e.incident_id in (select way.id from way) and e.not_found_reason is not null)`)} as "notFoundAt",
       ${asInstant(`(case when i.status = 'closed' then i.closed_at end)`)} as "closedAt",
       (select jsonb_build_object('id', q.id, 'kind', q.kind, 'text', q.text) from questions q
         where i.status <> 'closed' and ${ASKED_OF} and not exists (select from answers a where a.question_id = q.id and a.sighting_id = g.id)
         order by q.asked_at desc, q.id desc limit 1) as question
     from sightings g join incidents i on i.id = g.incident_id where g.id = cast(:id as uuid)`,
    { id },
  );
  if (!found) return null;
  const steps: [FollowStatus, string | null][] = [
    ['received', found.receivedAt],
    ['seen', found.seenAt],
    ['on_the_way', found.onTheWayAt],
    // Somebody met is the answer, even when another crew had looked in vain before.
    found.foundAt !== null ? ['found', found.foundAt] : ['not_found', found.notFoundAt],
    ['closed', found.closedAt],
  ];
  const updates = steps.flatMap(([status, at]) => (at === null ? [] : [{ status, at }]));
  const { question } = found;
  return {
    code: found.code,
    status: updates.at(-1)?.status ?? 'received',
    updates,
    question: question && (question.text ?? t(`question.${question.kind}`)),
    questionId: question?.id ?? null,
  };
}
