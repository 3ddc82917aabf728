/** What somebody writes down is on the device at every change, and gone when it was handed over. */
import { expect, test } from 'vitest';
import { nextTick } from 'vue';
import { createDrafts, type DraftStore, useDraft } from '../../web/live/drafts.ts';

/** A device that outlives the page; each write takes a turn, as a real one does. */
function device(kept = new Map<string, unknown>()): DraftStore & { kept: Map<string, unknown>; writes: number } {
  return {
    kept,
    writes: 0,
    names: async () => [...kept.keys()],
    get: async (name) => kept.get(name) ?? null,
    async put(name, value) {
      await nextTick();
      this.writes += 1;
      kept.set(name, value);
    },
    async delete(name) {
      await nextTick();
      kept.delete(name);
    },
  };
}

test('a killed app finds its draft again, and nothing when it was handed over', async () => {
  const store = device();
  const first = createDrafts({ userId: 'me', store });
  expect([await first.load('job'), first.hasDrafts.value]).toEqual([null, false]);
  first.keep('job', { people: 1 });
  expect([first.has('job'), first.hasDrafts.value]).toEqual([true, true]);
  for (let people = 2; people <= 9; people += 1) first.keep('job', { people });
  await first.settled();
  expect(store.kept.get('job')).toEqual({ people: 9 });
  // many changes at once are written together
  expect(store.writes).toBeLessThan(9);

  const second = createDrafts({ userId: 'me', store });
  expect(await second.load('job')).toEqual({ people: 9 });
  expect(second.hasDrafts.value).toBe(true);
  await second.drop('job');
  expect([second.has('job'), second.hasDrafts.value, store.kept.size]).toEqual([false, false, 0]);
  expect(await createDrafts({ userId: 'me', store }).load('job')).toBeNull();
});

test('what is dropped while it is being written does not come back', async () => {
  const store = device();
  const drafts = createDrafts({ userId: 'me', store });
  drafts.keep('job', { people: 1 });
  drafts.keep('job', { people: 2 });
  await drafts.drop('job');
  await drafts.settled();
  expect(store.kept.size).toBe(0);
});

test('what cannot be kept or read lives as long as the page, and stands in nobody’s way', async () => {
  const full: DraftStore = {
    names: async () => ['old'],
    get: async () => Promise.reject(new Error('sealed with another key')),
    put: async () => Promise.reject(new Error('full')),
    delete: async () => Promise.reject(new Error('full')),
  };
  const drafts = createDrafts({ userId: 'me', store: full });
  expect(await drafts.load('old')).toBeNull();
  expect(drafts.hasDrafts.value).toBe(false);
  drafts.keep('job', { people: 3 });
  await drafts.settled();
  expect(await drafts.load('job')).toEqual({ people: 3 });
});

test('a form is kept at each change once what was kept is there', async () => {
  const store = device(new Map([['job', { words: 'kept' }]]));
  const drafts = createDrafts({ userId: 'me', store });
  const { draft, ready, drop } = useDraft(drafts, 'job', () => ({ words: '', more: [] as number[] }));
  expect([draft.value, ready.value]).toEqual([{ words: '', more: [] }, false]);
  await drafts.load('job');
  await nextTick();
  expect([draft.value, ready.value]).toEqual([{ words: 'kept', more: [] }, true]);
  draft.value.more.push(7);
  await drafts.settled();
  expect(store.kept.get('job')).toEqual({ words: 'kept', more: [7] });
  await drop();
  draft.value.words = 'after';
  await drafts.settled();
  expect(store.kept.size).toBe(0);
});
