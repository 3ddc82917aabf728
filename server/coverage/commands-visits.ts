/** What tracks and meetings say somebody was at: stops of rounds under way, and known places. And rounds whose outing is over. */
import type { SiteRow } from '../../shared/sites.ts';
import type { Context } from '../context.ts';
import { rows } from '../db/rows.ts';
import { BELIEVED, RECEIVED } from '../positions/queries-fixes.ts';
import { record } from '../realtime/record.ts';
import { endRunsOfEndedOutings, markReached } from '../rounds/commands-runs.ts';
import { reachedStops } from '../rounds/queries.ts';
import { type Visit, visitSites } from '../sites/commands.ts';
import { holdReader, readOn, type Stretch } from './tracks.ts';

const READER = 'visits';
/** No known place reaches further, in metres: the bound by which the index finds candidates. */
const REACH = 1_000;
/** Somebody who stays at a place is news once in so long, not with every fix. */
const TOLD_EVERY_MS = 300_000;

/** Who passed a known place, or met somebody there, and when last. */
const visitsIn = (ctx: Context, stretch: Stretch): Promise<Visit[]> =>
  rows<Visit>(
    ctx.db,
    `with seen as materialized (
       select p.at, p.position as place, cast(null as uuid) as site_id from positions p where ${RECEIVED} and ${BELIEVED}
       union all
       select e.at, e.position::geometry, e.site_id from encounters e where e.recorded_at > :from and e.recorded_at <= :to
     ), found as (
       select t.id, s.at from seen s join sites t on t.active and st_dwithin(t.position, s.place::geography, cast(:reach as float8))
       where st_distance(t.position, s.place::geography) <= t.radius_m
       union all
       select t.id, s.at from seen s join sites t on t.active and t.outline is not null and t.outline && s.place::geography
       where st_covers(t.outline::geometry, s.place)
       union all
       select site_id, at from seen where site_id is not null
     )
     select id as "siteId", max(at) as at from found group by id order by id`,
    { ...stretch, reach: REACH },
  );

/** One fact for each station, whose people alone see its places. */
function tellVisits(ctx: Context, sites: readonly SiteRow[]): void {
  for (const stationId of new Set(sites.map((site) => site.stationId)))
    record(ctx, {
      type: 'site.visited',
      stationId,
      rows: { sites: sites.filter((site) => site.stationId === stationId) },
    });
}

/** One step: the next stretch of tracks and meetings. Answers whether there is more to do now. */
export async function noteVisits(ctx: Context): Promise<number> {
  // what was before the first look is history, and not told as news
  await rows(
    ctx.db,
    `insert into track_readers (name, received_to) values (:name, :now) on conflict (name) do nothing`,
    { name: READER, now: ctx.now() },
  );
  if (!(await holdReader(ctx, READER))) return 0;
  const more = await readOn(ctx, READER, 0, async (stretch) => {
    await markReached(ctx, await reachedStops(ctx.db, stretch));
    tellVisits(ctx, await visitSites(ctx, await visitsIn(ctx, stretch), TOLD_EVERY_MS));
  });
  const ended = await endRunsOfEndedOutings(ctx);
  return more || ended > 0 ? 1 : 0;
}
