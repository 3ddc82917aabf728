/** Own steps of a job: through the outbox, shown at once, and marked waiting until the server has them. */
import type * as z from 'zod/mini';
import { onScopeDispose, shallowRef } from 'vue';
import { type DispatchRow, type DispatchStatus, isEnded, stepDispatch } from '../../shared/dispatches.ts';
import { outgoing } from '../live/call.ts';
import { serverNow } from '../live/clock.ts';
import type { OutboxItem } from '../live/outbox-rules.ts';
import type { Outbox } from '../live/outbox.ts';

/** Why a crew declines, in a tap; the words are under `job.decline.<code>`. */
export const declineReasons = ['far', 'with_people', 'vehicle', 'unsafe', 'break'] as const;

export interface ShownStep {
  status: DispatchStatus;
  /** the step is still on this phone */
  waiting: boolean;
}

const isStepOf = (item: OutboxItem, id: string): boolean =>
  item.endpointName === stepDispatch.name && item.url.endsWith(`/${id}`);
const wishedStatus = (item: OutboxItem): DispatchStatus | undefined =>
  (item.body as { status?: DispatchStatus } | null)?.status;

/** What to show: the last step made here that still waits, else the newer of the store's row and the server's own answer. */
export function shownStep(
  row: DispatchRow,
  items: readonly OutboxItem[],
  answered: DispatchRow | undefined,
): ShownStep {
  const newest = answered && answered.version > row.version ? answered : row;
  const made = items.filter((item) => item.state === 'waiting' && isStepOf(item, row.id)).at(-1);
  const status = made && wishedStatus(made);
  return status === undefined || isEnded(newest.status)
    ? { status: newest.status, waiting: false }
    : { status, waiting: true };
}

/** The step that was not accepted, if one was, for both sides to be shown. */
export const refusedStep = (item: OutboxItem): DispatchStatus | undefined =>
  item.endpointName === stepDispatch.name ? wishedStatus(item) : undefined;

/** Steps of this page. Answers are kept until the store has caught up, so that the screen never goes a step back. */
export function useSteps(outbox: Outbox) {
  const answers = shallowRef<ReadonlyMap<string, DispatchRow>>(new Map());
  onScopeDispose(
    outbox.onSent((item, reply) => {
      if (item.endpointName !== stepDispatch.name) return;
      const row = reply as DispatchRow;
      answers.value = new Map(answers.value).set(row.id, row);
    }),
  );
  const step = async (
    row: Pick<DispatchRow, 'id' | 'incidentId'>,
    status: DispatchStatus,
    label: string,
    reason?: string,
  ): Promise<void> => {
    const body: z.input<typeof stepDispatch.body> = {
      status,
      at: serverNow().toISOString(),
      ...(reason === undefined ? {} : { reason }),
    };
    await outbox.enqueue({
      ...outgoing(stepDispatch, { params: { id: row.id }, body }),
      expectId: row.id,
      endpointName: stepDispatch.name,
      label,
      lane: row.incidentId,
    });
  };
  return {
    step,
    shown: (row: DispatchRow): ShownStep => shownStep(row, outbox.items.value, answers.value.get(row.id)),
  };
}
