import type { Context } from '../context.ts';
import { staffOf } from '../context.ts';

/** SQL: the row's station lies in the caller's subtree. Goes with `...scopeOf(ctx)` among the bindings. */
export const inSubtreeSql = (column: string): string =>
  `${column} in (select id from stations where path @> array[cast(:scope as uuid)])`;

/** The binding of inSubtreeSql. */
export const scopeOf = (ctx: Pick<Context, 'actor'>): { scope: string } => ({ scope: staffOf(ctx).stationId });
