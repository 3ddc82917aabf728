/** How long the steps of the night took, against their targets. */
import type * as z from 'zod/mini';
import { type ClockRow, clockNames, clockTargets, type readClocks, shiftStart } from '../../shared/clocks.ts';
import { fieldProblem } from '../../shared/problems.ts';
import type { Context } from '../context.ts';
import { REPORT_MS } from '../db/dialect.ts';
import { rows } from '../db/rows.ts';
import { scopeOf } from '../db/scope.ts';
import { ruleAt, stationInScope } from '../stations/queries.ts';

type Query = z.infer<NonNullable<typeof readClocks.query>>;
const LONGEST_MS = 3 * 366 * 86_400_000;

/** Which rule holds which clock's target, for the statement below; on scene has a second one for life risk. */
const keys = [
  ...clockNames.map((clock, n) => ({ n, clock, ...clockTargets[clock], life_risk: false })),
  { n: null, clock: 'on_scene', rule: 'targets.on_scene_life_risk', unitS: 60, life_risk: true },
];

/**
 * One line a clock, in one statement over the rows themselves: incidents opened in the range (one that was merged away is counted
 * by the one it went into) and calls answered in it. Each is held against the target of its own station and priority.
 */
const clockLines = (db: Context['db'], station: string, from: string, to: string): Promise<ClockRow[]> =>
  rows<ClockRow>(
    db,
    `with here as materialized (
       select id, path from stations where path @> array[cast(:station as uuid)]
     ), keys as materialized (
       select * from jsonb_to_recordset(cast(:keys as jsonb)) as k (n integer, clock text, rule text, "unitS" float8, life_risk boolean)
     ), targets as materialized (
       select h.id as station_id, k.clock, k.life_risk, cast(rule_value(k.rule, h.path) as text)::float8 * k."unitS" as target from here h cross join keys k
     ), spans as (
       select i.station_id, x.clock, x.clock = 'on_scene' and i.priority = 'life_risk' as life_risk, x.starts, x.ends, i.status = 'closed' as over
       from incidents i join here h on h.id = i.station_id cross join lateral (values
         ('seen', i.opened_at, i.seen_at),
         ('dispatched', i.opened_at, i.first_dispatched_at),
         ('accepted', i.first_dispatched_at, i.accepted_at),
         ('on_scene', i.opened_at, i.arrived_at),
         ('safe', i.opened_at, i.safe_at),
         ('told', i.opened_at, least(i.closed_at, (select min(e.at) from encounters e where e.incident_id = i.id))),
         ('answered', i.asked_at, case when i.answered_at >= i.asked_at then i.answered_at end)
       ) as x (clock, starts, ends)
       where i.merged_into is null and i.opened_at >= cast(:from as timestamptz) and i.opened_at < cast(:to as timestamptz)
       union all
       select c.station_id, x.clock, false, x.starts, x.ends, true
       from calls c join here h on h.id = c.station_id cross join lateral (values
         ('call_answered', c.rang_at, c.answered_at),
         ('call_processed', case when c.outcome = 'report' then c.answered_at end, c.ended_at)
       ) as x (clock, starts, ends)
       where c.answered_at >= cast(:from as timestamptz) and c.answered_at < cast(:to as timestamptz)
     ), timed as (
       select s.clock, case when s.ends is not null then greatest(0, extract(epoch from s.ends - s.starts))::float8 end as took, s.ends is null and not s.over as runs, t.target
       from spans s join targets t on t.station_id = s.station_id and t.clock = s.clock and t.life_risk = s.life_risk
       where s.starts is not null
     )
     select k.clock, cast(count(timed.took) as integer) as count, cast(count(*) filter (where timed.runs) as integer) as running,
       percentile_cont(0.5) within group (order by timed.took) as "p50S", percentile_cont(0.9) within group (order by timed.took) as "p90S",
       (select t.target from targets t where t.station_id = cast(:station as uuid) and t.clock = k.clock and not t.life_risk) as "targetS",
       avg(case when timed.took <= timed.target then 1.0::float8 when timed.took is not null then 0 end) as within
     from keys k left join timed on timed.clock = k.clock
     where not k.life_risk group by k.n, k.clock order by k.n`,
    { station, from, to, keys: JSON.stringify(keys) },
    { deadlineMs: REPORT_MS },
  );

/** The clocks of a range. Without `from` it begins with the shift that runs at its end; 404 for a station outside the subtree, 422 for a range that ends before it starts or is longer than 3 years. */
export async function clocksOf(ctx: Context, query: Query): Promise<{ from: string; to: string; items: ClockRow[] }> {
  const { scope } = scopeOf(ctx);
  const station = await stationInScope(ctx.db, query.station ?? scope, scope);
  if (!station) throw fieldProblem('/query/station', 'not_found', 'no such station here', 'not_found');
  const to = query.to ?? ctx.now().toISOString();
  const shift = async (): Promise<string> => {
    const starts = ((await ruleAt(ctx.db, 'desk.shifts', station.id)) as { starts: string }[]).map((row) => row.starts);
    // an end that was asked for is the first moment after the range
    const last = query.to === undefined ? Date.parse(to) : Date.parse(to) - 1;
    return shiftStart(starts, station.timeZone, new Date(last)).toISOString();
  };
  const from = query.from ?? (await shift());
  if (from > to) throw fieldProblem('/query/to', 'range', 'ends before it starts');
  if (Date.parse(to) - Date.parse(from) > LONGEST_MS) throw fieldProblem('/query/to', 'range', 'longer than 3 years');
  return { from, to, items: await clockLines(ctx.db, station.id, from, to) };
}
