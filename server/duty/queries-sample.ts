import type { Knex } from 'knex';
import { REPORT_MS } from '../db/dialect.ts';
import { rows } from '../db/rows.ts';
import { inSubtreeSql } from '../db/scope.ts';

/**
 * Incidents of a subtree opened in a range, drawn by a seed: those whose hash with it is smallest, in the order of the draw, and from how many. Anybody who knows the
 * seed draws the same; one that was merged away may be drawn too, so that nothing is hidden by merging it.
 */
export async function drawnIncidents(
  db: Knex | Knex.Transaction,
  asked: { scope: string; from: string; to: string; seed: string; count: number },
): Promise<{ among: number; ids: string[] }> {
  const drawn = await rows<{ id: string; among: number }>(
    db,
    `select i.id, cast(count(*) over () as integer) as among from incidents i
     where i.opened_at >= cast(:from as timestamptz) and i.opened_at < cast(:to as timestamptz) and ${inSubtreeSql('i.station_id')}
     order by sha256(convert_to(cast(i.id as text) || ' ' || cast(:seed as text), 'UTF8')), i.id limit :count`,
    asked,
    { deadlineMs: REPORT_MS },
  );
  return { among: drawn[0]?.among ?? 0, ids: drawn.map(({ id }) => id) };
}
