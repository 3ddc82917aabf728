/** The client's picture: a snapshot, then changes folded in. Snapshot + changes = a fresh snapshot, for every viewer. */
import { isEnded } from './dispatches.ts';
import type { Change, Noun, Nouns } from './events.ts';
import { nouns } from './events.ts';
import type { PositionsTick } from './positions.ts';

type Table<N extends Noun> = Readonly<Record<string, Nouns[N]>>;
export type State = { readonly seq: number } & { readonly [N in Noun]: Table<N> };

/** Answer of GET /api/snapshot. */
export type Snapshot = { seq: number; at: string; positions: PositionsTick } & {
  [N in Noun]: Nouns[N][];
};

/** Which rows belong to the picture; a row that ended leaves it. The server's snapshot keeps to the same table. */
export const isLive: { [N in Noun]: (row: Nouns[N]) => boolean } = {
  stations: () => true,
  incidents: (row) => row.status !== 'closed',
  patrols: (row) => row.status !== 'ended',
  dispatches: (row) => !isEnded(row.status),
  shelters: (row) => row.closedDownAt === null,
  holds: (row) => row.status === 'held',
  stays: (row) => row.leftAt === null,
  items: (row) => row.active,
  stock: (row) => row.quantity !== 0,
  tasks: (row) => row.doneAt === null,
  weather: () => true,
  sites: (row) => row.active,
  panics: (row) => row.endedAt === null,
  rounds: (row) => row.active,
  runs: (row) => row.endedAt === null,
  rechecks: (row) => row.endedAt === null,
  alerts: (row) => row.endedAt === null,
  plans: (row) => row.active,
  activations: (row) => row.closedAt === null,
  shifts: (row) => row.startedAt !== null && row.endedAt === null,
  checks: (row) => row.answeredAt === null && row.missedAt === null,
};

export const emptyState: State = Object.freeze({
  seq: 0,
  stations: {},
  incidents: {},
  patrols: {},
  dispatches: {},
  shelters: {},
  holds: {},
  stays: {},
  items: {},
  stock: {},
  tasks: {},
  weather: {},
  sites: {},
  panics: {},
  rounds: {},
  runs: {},
  rechecks: {},
  alerts: {},
  plans: {},
  activations: {},
  shifts: {},
  checks: {},
});

const byId = <T extends { id: string }>(rows: readonly T[]): Record<string, T> =>
  Object.fromEntries(rows.map((row) => [row.id, row]));

export function fromSnapshot(snapshot: Snapshot): State {
  return {
    seq: snapshot.seq,
    ...(Object.fromEntries(nouns.map((noun) => [noun, byId<{ id: string }>(snapshot[noun])])) as Omit<State, 'seq'>),
  };
}

function foldInto<N extends Noun>(table: Record<string, Nouns[N]>, noun: N, payload: Change['payload']): void {
  for (const row of (payload[noun] ?? []) as Nouns[N][]) {
    if (isLive[noun](row)) table[row.id] = row;
    else delete table[row.id];
  }
  for (const id of payload.gone?.[noun] ?? []) delete table[id];
}

/** Folds changes in order; a table is copied once however many changes touch it. What was already seen is ignored. */
export function applyAll(state: State, changes: readonly Change[]): State {
  const fresh = changes.filter((change) => change.seq > state.seq);
  const last = fresh.at(-1);
  if (!last) return state;
  const next: Record<string, unknown> = { ...state, seq: last.seq };
  for (const noun of nouns) {
    const touching = fresh.filter(({ payload }) => payload[noun] !== undefined || payload.gone?.[noun] !== undefined);
    if (touching.length === 0) continue;
    const table: Record<string, Nouns[Noun]> = { ...state[noun] };
    for (const { payload } of touching) foldInto(table, noun, payload);
    next[noun] = table;
  }
  return next as unknown as State;
}

export const apply = (state: State, change: Change): State => applyAll(state, [change]);
