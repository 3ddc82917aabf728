/**
 * The privacy page: who learns what about which row, in reads and live. A role not named learns nothing.
 * Scope comes first: a row of a station outside the viewer's subtree does not exist for that viewer.
 */
import type { Noun, Nouns, Payload, RowsOf } from '../../shared/events.ts';
import { nouns } from '../../shared/events.ts';
import type { Role } from '../../shared/roles.ts';
import type { Staff } from '../context.ts';

/** What decides a view. Two sockets with the same viewer see exactly the same, so they share one room. */
export interface Viewer {
  role: Role;
  stationId: string;
  patrolId: string | null;
  shelterId: string | null;
}
export const viewerOf = ({ role, stationId, patrolId, shelterId }: Staff): Viewer => ({
  role,
  stationId,
  patrolId,
  shelterId,
});
export const viewerKey = (viewer: Viewer): string =>
  `v:${viewer.role}:${viewer.stationId}:${viewer.patrolId ?? ''}:${viewer.shelterId ?? ''}`;

type View<N extends Noun> = (row: Nouns[N], viewer: Viewer) => Nouns[N] | null;
const whole = <R>(row: R): R => row;
const onShift =
  <N extends Noun>(show: View<N>): View<N> =>
  (row, viewer) =>
    viewer.patrolId === null ? null : show(row, viewer);

/** Health and minors are for those handling the case. */
const crewIncident: View<'incidents'> = (row, viewer) =>
  viewer.patrolId !== null && row.patrolIds.includes(viewer.patrolId) ? row : { ...row, signs: [] };

/** A confidential place is told to a crew only with its own hold. */
const guardedShelter: View<'shelters'> = (row) =>
  row.confidential ? { ...row, position: null, address: null, phone: null, contact: null, about: '' } : row;

const crewHold: View<'holds'> = (row, viewer) =>
  viewer.patrolId !== null && row.patrolId === viewer.patrolId
    ? row
    : { ...row, for: null, dispatchId: null, patrolId: null, shelter: null };

/** The same crew first, then any; what another patrol has taken is no longer on offer. */
const offeredRecheck: View<'rechecks'> = (row, viewer) => {
  if (row.patrolId === viewer.patrolId && row.status !== 'taken') return row;
  return row.status === 'any_crew' ? row : null;
};

/** What is on and until when; who ordered it and what is being asked is for those who lead. */
const stateOnly: View<'plans'> = (row) => ({ ...row, order: null, proposal: null });

/** The steps their own part has to see to, and what is said to them. */
const ownSteps =
  (role: 'crew' | 'shelter' | 'partner'): View<'activations'> =>
  (row) => ({ ...row, steps: row.steps.filter((step) => step.owner === role || step.to.includes(role)) });

/** A crew member hears of a shift when somebody has been called in. */
const calledShift: View<'shifts'> = (row) => {
  const called = row.people.filter(({ calledAt }) => calledAt !== null);
  return called.length === 0 ? null : { ...row, people: called, handOver: null };
};

export const views: { readonly [N in Noun]: { readonly [R in Role]?: View<N> } } = {
  stations: {
    partner: whole,
    inspector: whole,
    shelter: whole,
    crew: whole,
    dispatcher: whole,
    manager: whole,
    admin: whole,
  },
  incidents: { inspector: whole, crew: onShift(crewIncident), dispatcher: whole, manager: whole },
  patrols: { inspector: whole, crew: whole, dispatcher: whole, manager: whole },
  dispatches: {
    inspector: whole,
    crew: (row, viewer) => (row.patrolId === viewer.patrolId ? row : null),
    dispatcher: whole,
    manager: whole,
  },
  shelters: {
    inspector: guardedShelter,
    shelter: (row, viewer) => (row.id === viewer.shelterId ? row : null),
    crew: guardedShelter,
    dispatcher: whole,
    manager: whole,
    admin: whole,
  },
  holds: {
    shelter: (row, viewer) => (row.shelterId === viewer.shelterId ? row : null),
    crew: crewHold,
    dispatcher: whole,
    manager: whole,
  },
  stays: {
    shelter: (row, viewer) => (row.shelterId === viewer.shelterId ? row : null),
    dispatcher: whole,
    manager: whole,
  },
  items: {
    partner: whole,
    inspector: whole,
    shelter: whole,
    crew: whole,
    dispatcher: whole,
    manager: whole,
    admin: whole,
  },
  stock: {
    shelter: (row, viewer) => (row.place.kind === 'shelter' && row.place.id === viewer.shelterId ? row : null),
    crew: (row, viewer) => (row.place.kind === 'patrol' && row.place.id === viewer.patrolId ? row : null),
    dispatcher: whole,
    manager: whole,
    admin: whole,
  },
  tasks: { dispatcher: whole, manager: whole },
  weather: {
    partner: whole,
    inspector: whole,
    shelter: whole,
    crew: whole,
    dispatcher: whole,
    manager: whole,
    admin: whole,
  },
  // a place where people sleep: the desk's alone, and the inspector's one logged look at a time
  sites: { inspector: whole, dispatcher: whole, manager: whole },
  // whoever is out near by may be the first to help
  panics: { inspector: whole, crew: onShift(whole), dispatcher: whole, manager: whole },
  // stops are places where people sleep
  rounds: { inspector: whole, crew: onShift(whole), dispatcher: whole, manager: whole },
  runs: {
    inspector: whole,
    crew: (row, viewer) => (row.patrolId === viewer.patrolId ? row : null),
    dispatcher: whole,
    manager: whole,
  },
  rechecks: { inspector: whole, crew: onShift(offeredRecheck), dispatcher: whole, manager: whole },
  alerts: { inspector: whole, shelter: whole, crew: whole, dispatcher: whole, manager: whole, admin: whole },
  plans: {
    partner: stateOnly,
    inspector: whole,
    shelter: stateOnly,
    crew: stateOnly,
    dispatcher: whole,
    manager: whole,
    admin: whole,
  },
  activations: {
    partner: ownSteps('partner'),
    inspector: whole,
    shelter: ownSteps('shelter'),
    crew: ownSteps('crew'),
    dispatcher: whole,
    manager: whole,
    admin: whole,
  },
  shifts: { inspector: whole, crew: calledShift, dispatcher: whole, manager: whole, admin: whole },
  // whoever is checked hears of a check only when it is asked
  checks: {
    inspector: whole,
    crew: (row, viewer) => (row.target === 'patrol' && row.patrolId === viewer.patrolId ? row : null),
    dispatcher: (row) => (row.target === 'desk' ? row : null),
    manager: whole,
    admin: whole,
  },
};

/** Inspectors read exact places one look at a time, each look logged; they are never sent them. */
const neverLive: { readonly [N in Noun]?: readonly Role[] } = {
  incidents: ['inspector'],
  dispatches: ['inspector'],
  sites: ['inspector'],
  rounds: ['inspector'],
  runs: ['inspector'],
  rechecks: ['inspector'],
};

/** Who sees where patrols are. */
export const seesPatrolPositions: readonly Role[] = ['inspector', 'crew', 'dispatcher', 'manager'];

/** The row as the viewer may read it, or null. Scope is the query's. */
export function view<N extends Noun>(noun: N, row: Nouns[N], viewer: Viewer): Nouns[N] | null {
  const show: View<N> | undefined = views[noun][viewer.role];
  return show ? show(row, viewer) : null;
}

/** The row as the viewer hears it live and finds it in the snapshot, or null. */
export function liveView<N extends Noun>(noun: N, row: Nouns[N], viewer: Viewer): Nouns[N] | null {
  return neverLive[noun]?.includes(viewer.role) === true ? null : view(noun, row, viewer);
}

/** station id -> its ancestors and itself */
export type StationPaths = ReadonlyMap<string, readonly string[]>;

/** The catalogue of items belongs to everybody; any other row to its station. */
const stationOf = (noun: Noun, row: Nouns[Noun]): string | null => {
  if (noun === 'stations') return row.id;
  return 'stationId' in row ? row.stationId : null;
};

/** These come from above too: a station without its own feed, warnings or plan lives by those of the city. */
const fromAbove: ReadonlySet<Noun> = new Set<Noun>(['weather', 'alerts', 'plans', 'activations']);

function heard<N extends Noun>(noun: N, row: Nouns[N], viewer: Viewer, paths: StationPaths): Nouns[N] | null {
  const station = stationOf(noun, row);
  const above = fromAbove.has(noun) && station !== null && paths.get(viewer.stationId)?.includes(station) === true;
  if (!above && station !== null && paths.get(station)?.includes(viewer.stationId) !== true) return null;
  return liveView(noun, row, viewer);
}

/** What of a stored fact one viewer gets: its rows in that viewer's view, and the ids of rows that left it; null when nothing. */
export function payloadFor(
  fact: { rows: RowsOf<Noun>; before?: RowsOf<Noun> | undefined },
  viewer: Viewer,
  paths: StationPaths,
): Payload | null {
  const payload: Record<string, unknown> = {};
  const gone: Partial<Record<Noun, string[]>> = {};
  for (const noun of nouns) {
    const rows = fact.rows[noun] as Nouns[Noun][] | undefined;
    if (!rows) continue;
    const shown: Nouns[Noun][] = [];
    for (const row of rows) {
      const seen = heard(noun, row, viewer, paths);
      if (seen) shown.push(seen);
      else {
        const before = (fact.before?.[noun] as Nouns[Noun][] | undefined)?.find((old) => old.id === row.id);
        if (before && heard(noun, before, viewer, paths)) (gone[noun] ??= []).push(row.id);
      }
    }
    if (shown.length > 0) payload[noun] = shown;
  }
  if (Object.keys(gone).length > 0) payload['gone'] = gone;
  return Object.keys(payload).length > 0 ? payload : null;
}
