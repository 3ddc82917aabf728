/** Own steps of a job: through the outbox, so that they need no network. */
import type * as z from 'zod/mini';
import { type DispatchRow, type DispatchStatus, stepDispatch } from '../../shared/dispatches.ts';
import { outgoing } from '../live/call.ts';
import { serverNow } from '../live/clock.ts';
import type { Outbox } from '../live/outbox.ts';

/** Why a crew declines, in a tap; the words are under `job.decline.<code>`. */
export const declineReasons = ['far', 'with_people', 'vehicle', 'unsafe', 'break'] as const;

/** Steps of a job as this phone makes them. */
export function useSteps(outbox: Outbox) {
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
  return { step };
}
