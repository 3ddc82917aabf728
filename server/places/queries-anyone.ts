/** What the public may ask of a city's tables. */
import type { Knex } from 'knex';
import type { LonLat } from '../../shared/geo.ts';
import { rootStation } from '../stations/queries.ts';
import { resolveIn } from './resolve.ts';

/** Where a member of the public may mean; undefined when it is not understood. Never among sites, which are where people sleep. */
export async function placeForAnyone(db: Knex, words: string): Promise<LonLat | undefined> {
  const root = await rootStation(db);
  if (!root) return undefined;
  const scope = { stationId: root.id, stationPath: root.path };
  const { items } = await resolveIn(db, scope, { q: words }, false);
  return items[0]?.position.coordinates;
}
