import { describe, expect, it } from 'vitest';
import { cursorOf, pageOf } from '../../server/http/paging.ts';
import { Problem } from '../../shared/problems.ts';

const ids = ['a', 'b', 'c', 'd', 'e'].map((letter) => `${letter.repeat(8)}-0000-4000-8000-000000000000`);

describe('paging', () => {
  it('walks a list to its end without leaving out or repeating anything', () => {
    const seen: string[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < 4; page += 1) {
      const { limit, after } = cursorOf({ limit: 2, cursor });
      const from = after === null ? 0 : ids.indexOf(after) + 1;
      const { items, nextCursor } = pageOf(ids.slice(from, from + limit + 1), limit, (id) => id);
      seen.push(...items);
      if (nextCursor === null) break;
      cursor = nextCursor;
    }
    expect(seen).toEqual(ids);
  });

  it('has no next page when the last one is exactly full', () => {
    expect(pageOf(['a', 'b'], 2, (id) => id)).toEqual({ items: ['a', 'b'], nextCursor: null });
    expect(pageOf([], 2, (id: string) => id)).toEqual({ items: [], nextCursor: null });
  });

  it('asks for 100 unless told', () => {
    expect(cursorOf({})).toEqual({ limit: 100, after: null });
  });

  it.each([
    '',
    '%%',
    'abc',
    Buffer.from("' or 1=1--").toString('base64url'),
    Buffer.from('depot:x:y').toString('base64url'),
  ])('refuses %j as a cursor', (cursor) => {
    expect(() => cursorOf({ cursor })).toThrow(Problem);
    try {
      cursorOf({ cursor });
    } catch (error) {
      expect(error).toMatchObject({ code: 'invalid', errors: [{ path: '/query/cursor', code: 'format' }] });
    }
  });
});
