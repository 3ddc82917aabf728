/** Every fact the service can tell, by name, and which nouns' rows it carries. */
import type { AlertRow } from './alerts.ts';
import type { DispatchRow } from './dispatches.ts';
import type { ShiftRow, SpotCheckRow } from './duty.ts';
import type { IncidentRow } from './incidents.ts';
import type { PanicRow } from './panics.ts';
import type { ActivationRow, PlanStateRow } from './plans.ts';
import type { PatrolRow } from './patrols.ts';
import type { RecheckRow } from './rechecks.ts';
import type { RoundRow, RunRow } from './rounds.ts';
import type { SiteRow } from './sites.ts';
import type { WeatherRow } from './weather.ts';
import type { PositionsTick } from './positions.ts';
import type { HoldRow, ShelterRow } from './shelters.ts';
import type { StationRow } from './stations.ts';
import type { ItemRow, StockRow } from './supplies.ts';
import type { StayRow } from './stays.ts';
import type { TaskRow } from './tasks.ts';

/** The nouns of the live picture. A row is always whole: the newest replaces the one before. */
export interface Nouns {
  stations: StationRow;
  incidents: IncidentRow;
  patrols: PatrolRow;
  dispatches: DispatchRow;
  shelters: ShelterRow;
  holds: HoldRow;
  stays: StayRow;
  items: ItemRow;
  stock: StockRow;
  tasks: TaskRow;
  weather: WeatherRow;
  sites: SiteRow;
  panics: PanicRow;
  rounds: RoundRow;
  runs: RunRow;
  rechecks: RecheckRow;
  alerts: AlertRow;
  plans: PlanStateRow;
  activations: ActivationRow;
  shifts: ShiftRow;
  checks: SpotCheckRow;
}
export type Noun = keyof Nouns;
export const nouns = [
  'stations',
  'incidents',
  'patrols',
  'dispatches',
  'shelters',
  'holds',
  'stays',
  'items',
  'stock',
  'tasks',
  'weather',
  'sites',
  'panics',
  'rounds',
  'runs',
  'rechecks',
  'alerts',
  'plans',
  'activations',
  'shifts',
  'checks',
] as const satisfies readonly Noun[];

/** Fact -> the nouns it may carry. A fact whose noun is not said here does not compile. */
export const eventNouns = {
  'station.created': ['stations'],
  'station.changed': ['stations'],
  'sighting.reported': ['incidents'],
  'sighting.photographed': ['incidents'],
  'incident.seen': ['incidents'],
  'incident.changed': ['incidents'],
  'incident.noted': ['incidents'],
  'incident.merged': ['incidents'],
  'incident.unmerged': ['incidents'],
  'incident.closed': ['incidents'],
  'incident.reopened': ['incidents'],
  'incident.claimed': ['incidents'],
  'incident.unclaimed': ['incidents'],
  'incident.snoozed': ['incidents'],
  'question.asked': ['incidents'],
  'question.answered': ['incidents'],
  'sighting.moved': ['incidents'],
  'patrol.started': ['patrols'],
  'patrol.changed': ['patrols'],
  'patrol.ended': ['patrols', 'tasks'],
  'dispatch.sent': ['dispatches', 'incidents', 'patrols'],
  'dispatch.stepped': ['dispatches', 'incidents', 'patrols'],
  'dispatch.reassigned': ['dispatches', 'incidents', 'patrols'],
  'dispatch.escalated': ['dispatches', 'incidents', 'tasks'],
  'patrol.roll_call': ['patrols', 'tasks'],
  'panic.raised': ['panics'],
  'panic.changed': ['panics'],
  'round.created': ['rounds'],
  'round.changed': ['rounds'],
  'run.started': ['runs'],
  'run.changed': ['runs', 'sites'],
  'recheck.changed': ['rechecks', 'incidents'],
  'recheck.taken': ['rechecks', 'dispatches', 'incidents', 'patrols'],
  'encounter.recorded': ['incidents', 'holds', 'stock', 'tasks', 'rechecks', 'sites'],
  'encounter.photographed': ['incidents'],
  'shelter.created': ['shelters'],
  'shelter.changed': ['shelters', 'holds'],
  'hold.made': ['holds', 'incidents'],
  'hold.released': ['holds', 'incidents'],
  'hold.expired': ['holds'],
  'hold.extended': ['holds', 'incidents'],
  'shelter.counted': ['shelters'],
  'stay.started': ['stays', 'shelters', 'holds', 'incidents'],
  'stay.changed': ['stays', 'shelters', 'tasks'],
  'stay.due': ['stays', 'tasks'],
  'item.created': ['items'],
  'item.changed': ['items'],
  'supplies.moved': ['stock', 'tasks'],
  'supplies.watched': ['tasks'],
  'task.done': ['tasks'],
  'weather.observed': ['weather'],
  'site.created': ['sites'],
  'site.changed': ['sites'],
  'site.visited': ['sites'],
  'alert.received': ['alerts', 'tasks'],
  'alert.changed': ['alerts', 'tasks'],
  'feed.lost': ['tasks'],
  'plan.changed': ['plans'],
  'plan.decided': ['plans', 'activations', 'tasks'],
  'activation.changed': ['activations', 'plans', 'tasks'],
  'shift.changed': ['shifts', 'tasks'],
  'check.asked': ['checks'],
  'check.changed': ['checks', 'tasks'],
} as const satisfies Record<string, readonly Noun[]>;
export type EventType = keyof typeof eventNouns;
export const eventTypes = Object.keys(eventNouns) as EventType[];

export type RowsOf<N extends Noun> = { [K in N]?: Nouns[K][] };
/** What a command hands to record(): rows as they are now, and as they were where that decides who may no longer see them. */
export interface Fact<T extends EventType = EventType> {
  type: T;
  stationId: string;
  rows: RowsOf<(typeof eventNouns)[T][number]>;
  before?: RowsOf<(typeof eventNouns)[T][number]>;
}
/** What one viewer gets: the rows in that viewer's view, and ids of rows that left it. */
export type Payload = RowsOf<Noun> & { gone?: Partial<Record<Noun, string[]>> };
export interface Change {
  seq: number;
  type: EventType;
  at: string;
  stationId: string;
  payload: Payload;
}
/** A message is complete for its viewer from `after` (exclusive) to `upTo` (inclusive). */
export interface Changes {
  after: number;
  upTo: number;
  changes: Change[];
}
/** Everything the server ever sends on the socket; there are no client events. */
export interface ServerEvents {
  changes: (message: Changes) => void;
  positions: (message: PositionsTick) => void;
  reset: () => void;
}
