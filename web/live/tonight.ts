/** Only tonight's work of this crew is on the phone: what is kept of the picture, and what is left of it while the phone is locked. Pure. */
import type { ActivationRow } from '../../shared/plans.ts';
import type { HoldRow, ShelterRow } from '../../shared/shelters.ts';
import { emptyState, type State } from '../../shared/state.ts';

type Table<R> = Readonly<Record<string, R>>;
const only = <R>(table: Table<R>, fits: (row: R) => boolean): Table<R> =>
  Object.fromEntries(Object.entries(table).filter(([, row]) => fits(row)));
const each = <R>(table: Table<R>, change: (row: R) => R): Table<R> =>
  Object.fromEntries(Object.entries(table).map(([id, row]) => [id, change(row)]));

/** The outing of this person, if any. */
const patrolsOf = (state: State, userId: string): State['patrols'] =>
  only(state.patrols, ({ crew }) => crew.includes(userId));

const open = (row: ShelterRow): ShelterRow =>
  row.confidential ? { ...row, position: null, address: null, phone: null } : row;
/** Of others it counts how many beds, not whose they are. */
const anonymous = (row: HoldRow): HoldRow => ({ ...row, for: null, dispatchId: null, patrolId: null, shelter: null });

/** The part of the picture that may lie on this person's phone; everything else is of no use there, and a risk on a lost one. */
export function tonightsWork(state: State, userId: string): State {
  const patrols = patrolsOf(state, userId);
  const isOwn = (patrolId: string | null): boolean => patrolId !== null && patrolId in patrols;
  const onShift = Object.keys(patrols).length > 0;
  const dispatches = only(state.dispatches, ({ patrolId }) => isOwn(patrolId));
  const rechecks = only(
    state.rechecks,
    ({ patrolId, status }) => onShift && (isOwn(patrolId) || status === 'any_crew'),
  );
  const wanted = new Set([...Object.values(dispatches), ...Object.values(rechecks)].map((row) => row.incidentId));
  return {
    ...emptyState,
    seq: state.seq,
    stations: state.stations,
    weather: state.weather,
    items: state.items,
    patrols,
    dispatches,
    rechecks,
    incidents: only(state.incidents, ({ id }) => wanted.has(id)),
    shelters: each(state.shelters, open),
    holds: each(state.holds, (row) => (isOwn(row.patrolId) ? row : anonymous(row))),
    stock: only(state.stock, ({ place }) => place.kind === 'patrol' && isOwn(place.id)),
    panics: only(state.panics, ({ patrolId }) => isOwn(patrolId)),
    runs: only(state.runs, ({ patrolId }) => isOwn(patrolId)),
    // what is on, and what the crew is told and asked to do for it: no word about anybody, and of use before it is out
    alerts: state.alerts,
    plans: state.plans,
    activations: state.activations,
  };
}

/** That something was said with an alarm, without the words. */
const soundOnly = (row: ActivationRow): ActivationRow => ({
  ...row,
  reason: '',
  why: [],
  steps: row.steps
    .filter(({ alarm }) => alarm)
    .map((step) => ({ ...step, title: { en: '' }, words: null, note: null })),
});

/**
 * What stays in memory while the phone is locked: that we are out, that a job waits for an answer, that somebody of us called
 * for help, that a plan alarms. So the alarm rings and the track goes on, and nothing tells where anybody is.
 */
export function lockedView(state: State, userId: string): State {
  const { seq, patrols, dispatches, panics, activations } = tonightsWork(state, userId);
  return {
    ...emptyState,
    seq,
    patrols,
    dispatches: each(dispatches, (row) => ({ ...row, reason: null })),
    panics: each(panics, (row) => ({ ...row, position: null, endReason: null })),
    activations: each(activations, soundOnly),
  };
}
