/** Questions to reporters. A question to all of an incident is asked of every report that is, or was, gathered there; answers go where their report goes. */
import type { Knex } from 'knex';
import type { QuestionRow } from '../../shared/questions.ts';
import { asInstant } from '../db/postgis.ts';
import { row, rows } from '../db/rows.ts';

type Db = Knex | Knex.Transaction;

const COLUMNS = `q.id, 1 as version, q.incident_id as "incidentId", q.sighting_id as "sightingId", q.kind, q.text, ${asInstant('q.asked_at')} as "askedAt", u.name as "askedByName"`;

/** SQL: the question `q` is asked of the sighting `g`; `way` are the incidents it has been in by merging. */
export const ASKED_OF = `(q.sighting_id = g.id or (q.sighting_id is null and q.incident_id in (select way.id from way)))`;

/** SQL: incidents that a sighting has been in by merging, from its own first one on; binds :id, the sighting. */
export const WAY = `way as (
       select first_incident_id as id from sightings where id = cast(:id as uuid)
       union select m.merged_into from incidents m join way on m.id = way.id where m.merged_into is not null
     )`;

/** What was asked of the reports that an incident has now, with their answers, newest first. */
export const questionsOf = (db: Db, incidentId: string): Promise<QuestionRow[]> =>
  rows<QuestionRow>(
    db,
    `with recursive tree as (
       select cast(:incidentId as uuid) as id union select m.id from incidents m join tree on m.merged_into = tree.id
     ), here as (
       select id from sightings where incident_id = cast(:incidentId as uuid)
     )
     select ${COLUMNS}, coalesce((
         select jsonb_agg(jsonb_build_object('sightingId', a.sighting_id, 'at', ${asInstant('a.at')}, 'text', a.text, 'stillThere', a.still_there) order by a.at desc, a.sighting_id)
         from answers a join here on here.id = a.sighting_id where a.question_id = q.id), '[]') as answers
     from questions q left join users u on u.id = q.asked_by
     where (q.sighting_id is null and q.incident_id in (select tree.id from tree)) or q.sighting_id in (select here.id from here)
       or exists (select from answers a join here on here.id = a.sighting_id where a.question_id = q.id)
     order by q.asked_at desc, q.id desc limit 100`,
    { incidentId },
  );

/** A question as a reporter's answer finds it. */
export interface AskedQuestion {
  id: string;
  askedAt: string;
  /** what this reporter has answered before */
  answered: { text: string | null; stillThere: boolean | null } | null;
}
/** The question of this id if it is asked of the sighting, answered or not; without an id the newest that it has not answered. */
export const questionFor = (db: Db, id: string, questionId: string | null): Promise<AskedQuestion | undefined> =>
  row<AskedQuestion>(
    db,
    `with recursive ${WAY}
     select q.id, ${asInstant('q.asked_at')} as "askedAt",
       case when a.question_id is not null then jsonb_build_object('text', a.text, 'stillThere', a.still_there) end as answered
     from sightings g join questions q on ${ASKED_OF} left join answers a on a.question_id = q.id and a.sighting_id = g.id
     where g.id = cast(:id as uuid) and case when cast(:questionId as uuid) is null then a.question_id is null else q.id = cast(:questionId as uuid) end
     order by q.asked_at desc, q.id desc limit 1`,
    { id, questionId },
  );
