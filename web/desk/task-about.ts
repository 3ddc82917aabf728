/** What a task is about, by the ids it carries. Pure. */
import type { TaskRow } from '../../shared/tasks.ts';
import { type StoreKind, storeKinds } from '../../shared/supplies.ts';

export interface TaskAbout {
  itemId: string | null;
  /** where the stock lies */
  store: { kind: StoreKind; id: string } | null;
  incidentId: string | null;
  patrolId: string | null;
  shelterId: string | null;
  feedId: string | null;
  planId: string | null;
  alertId: string | null;
  /** the roster, the shift that runs, or a spot check */
  duty: boolean;
}

export function aboutTask({ kind, subject }: Pick<TaskRow, 'kind' | 'subject'>): TaskAbout {
  const id = (key: string): string | null => {
    const value = subject[key];
    return typeof value === 'string' ? value : null;
  };
  const placeKind = storeKinds.find((known) => known === subject['placeKind']);
  const placeId = id('placeId');
  const patrolId = id('patrolId');
  const stock = kind.startsWith('stock_');
  return {
    itemId: id('itemId'),
    store:
      placeKind !== undefined && placeId !== null
        ? { kind: placeKind, id: placeId }
        : stock && patrolId !== null
          ? { kind: 'patrol', id: patrolId }
          : null,
    incidentId: id('incidentId'),
    patrolId,
    shelterId: id('shelterId'),
    feedId: id('feedId'),
    planId: id('planId'),
    alertId: id('alertId'),
    duty: kind === 'duty_gap' || kind === 'desk_uncovered' || kind === 'check_missed',
  };
}
