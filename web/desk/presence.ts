/** Where the other desks are: said and asked every few seconds, and at once when this one opens another incident. */
import { onScopeDispose, type ShallowRef, shallowRef, watch } from 'vue';
import { presenceBeatS, type PresenceRow, sayPresence } from '../../shared/presence.ts';
import { call } from '../live/call.ts';
import type { Desk } from './desk.ts';

export interface Presence {
  /** desks of others that look at this incident now */
  at: (incidentId: string) => readonly PresenceRow[];
  /** the name of somebody at a desk, now or earlier on this page; null for one never met */
  nameOf: (userId: string) => string | null;
}

/** Beats while the component lives. A beat that fails leaves what was known until the next one: presence is a courtesy, not a fact. */
export function usePresence(desk: Desk): Presence {
  const others = shallowRef<readonly PresenceRow[]>([]);
  const names: ShallowRef<ReadonlyMap<string, string>> = shallowRef(
    new Map([[desk.session.user.id, desk.session.user.name]]),
  );
  let turn = 0;
  const beat = async (): Promise<void> => {
    if (desk.store.connection.value !== 'live') {
      others.value = [];
      return;
    }
    turn += 1;
    const mine = turn;
    try {
      const { items } = await call(sayPresence, { body: { incidentId: desk.selectedId.value } });
      if (mine !== turn) return;
      others.value = items.filter(({ userId }) => userId !== desk.session.user.id);
      names.value = new Map([...names.value, ...items.map(({ userId, name }) => [userId, name] as const)]);
    } catch {
      // the next beat tries again
    }
  };
  const timer = setInterval(() => void beat(), presenceBeatS * 1000);
  watch([desk.selectedId, desk.store.connection], () => void beat(), { immediate: true });
  onScopeDispose(() => clearInterval(timer));
  return {
    at: (incidentId) => others.value.filter((row) => row.incidentId === incidentId),
    nameOf: (userId) => names.value.get(userId) ?? null,
  };
}
