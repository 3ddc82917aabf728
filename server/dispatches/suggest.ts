/** Whom to send: near, free or soon free, and fit for it. */
import type { Knex } from 'knex';
import type { RouterNote, SuggestionRow } from '../../shared/dispatches.ts';
import { distanceM, type LonLat } from '../../shared/geo.ts';
import { Problem } from '../../shared/problems.ts';
import { fit, needOf } from './fit.ts';
import { fitRules, paceIn } from './queries-field.ts';
import { type Nearby, nearbyPatrols, type Scene, sceneInScope } from './queries-suggest.ts';
import { createRouting, type Routing } from './routing.ts';

/** In which order they are shown: fresh fixes, old ones, unknown ones, those that cannot go. */
const tier = (patrol: Nearby): number =>
  patrol.standing !== 'free' && patrol.standing !== 'soon' ? 3 : patrol.lon === null ? 2 : patrol.fresh ? 0 : 1;

interface Judged {
  patrol: Nearby;
  tier: number;
  /** seconds with the penalties of what is missing */
  rank: number;
  row: SuggestionRow;
}

function judge(patrol: Nearby, travelS: number | null, scene: Scene): Judged {
  const etaS = travelS === null ? null : Math.max(1, Math.ceil(travelS)) + patrol.freeInS;
  const excluded = patrol.standing === 'free' || patrol.standing === 'soon' ? null : patrol.standing;
  const { reasons, penaltyMin } = fit(needOf(scene, scene.rules['dispatch.fit']), patrol, etaS, fitRules(scene));
  const where =
    scene.place === null
      ? ['no_place']
      : patrol.lon === null
        ? ['no_position']
        : patrol.fresh
          ? []
          : ['stale_position'];
  const metres =
    scene.place === null || patrol.lon === null ? null : distanceM([patrol.lon, patrol.lat ?? 0], scene.place);
  return {
    patrol,
    tier: tier(patrol),
    rank: (etaS ?? metres ?? 0) + penaltyMin * 60,
    row: {
      patrolId: patrol.id,
      etaS,
      distanceM: metres === null ? null : Math.round(metres),
      reasons: excluded === null ? [patrol.standing === 'soon' ? 'soon_free' : 'free', ...where, ...reasons] : where,
      excluded,
      fixAgeS: patrol.fixAgeS,
      freeInS: patrol.freeInS,
    },
  };
}

/** The first of these by time is the nearest; said of a free one with a fresh fix only. */
function nameNearest(judged: readonly Judged[]): void {
  const [nearest] = judged
    .filter(({ tier: at, patrol }) => at === 0 && patrol.standing === 'free')
    .sort((a, b) => (a.row.etaS ?? 0) - (b.row.etaS ?? 0) || a.row.patrolId.localeCompare(b.row.patrolId));
  if (nearest) nearest.row.reasons[0] = 'nearest';
}

export interface Suggestions {
  items: SuggestionRow[];
  router: RouterNote;
}

/**
 * Patrols for an incident, the best first, at most 50: by travel time plus the penalties of what they lack, old and unknown
 * positions after fresh ones, and the nearest that cannot go last. Throws not_found out of scope.
 */
export async function suggest(
  db: Knex | Knex.Transaction,
  scope: string,
  incidentId: string,
  now: Date,
  routing: Pick<Routing, 'table'>,
): Promise<Suggestions> {
  const scene = await sceneInScope(db, scope, incidentId);
  if (!scene) throw new Problem('not_found');
  const patrols = await nearbyPatrols(db, scene, now);
  const placed = patrols.filter(({ lon }) => lon !== null);
  const { travel, router } = await routing.table(
    placed.map(({ lon, lat }): LonLat => [lon ?? 0, lat ?? 0]),
    scene.place === null ? [] : [scene.place],
    [paceIn(scene, scene.area, now)],
    placed.map(({ spareSeats }) => spareSeats === null),
  );
  const travelS = new Map(placed.map(({ id }, n) => [id, travel.seconds[n] ?? null]));
  const judged = patrols.map((patrol) => judge(patrol, travelS.get(patrol.id) ?? null, scene));
  nameNearest(judged);
  judged.sort((a, b) => a.tier - b.tier || a.rank - b.rank || a.row.patrolId.localeCompare(b.row.patrolId));
  return { items: judged.map(({ row }) => row), router };
}

const estimateOnly = createRouting({ router: null, log: { warn: () => undefined } });
/** The same by the estimate alone: inside a command, with rows locked, nobody waits for a router. */
export const estimatedSuggestions = async (
  db: Knex | Knex.Transaction,
  scope: string,
  incidentId: string,
  now: Date,
): Promise<SuggestionRow[]> => (await suggest(db, scope, incidentId, now, estimateOnly)).items;
