/** How each status looks: a shape, a tone and a word, so that colour is never the only cue. */
import type { DispatchStatus, Rung } from '../../shared/dispatches.ts';
import type { IncidentStatus, Priority } from '../../shared/incidents.ts';
import type { PatrolStatus } from '../../shared/patrols.ts';
import type { PlanLevel } from '../../shared/plan-levels.ts';
import type { Freshness, ShelterRow } from '../../shared/shelters.ts';

export type Tone = 'danger' | 'warn' | 'ok' | 'info' | 'quiet';
export type Shape =
  | 'dot'
  | 'ring'
  | 'half'
  | 'triangle'
  | 'diamond'
  | 'square'
  | 'arrow'
  | 'check'
  | 'cross'
  | 'pause'
  | 'octagon'
  | 'clock';
export interface Look {
  shape: Shape;
  tone: Tone;
  /** key of its word */
  word: string;
}
const look = (word: string, shape: Shape, tone: Tone): Look => ({ word, shape, tone });

const incident: Record<IncidentStatus, Look> = {
  open: look('incident.status.open', 'ring', 'warn'),
  assigned: look('incident.status.assigned', 'arrow', 'info'),
  on_scene: look('incident.status.on_scene', 'diamond', 'ok'),
  closed: look('incident.status.closed', 'check', 'quiet'),
};
const priority: Record<Priority, Look> = {
  life_risk: look('priority.life_risk', 'octagon', 'danger'),
  urgent: look('priority.urgent', 'triangle', 'warn'),
  normal: look('priority.normal', 'dot', 'quiet'),
};
const patrol: Record<PatrolStatus, Look> = {
  free: look('patrol.status.free', 'ring', 'ok'),
  busy: look('patrol.status.busy', 'dot', 'info'),
  break: look('patrol.status.break', 'pause', 'quiet'),
  ended: look('patrol.status.ended', 'cross', 'quiet'),
};
const dispatch: Record<DispatchStatus, Look> = {
  dispatched: look('dispatch.status.dispatched', 'ring', 'warn'),
  accepted: look('dispatch.status.accepted', 'half', 'info'),
  en_route: look('dispatch.status.en_route', 'arrow', 'info'),
  on_scene: look('dispatch.status.on_scene', 'diamond', 'ok'),
  transporting: look('dispatch.status.transporting', 'square', 'ok'),
  done: look('dispatch.status.done', 'check', 'quiet'),
  declined: look('dispatch.status.declined', 'cross', 'danger'),
  recalled: look('dispatch.status.recalled', 'cross', 'quiet'),
};
/** How far the ladder has been climbed while nobody accepted. */
const rung: Record<Rung, Look> = {
  crew_alarm: look('ladder.crew_alarm', 'clock', 'warn'),
  desk_alarm: look('ladder.desk_alarm', 'triangle', 'danger'),
  next_patrol: look('ladder.next_patrol', 'arrow', 'danger'),
  duty_officer: look('ladder.duty_officer', 'octagon', 'danger'),
};
const shelter: Record<ShelterRow['status'], Look> = {
  open: look('shelter.status.open', 'ring', 'ok'),
  full: look('shelter.status.full', 'dot', 'warn'),
  closed: look('shelter.status.closed', 'cross', 'quiet'),
};
const freshness: Record<Freshness, Look> = {
  fresh: look('freshness.fresh', 'dot', 'ok'),
  ageing: look('freshness.ageing', 'half', 'warn'),
  stale: look('freshness.stale', 'clock', 'danger'),
};

/** Colours come from the class `level-<name>`; a tone says the same where that is not set. */
const level: Record<PlanLevel, Look> = {
  none: look('plan.level.none', 'ring', 'quiet'),
  blue: look('plan.level.blue', 'dot', 'info'),
  yellow: look('plan.level.yellow', 'diamond', 'warn'),
  orange: look('plan.level.orange', 'triangle', 'warn'),
  red: look('plan.level.red', 'octagon', 'danger'),
};

export const looks = { incident, priority, patrol, dispatch, rung, shelter, freshness, level } as const;
