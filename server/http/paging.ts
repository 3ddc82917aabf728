/**
 * Keyset paging. A cursor is the id of the last row given out, and the query looks its sort key up again:
 * `(x.at, x.id) < (select c.at, c.id from ... c where c.id = :after)`. So a cursor is short, and good for any order.
 */
import { Problem } from '../../shared/problems.ts';

const DEFAULT_LIMIT = 100;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The part of a list's query that says which page. */
export interface PageQuery {
  limit?: number | undefined;
  cursor?: string | undefined;
}
/** Which page: at most `limit` items after the row `after`. Bind both; ask for one more with `limit :limit + 1`. */
export interface PageAfter {
  limit: number;
  after: string | null;
}

/** Reads `limit` and `cursor`; a cursor that is none of ours is 422 at /query/cursor. `form` is what ids of this list look like. */
export function cursorOf(query: PageQuery, form: RegExp = UUID): PageAfter {
  const limit = query.limit ?? DEFAULT_LIMIT;
  if (query.cursor === undefined) return { limit, after: null };
  const after = Buffer.from(query.cursor, 'base64url').toString('utf8');
  if (!form.test(after))
    throw new Problem('invalid', [{ path: '/query/cursor', code: 'format', message: 'not a cursor of this list' }]);
  return { limit, after };
}

/** The answer of a list from up to `limit + 1` rows found; `keyOf` gives the id that the next page starts after. */
export function pageOf<T>(
  items: readonly T[],
  limit: number,
  keyOf: (item: T) => string,
): { items: T[]; nextCursor: string | null } {
  const page = items.slice(0, limit);
  const last = page.at(-1);
  const more = items.length > limit && last !== undefined;
  return { items: page, nextCursor: more ? Buffer.from(keyOf(last)).toString('base64url') : null };
}
