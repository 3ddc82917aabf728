/** Reading the fact log: from a seq on, in one viewer's view. */
import type { Change, EventType, Noun, RowsOf } from '../../shared/events.ts';
import type { Knex } from 'knex';
import { asInstant } from '../db/postgis.ts';
import { one, rows } from '../db/rows.ts';
import { payloadFor, type StationPaths, type Viewer } from './audience.ts';

export interface StoredFact {
  seq: number;
  type: EventType;
  at: string;
  stationId: string;
  payload: { rows: RowsOf<Noun>; before?: RowsOf<Noun> };
}

/** Facts read at once; more than this behind and a fresh snapshot is cheaper. */
export const BATCH = 500;
export const MAX_CATCH_UP = 5_000;

export function factsAfter(db: Knex | Knex.Transaction, seq: number, limit = BATCH): Promise<StoredFact[]> {
  return rows<StoredFact>(
    db,
    `select seq, type, ${asInstant('at')} as "at", station_id as "stationId", payload from events where seq > :seq order by seq limit :limit`,
    { seq, limit },
    { prepare: 'facts_after' },
  );
}

/** The newest seq; read in the snapshot's own transaction it says exactly which facts the rows hold. */
export async function lastSeq(db: Knex | Knex.Transaction): Promise<number> {
  return (
    await one<{ seq: number }>(db, `select coalesce(max(seq), 0) as seq from events`, {}, { prepare: 'last_seq' })
  ).seq;
}

/**
 * Whether facts after `seq` may have been pruned: then a catch-up from there could skip some. Errs towards a fresh snapshot.
 * So does a `seq` that the log has not reached: the client's picture is of another database (a restored one), and it would
 * ignore everything up to there.
 */
export async function mayBePruned(db: Knex | Knex.Transaction, seq: number): Promise<boolean> {
  const { first, last } = await one<{ first: number | null; last: number | null }>(
    db,
    `select min(seq) as first, max(seq) as last from events`,
    {},
    { prepare: 'log_ends' },
  );
  return (first !== null && seq < first - 1) || seq > (last ?? 0);
}

export async function stationPaths(db: Knex | Knex.Transaction): Promise<StationPaths> {
  const found = await rows<{ id: string; path: string[] }>(
    db,
    `select id, path from stations`,
    {},
    { prepare: 'station_paths' },
  );
  return new Map(found.map(({ id, path }) => [id, path]));
}

/** People whose outing a fact changes: what they may see changes with it, so they start from a fresh snapshot. */
export function regrouped(fact: StoredFact): string[] {
  // a roll call takes nobody on or off
  if (!fact.type.startsWith('patrol.') || fact.type === 'patrol.roll_call') return [];
  const crews = (patrols: { crew: string[] }[] | undefined): string[] => (patrols ?? []).flatMap(({ crew }) => crew);
  const now = crews(fact.payload.rows.patrols);
  const before = crews(fact.payload.before?.patrols);
  if (fact.type === 'patrol.changed')
    return [...now.filter((id) => !before.includes(id)), ...before.filter((id) => !now.includes(id))];
  return now;
}

/** The changes of some facts for one viewer; facts that tell this viewer nothing are left out. */
export function changesFor(facts: readonly StoredFact[], viewer: Viewer, paths: StationPaths): Change[] {
  const changes: Change[] = [];
  for (const { seq, type, at, stationId, payload: stored } of facts) {
    const payload = payloadFor(stored, viewer, paths);
    if (payload) changes.push({ seq, type, at, stationId, payload });
  }
  return changes;
}
