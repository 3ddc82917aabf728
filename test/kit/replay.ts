/** Snapshot + changes = a fresh snapshot, for every viewer: the promise on which every live picture rests. */
import { expect } from 'vitest';
import type { Changes } from '../../shared/events.ts';
import { applyAll, fromSnapshot, type State } from '../../shared/state.ts';
import type { TestApp } from './app.ts';
import type { Person } from './people.ts';

const rowsOf = ({ seq: _seq, ...tables }: State): Omit<State, 'seq'> => tables;

/** Every role of the east station, of the other one and of the root above. */
export const everybody = (app: TestApp): Person[] => [
  ...Object.values(app.east),
  ...Object.values(app.west),
  ...Object.values(app.root),
];

/**
 * Runs a command and proves for each viewer that folding what they may hear into what they saw gives what they would see
 * now. A viewer told to start anew (410) is checked only for that, since a fresh snapshot is then what they fetch.
 */
export async function expectReplay<T>(
  app: TestApp,
  command: () => Promise<T>,
  viewers: readonly Person[] = everybody(app),
): Promise<T> {
  const before = new Map<Person, State>();
  for (const viewer of viewers) before.set(viewer, fromSnapshot(await viewer.snapshot()));
  const result = await command();
  for (const [viewer, state] of before) {
    const response = await viewer.fetch(`/api/changes?since=${String(state.seq)}`);
    if (response.status === 410) continue;
    expect(response.status, `${viewer.role} reads changes`).toBe(200);
    const { changes } = (await response.json()) as Changes;
    const folded = applyAll(state, changes);
    const fresh = fromSnapshot(await viewer.snapshot());
    expect(rowsOf(folded), `${viewer.role} at ${viewer.stationId}`).toEqual(rowsOf(fresh));
  }
  return result;
}
