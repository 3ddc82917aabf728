/** Which warm places other directories may know: all that are not confidential and not given up, also those closed for now. */
import type { Knex } from 'knex';
import type { HsdsFilters } from '../../shared/hsds.ts';
import { asInstant } from '../db/postgis.ts';
import { rows } from '../db/rows.ts';
import { organizationId, TAXONOMY_ID, termOf } from './entities.ts';

type Db = Knex | Knex.Transaction;

const KNOWN = `not s.confidential and s.closed_down_at is null`;
/** When what is free last changed. Arrivals and departures move counted_at; a hold that ran out did so at its time, whenever that is written down. */
const TAKEN = `least(:now, greatest(s.counted_at, (select max(h.ended_at) from holds h where h.shelter_id = s.id),
  (select max(greatest(h.created_at, case when h.expires_at <= :now then h.expires_at end)) from holds h where h.shelter_id = s.id and h.status = 'held')))`;
const CHANGED = `greatest(coalesce(s.changed_at, s.created_at), ${TAKEN})`;
const WORDS = `concat_ws(' ', s.name, s.address, s.operator, s.hours, s.about)`;

/** Words of a search, each a pattern; more of them nobody types. */
const patternsOf = (search: string | undefined): string[] =>
  (search ?? '')
    .replaceAll(/\p{Surrogate}/gu, '\uFFFD')
    .split(/\s+/)
    .filter((word) => word !== '')
    .slice(0, 10)
    .map((word) => `%${word.replaceAll(/[\\%_]/g, '\\$&')}%`);

/** Who runs places, for an id that is made from a name: the operator's name, or the station where there is none. */
async function runnerOf(db: Db, id: string): Promise<{ operator: string | null; stationId: string } | null> {
  const found = await rows<{ operator: string | null; stationId: string }>(
    db,
    `select distinct s.operator, s.station_id as "stationId" from shelters s where ${KNOWN}`,
  );
  return found.find(({ operator, stationId }) => organizationId(operator, stationId) === id.toLowerCase()) ?? null;
}

/** Where to look and how far: the page asked for. */
export interface Slice {
  offset: number;
  limit: number;
}

/** Ids of one page by name, and how many there are in all; every filter given must hold. */
export async function knownIds(
  db: Db,
  now: Date,
  filters: HsdsFilters,
  { offset, limit }: Slice,
): Promise<{ ids: string[]; total: number }> {
  const none = { ids: [], total: 0 };
  const { organization_id: organization, taxonomy_id: taxonomy, taxonomy_term_id: termId } = filters;
  const runner = organization === undefined ? null : await runnerOf(db, organization);
  const term = termId === undefined ? null : termOf(termId.toLowerCase());
  if (organization !== undefined && !runner) return none;
  if (termId !== undefined && !term) return none;
  if (taxonomy !== undefined && taxonomy.toLowerCase() !== TAXONOMY_ID) return none;
  const found = await rows<{ id: string | null; total: number }>(
    db,
    `with known as materialized (
       select s.id, s.name from shelters s
       where ${KNOWN}
         and not exists (select from unnest(cast(:patterns as text[])) as p (pattern) where ${WORDS} not ilike p.pattern)
         and (cast(:stationId as uuid) is null or (s.operator is not distinct from cast(:operator as text)
           and (s.operator is not null or s.station_id = cast(:stationId as uuid))))
         and (cast(:feature as text) is null or s.features @> array[cast(:feature as text)])
         and (cast(:kind as text) is null or s.kind = :kind)
         and (cast(:since as timestamptz) is null or ${CHANGED} >= cast(:since as timestamptz))
     ), page as (
       select id, name from known order by name, id offset cast(:offset as integer) limit cast(:limit as integer)
     )
     select page.id, total.n as total from (select cast(count(*) as integer) as n from known) total left join page on true
     order by page.name, page.id`,
    {
      now,
      patterns: patternsOf(filters.search),
      stationId: runner?.stationId ?? null,
      operator: runner?.operator ?? null,
      feature: term?.by === 'feature' ? term.code : null,
      kind: term?.by === 'kind' ? term.code : null,
      since: filters.modified_after ?? null,
      offset,
      limit,
    },
  );
  return { ids: found.flatMap(({ id }) => id ?? []), total: found[0]?.total ?? 0 };
}

/** Every id other directories may know, in no order. */
export async function allKnownIds(db: Db): Promise<string[]> {
  const found = await rows<{ id: string }>(db, `select s.id from shelters s where ${KNOWN}`);
  return found.map(({ id }) => id);
}

/** When each of the places last changed, and when what is free there did; confidential ones and those given up are left out. */
export const changesOf = (
  db: Db,
  now: Date,
  ids: readonly string[],
): Promise<{ id: string; changedAt: string; takenAt: string }[]> =>
  rows(
    db,
    `select s.id, ${asInstant(CHANGED)} as "changedAt", ${asInstant(TAKEN)} as "takenAt" from shelters s
     where ${KNOWN} and s.id = any (cast(:ids as uuid[]))`,
    { now, ids },
  );
