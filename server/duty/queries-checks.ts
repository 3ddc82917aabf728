import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import type * as z from 'zod/mini';
import type { readSpotChecks, SpotCheckRow, spotCheckTargets } from '../../shared/duty.ts';
import { REPORT_MS } from '../db/dialect.ts';
import { one, row, rows } from '../db/rows.ts';
import { inSubtreeSql } from '../db/scope.ts';
import type { PageAfter } from '../http/paging.ts';
import { CHECK } from './queries.ts';

type Db = Knex | Knex.Transaction;
type Target = (typeof spotCheckTargets)[number];

/** The key from which the times of spot checks are drawn; made by whoever needs it first, the same for all nodes, and never given out. */
export async function dutyKeyOf(db: Db): Promise<Buffer> {
  const read = `select value from secrets where name = 'duty.key'`;
  const known = await row<{ value: Buffer }>(db, read);
  if (known) return known.value;
  await rows(db, `insert into secrets (name, value) values ('duty.key', :value) on conflict (name) do nothing`, {
    value: randomBytes(32),
  });
  return (await one<{ value: Buffer }>(db, read)).value;
}

export interface CheckedShift {
  id: string;
  stationId: string;
  startsAt: Date;
  endsAt: Date;
  drawnFrom: Date;
  count: number;
  answerS: number;
}
/** Shifts that are in their time now, with how often they are checked there and how long an answer may take. */
export const checkedShifts = (db: Db, now: Date): Promise<CheckedShift[]> =>
  rows<CheckedShift>(
    db,
    `select d.id, d.station_id as "stationId", d.starts_at as "startsAt", d.ends_at as "endsAt", d.drawn_from as "drawnFrom",
       cast(rule_value('checks.per_shift', s.path) as text)::integer as count, cast(rule_value('checks.answer', s.path) as text)::integer as "answerS"
     from duty_shifts d join stations s on s.id = d.station_id
     where d.removed_at is null and d.ended_at is null and d.started_at is not null and d.starts_at <= :now and d.ends_at > :now`,
    { now },
  );

/** A spot check of the subtree, locked until the command ends. */
export const lockedCheck = (db: Db, scope: string, id: string): Promise<SpotCheckRow | undefined> =>
  row<SpotCheckRow>(
    db,
    `select ${CHECK} from spot_checks c where c.id = cast(:id as uuid) and ${inSubtreeSql('c.station_id')} for update of c`,
    { scope, id },
  );

/** Which checks somebody may read: all of the subtree, or those of one target. */
export interface ChecksAsked {
  scope: string;
  target: Target | null;
  from: string;
  to: string;
}
const ASKED = `c.asked_at >= cast(:from as timestamptz) and c.asked_at < cast(:to as timestamptz)
  and (cast(:target as text) is null or c.target = :target) and ${inSubtreeSql('c.station_id')}`;

/** One page of the checks that were made, newest first. */
export const checkPage = (db: Db, asked: ChecksAsked, page: PageAfter): Promise<SpotCheckRow[]> =>
  rows<SpotCheckRow>(
    db,
    `select ${CHECK} from spot_checks c where ${ASKED}
       and (cast(:after as uuid) is null or (c.asked_at, c.id) < (select e.asked_at, e.id from spot_checks e where e.id = cast(:after as uuid)))
     order by c.asked_at desc, c.id desc limit cast(:limit as integer) + 1`,
    { ...asked, ...page },
  );

const TOTALS = `'asked', count(*), 'passed', count(*) filter (where answered and not missed), 'missed', count(*) filter (where missed),
  'medianS', percentile_cont(0.5) within group (order by took)`;

/** How many checks were passed: in all, by station and target, and by the day of their station. One that waits still is neither passed nor missed. */
export async function checkReport(db: Db, asked: ChecksAsked): Promise<z.infer<(typeof readSpotChecks)['reply']>> {
  const { report } = await one<{ report: z.infer<(typeof readSpotChecks)['reply']> }>(
    db,
    `with found as materialized (
       select c.station_id, c.target, c.answered_at is not null as answered, c.missed_at is not null as missed,
         cast(extract(epoch from c.answered_at - c.asked_at) as float8) as took, to_char(c.asked_at at time zone s.time_zone, 'YYYY-MM-DD') as day
       from spot_checks c join stations s on s.id = c.station_id where ${ASKED}
     ), by_station as (
       select station_id, target, jsonb_build_object('stationId', station_id, 'target', target, ${TOTALS}) as line from found group by station_id, target
     ), by_day as (
       select day, jsonb_build_object('day', day, ${TOTALS}) as line from found group by day
     )
     select jsonb_build_object(
       'total', (select jsonb_build_object(${TOTALS}) from found),
       'byStation', coalesce((select jsonb_agg(line order by station_id, target) from by_station), '[]'),
       'byDay', coalesce((select jsonb_agg(line order by day) from by_day), '[]')) as report`,
    { ...asked },
    { deadlineMs: REPORT_MS },
  );
  return report;
}
