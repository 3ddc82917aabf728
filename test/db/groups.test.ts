import { describe, expect, it } from 'vitest';
import { DatabaseUnavailable } from '../../server/db/errors.ts';
import { inGroups } from '../../server/db/groups.ts';

/** Groups whose writing ends when the test says so. */
function paper(most: number) {
  const groups: number[][] = [];
  const ends: (() => void)[] = [];
  const take = inGroups<object, number, string>(most, async (_by, group) => {
    groups.push(group.map(({ work }) => work));
    await new Promise<void>((resolve) => ends.push(resolve));
    if (group.length > 1 && group.some(({ work }) => work < 0)) throw new Error('one of them');
    for (const { work, resolve, reject } of group)
      if (work < 0) reject(new Error(`not ${String(work)}`));
      else if (work === 0) throw new DatabaseUnavailable('connection', 'gone');
      else resolve(`done ${String(work)}`);
  });
  /** ends what is being written until nothing is */
  const finish = async (answers: Promise<unknown>[]): Promise<PromiseSettledResult<unknown>[]> => {
    let over = false;
    const settled = Promise.allSettled(answers).finally(() => (over = true));
    while (!over) {
      ends.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    return settled;
  };
  return { groups, take, finish };
}

describe('work in groups', () => {
  it('is written at once by whoever comes alone, and together by those who come meanwhile, in order and not too many', async () => {
    const { groups, take, finish } = paper(3);
    const owner = {};
    const answers = [1, 2, 3, 4, 5, 6].map((work) => take(owner, work));
    expect(groups).toEqual([[1]]);
    const settled = await finish(answers);
    expect(groups).toEqual([[1], [2, 3, 4], [5, 6]]);
    expect(settled.map((each) => each.status === 'fulfilled' && each.value)).toEqual(
      [1, 2, 3, 4, 5, 6].map((work) => `done ${String(work)}`),
    );
    await finish([take(owner, 7)]);
    expect(groups.at(-1)).toEqual([7]);
  });

  it('is apart for each owner', async () => {
    const { groups, take, finish } = paper(9);
    const answers = [take({}, 1), take({}, 2)];
    expect(groups).toEqual([[1], [2]]);
    await finish(answers);
  });

  it('is tried one by one when one of a group cannot be written, and only that one is refused', async () => {
    const { groups, take, finish } = paper(9);
    const owner = {};
    const settled = await finish([1, 2, -3, 4].map((work) => take(owner, work)));
    expect(groups).toEqual([[1], [2, -3, 4], [2], [-3], [4]]);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  });

  it('is refused at once when the database cannot answer, and goes on after', async () => {
    const { groups, take, finish } = paper(9);
    const owner = {};
    const settled = await finish([1, 0, 3].map((work) => take(owner, work)));
    expect(groups).toEqual([[1], [0, 3]]);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect((await finish([take(owner, 4)]))[0]).toMatchObject({ value: 'done 4' });
  });
});
