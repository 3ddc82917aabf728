/** The picture a client starts from, and the changes it may have missed. */
import type { Knex } from 'knex';
import type { Noun, Nouns } from '../../shared/events.ts';
import { nouns } from '../../shared/events.ts';
import { readChanges, readSnapshot } from '../../shared/live.ts';
import { packFix, packHeard } from '../../shared/positions.ts';
import { Problem } from '../../shared/problems.ts';
import { type Context, type Staff, staffOf } from '../context.ts';
import type { Database } from '../db/open.ts';
import { inTransaction } from '../db/transaction.ts';
import { type Route, route } from '../http/route.ts';
import { liveView, seesPatrolPositions, viewerOf, views } from './audience.ts';
import { changesFor, factsAfter, lastSeq, mayBePruned, regrouped, stationPaths } from './log.ts';
import type { StoredFix, StoredHeard } from './relay.ts';

type Db = Knex | Knex.Transaction;
/** One query a noun: the live rows of a station subtree. */
export type LiveRows = { readonly [N in Noun]: (db: Db, scope: string) => Promise<Nouns[N][]> };
/** Where the patrols of a subtree are, and when each was last heard of. */
export interface LatestSigns {
  positions: (db: Db, scope: string) => Promise<StoredFix[]>;
  heard: (db: Db, scope: string) => Promise<StoredHeard[]>;
}

async function rowsFor<N extends Noun>(noun: N, live: LiveRows, db: Db, staff: Staff): Promise<Nouns[N][]> {
  if (views[noun][staff.role] === undefined) return [];
  const viewer = viewerOf(staff);
  const found = await live[noun](db, staff.stationId);
  return found.map((row) => liveView(noun, row, viewer)).filter((row): row is Nouns[N] => row !== null);
}

/** All rows and the seq they stand at come from one view of the database, so that nothing falls between snapshot and changes. */
async function snapshotOf(
  database: Database,
  ctx: Context,
  live: LiveRows,
  latest: LatestSigns,
): Promise<{ seq: number } & Record<string, unknown>> {
  const staff = staffOf(ctx);
  return inTransaction(
    database,
    async (db) => {
      const seq = await lastSeq(db);
      const picture: Record<string, unknown> = {};
      for (const noun of nouns) picture[noun] = await rowsFor(noun, live, db, staff);
      const now = ctx.now();
      const at = Math.floor(now.getTime() / 1000);
      const sees = seesPatrolPositions.includes(staff.role);
      const fixes = sees ? await latest.positions(db, staff.stationId) : [];
      const heard = sees ? await latest.heard(db, staff.stationId) : [];
      return {
        seq,
        at: now.toISOString(),
        positions: {
          at,
          fixes: fixes.map((fix) => packFix(fix.num, { ...fix, position: [fix.lon, fix.lat] }, at)),
          heard: heard.map((each) => packHeard(each.num, each, at)),
        },
        ...picture,
      };
    },
    { isolation: 'repeatable read', readOnly: true },
  );
}

/** Looks at more facts than this for one answer and the client had better fetch the snapshot. */
const MAX_FACTS = 5_000;

export const liveRoutes = (database: Database, live: LiveRows, latest: LatestSigns): Route[] => [
  route(readSnapshot, (ctx) => snapshotOf(database, ctx, live, latest)),
  route(readChanges, async (ctx, { query }) => {
    const staff = staffOf(ctx);
    if (await mayBePruned(ctx.db, query.since)) throw new Problem('changes_pruned');
    const facts = await factsAfter(ctx.db, query.since, MAX_FACTS + 1);
    // A new outing changes what a person may see of everything: the changes alone would not tell.
    const regroupedHere = facts.some((fact) => regrouped(fact).includes(staff.id));
    if (facts.length > MAX_FACTS || (staff.role === 'crew' && regroupedHere)) throw new Problem('changes_pruned');
    const changes = changesFor(facts, viewerOf(staff), await stationPaths(ctx.db));
    return { after: query.since, upTo: facts.at(-1)?.seq ?? query.since, changes: changes as never };
  }),
];
