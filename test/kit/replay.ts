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

/** The picture of each viewer. */
export type Pictures = Map<Person, State>;

export async function picturesOf(viewers: readonly Person[]): Promise<Pictures> {
  const pictures: Pictures = new Map();
  for (const viewer of viewers) pictures.set(viewer, fromSnapshot(await viewer.snapshot()));
  return pictures;
}

/**
 * Proves for each viewer that folding what they may have heard since into their picture gives what they would see now, and
 * keeps what was folded. A viewer told to start anew (410) is checked only for that, since a fresh snapshot is then what
 * they fetch.
 */
export async function expectPictures(pictures: Pictures): Promise<void> {
  for (const [viewer, state] of pictures) {
    const response = await viewer.fetch(`/api/changes?since=${String(state.seq)}`);
    const fresh = fromSnapshot(await viewer.snapshot());
    if (response.status === 410) {
      pictures.set(viewer, fresh);
      continue;
    }
    expect(response.status, `${viewer.role} reads changes`).toBe(200);
    const { changes, upTo } = (await response.json()) as Changes;
    const folded = { ...applyAll(state, changes), seq: upTo };
    expect(rowsOf(folded), `${viewer.role} at ${viewer.stationId}`).toEqual(rowsOf(fresh));
    pictures.set(viewer, folded);
  }
}

/** Runs a command and proves the pictures of before for each viewer. */
export async function expectReplay<T>(
  app: TestApp,
  command: () => Promise<T>,
  viewers: readonly Person[] = everybody(app),
): Promise<T> {
  const pictures = await picturesOf(viewers);
  const result = await command();
  await expectPictures(pictures);
  return result;
}
