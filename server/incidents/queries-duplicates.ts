import type { Knex } from 'knex';
import {
  type Alike,
  comparerOf,
  type DuplicateRules,
  isCandidate,
  type Nearness,
  scoreOf,
} from '../../shared/duplicates.ts';
import type { DuplicateRow } from '../../shared/incidents.ts';
import { asInstant } from '../db/postgis.ts';
import { row, rows } from '../db/rows.ts';
import { incidentRows } from './queries.ts';

type Db = Knex | Knex.Transaction;

/** Shown at most. */
const SHOWN = 50;
/** Candidates by words are read and compared one by one: for one with a place the newest without, for one without the newest of all. */
const BY_WORDS = { placed: 500, unplaced: 1000 } as const;

/** What is compared: the incident's own words and those of its newest reports, their beginnings. */
const ALIKE = `i.place_code as "placeCode",
  array(select distinct left(w.words, 400) from (
      select concat_ws(' ', i.place_text, i.place_code, i.description) as words
      union all (select concat_ws(' ', g.place_text, g.place_code, g.description) from sightings g where g.incident_id = i.id order by g.received_at desc, g.id limit 3)
    ) w where w.words <> '') as words`;
const APART = `abs(extract(epoch from i.opened_at - cast(:openedAt as timestamptz)))::float8 / 60 as "minutesApart"`;
const LIVE = `i.id <> cast(:id as uuid) and i.status <> 'closed' and s.path @> array[cast(:scope as uuid)]
  and i.opened_at between cast(:openedAt as timestamptz) - :windowH * interval '1 hour' and cast(:openedAt as timestamptz) + :windowH * interval '1 hour'`;

interface Asked extends Alike, DuplicateRules {
  openedAt: string;
  placed: boolean;
}
type Candidate = Alike & { id: string; minutesApart: number; distanceM: number | null };

function placedNear(db: Db, id: string, scope: string, { openedAt, windowH, radiusM }: Asked): Promise<Candidate[]> {
  return rows<Candidate>(
    db,
    `select i.id, ${ALIKE}, ${APART}, st_distance(i.position, me.position) as "distanceM"
     from incidents me join incidents i on st_dwithin(i.position, me.position, :radiusM) join stations s on s.id = i.station_id
     where me.id = cast(:id as uuid) and ${LIVE} order by st_distance(i.position, me.position), i.id limit :shown`,
    { id, scope, openedAt, windowH, radiusM, shown: SHOWN },
  );
}
function byWords(db: Db, id: string, scope: string, { openedAt, windowH, placed }: Asked): Promise<Candidate[]> {
  return rows<Candidate>(
    db,
    `select i.id, ${ALIKE}, ${APART}, cast(null as float8) as "distanceM"
     from (
       select i.id, i.opened_at, i.place_text, i.place_code, i.description from incidents i join stations s on s.id = i.station_id
       where ${LIVE} and (not cast(:placed as boolean) or i.position is null) order by i.opened_at desc, i.id desc limit :most
     ) i`,
    { id, scope, openedAt, windowH, placed, most: BY_WORDS[placed ? 'placed' : 'unplaced'] },
  );
}

/**
 * Open incidents that are perhaps the same, by the rules of the asked one's station: those near it, and where one of the two
 * has no place those with like words or the same code. Likeliest first, see scoreOf(); `distanceM` in metres.
 */
export async function duplicatesOf(db: Db, id: string, scope: string): Promise<DuplicateRow[]> {
  const me = await row<Asked>(
    db,
    `select ${ALIKE}, ${asInstant('i.opened_at')} as "openedAt", i.position is not null as placed,
       cast(rule_value('duplicates.radius', s.path) as text)::float8 as "radiusM", cast(rule_value('duplicates.window', s.path) as text)::float8 as "windowH",
       cast(rule_value('duplicates.likeness', s.path) as text)::float8 as likeness
     from incidents i join stations s on s.id = i.station_id where i.id = cast(:id as uuid)`,
    { id },
  );
  if (!me) return [];
  const compare = comparerOf(me);
  const near = me.placed ? await placedNear(db, id, scope, me) : [];
  const found = [...near, ...(await byWords(db, id, scope, me))]
    .map((each) => ({ id: each.id, near: { ...each, ...compare(each) } satisfies Nearness }))
    .filter((each) => isCandidate(each.near, me))
    .sort((a, b) => scoreOf(b.near, me) - scoreOf(a.near, me) || a.id.localeCompare(b.id))
    .slice(0, SHOWN);
  const known = new Map(
    (
      await incidentRows(
        db,
        found.map((each) => each.id),
      )
    ).map((each) => [each.id, each]),
  );
  return found.flatMap(({ id: of, near: { distanceM, minutesApart, likeness } }) => {
    const incident = known.get(of);
    return incident
      ? [
          {
            ...incident,
            distanceM: distanceM === null ? null : Math.round(distanceM),
            minutesApart: Math.round(minutesApart),
            likeness: Math.round(likeness * 100) / 100,
          },
        ]
      : [];
  });
}
