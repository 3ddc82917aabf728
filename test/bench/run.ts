/** `npm run bench [name ...]`: every bench, or those named. Needs PostgreSQL with PostGIS; starts a throw-away one unless TEST_DATABASE_URL is set. */
import { findPostgres, startPostgres } from '../kit/postgres.ts';
import { benchCoverage } from './coverage.ts';
import { benchFanOut } from './fanout.ts';
import { benchGrowth } from './growth.ts';
import { benchHolds } from './holds.ts';
import { benchIntake } from './intake.ts';
import { describeMachine } from './kit.ts';
import { benchMap } from './map.ts';
import { benchMatch } from './match.ts';
import { benchPlan } from './plan.ts';
import { benchPositions } from './positions.ts';
import { benchStart } from './start.ts';
import { benchSuggest } from './suggest.ts';

const benches: Record<string, (cluster: string) => Promise<void>> = {
  intake: benchIntake,
  positions: benchPositions,
  fanout: benchFanOut,
  suggest: benchSuggest,
  plan: benchPlan,
  match: benchMatch,
  map: benchMap,
  start: benchStart,
  growth: benchGrowth,
  coverage: benchCoverage,
  holds: benchHolds,
};

const wanted = process.argv.slice(2);
const names = wanted.length > 0 ? wanted : Object.keys(benches);
const unknown = names.find((name) => benches[name] === undefined);
if (unknown !== undefined) {
  console.error(`no bench "${unknown}"; there are: ${Object.keys(benches).join(', ')}`);
  process.exit(2);
}
const given = process.env['TEST_DATABASE_URL'];
const found = findPostgres();
if (given === undefined && 'missing' in found) {
  console.error(`cannot run: ${found.missing}`);
  process.exit(1);
}
const cluster = given !== undefined || 'missing' in found ? null : await startPostgres(found.bin);
try {
  describeMachine();
  for (const name of names) await benches[name]?.(given ?? cluster?.url ?? '');
} finally {
  await cluster?.stop();
}
