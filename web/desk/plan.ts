/** The plan for all at the desk: made, looked at, sent in part or whole, taken back. */
import { computed, type ComputedRef, type ShallowRef, shallowRef } from 'vue';
import {
  type AssignmentRow,
  type DispatchRow,
  planDispatches,
  type PlanReply,
  sendPatrol,
  stepDispatch,
} from '../../shared/dispatches.ts';
import { needsNobody } from '../../shared/incidents.ts';
import { call } from '../live/call.ts';
import { wordsOf } from '../ui/toasts.ts';
import type { Desk } from './desk.ts';

/** What has become of one line of the plan. */
export type Outcome =
  | { step: 'sending' }
  | { step: 'sent'; dispatch: DispatchRow }
  | { step: 'failed'; words: string }
  | { step: 'recalled' };

export interface Planning {
  plan: Readonly<ShallowRef<PlanReply | null>>;
  error: Readonly<ShallowRef<unknown>>;
  making: Readonly<ShallowRef<boolean>>;
  /** while patrols are sent or recalled: how many of them are done */
  progress: Readonly<ShallowRef<{ done: number; count: number } | null>>;
  outcomeOf: (incidentId: string) => Outcome | null;
  isChosen: (incidentId: string) => boolean;
  choose: (incidentId: string, wish: boolean) => void;
  /** what would be sent now, in the plan's order */
  chosen: ComputedRef<readonly AssignmentRow[]>;
  /** lines that can still be chosen */
  open: ComputedRef<readonly AssignmentRow[]>;
  sent: ComputedRef<readonly DispatchRow[]>;
  failures: ComputedRef<number>;
  /** somebody else has moved since: a patrol is gone, an incident is served, or a new one has come */
  stale: ComputedRef<boolean>;
  make: () => Promise<void>;
  send: () => Promise<void>;
  /** Recalls everything that was sent from this plan. */
  undo: () => Promise<void>;
}

export function usePlanning(desk: Desk): Planning {
  const plan = shallowRef<PlanReply | null>(null);
  const error = shallowRef<unknown>(null);
  const making = shallowRef(false);
  const progress = shallowRef<{ done: number; count: number } | null>(null);
  const left = shallowRef<ReadonlySet<string>>(new Set());
  const outcomes = shallowRef<ReadonlyMap<string, Outcome>>(new Map());
  /** ids of the dispatches to be: pressing again after a lost answer finds the first one done */
  let ids = new Map<string, string>();
  const told = (incidentId: string, outcome: Outcome): void => {
    outcomes.value = new Map(outcomes.value).set(incidentId, outcome);
  };
  const outcomeOf: Planning['outcomeOf'] = (incidentId) => outcomes.value.get(incidentId) ?? null;

  const open = computed(() =>
    (plan.value?.assignments ?? []).filter(({ incidentId }) => {
      const step = outcomeOf(incidentId)?.step;
      return step === undefined || step === 'failed';
    }),
  );
  const chosen = computed(() => open.value.filter(({ incidentId }) => !left.value.has(incidentId)));
  const stale = computed(() => {
    const made = plan.value;
    if (made === null) return false;
    const { incidents, patrols } = desk.store.state.value;
    if (
      open.value.some(
        ({ incidentId, patrolId }) => incidents[incidentId]?.status !== 'open' || patrols[patrolId]?.status !== 'free',
      )
    )
      return true;
    const known = new Set([...made.assignments, ...made.unassigned].map(({ incidentId }) => incidentId));
    return desk.incidents.value.some((row) => row.status === 'open' && !needsNobody(row) && !known.has(row.id));
  });

  async function make(): Promise<void> {
    if (making.value || progress.value !== null) return;
    making.value = true;
    error.value = null;
    try {
      plan.value = await call(planDispatches, { body: {} });
      left.value = new Set();
      outcomes.value = new Map();
      ids = new Map();
    } catch (problem) {
      error.value = problem;
    } finally {
      making.value = false;
    }
  }
  /** One after the other, each with an outcome of its own; a failure stops nothing but itself. */
  async function eachInTurn<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
    if (progress.value !== null) return;
    progress.value = { done: 0, count: all.length };
    for (const one of all) {
      await work(one);
      progress.value = { done: progress.value.done + 1, count: all.length };
    }
    progress.value = null;
    if (desk.store.connection.value !== 'live') void desk.store.catchUp();
  }
  const send = (): Promise<void> =>
    eachInTurn([...chosen.value], async ({ incidentId, patrolId }) => {
      const id = ids.get(incidentId) ?? crypto.randomUUID();
      ids.set(incidentId, id);
      told(incidentId, { step: 'sending' });
      try {
        told(incidentId, { step: 'sent', dispatch: await call(sendPatrol, { body: { id, incidentId, patrolId } }) });
      } catch (problem) {
        told(incidentId, { step: 'failed', words: wordsOf(problem) });
      }
    });
  const sent = computed(() =>
    [...outcomes.value.values()].flatMap((outcome) => (outcome.step === 'sent' ? [outcome.dispatch] : [])),
  );
  const undo = (): Promise<void> =>
    eachInTurn([...sent.value], async (dispatch) => {
      try {
        await call(stepDispatch, { params: { id: dispatch.id }, body: { status: 'recalled' } });
        told(dispatch.incidentId, { step: 'recalled' });
      } catch (problem) {
        // it stands as sent: that is what it is
        error.value = problem;
      }
    });

  return {
    plan,
    error,
    making,
    progress,
    outcomeOf,
    isChosen: (incidentId) => !left.value.has(incidentId),
    choose: (incidentId, wish) => {
      const next = new Set(left.value);
      if (wish) next.delete(incidentId);
      else next.add(incidentId);
      left.value = next;
    },
    chosen,
    open,
    sent,
    failures: computed(() => [...outcomes.value.values()].filter(({ step }) => step === 'failed').length),
    stale,
    make,
    send,
    undo,
  };
}
