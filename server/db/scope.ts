import type { Context } from '../context.ts';
import { staffOf } from '../context.ts';

/** SQL: the row's station lies in the caller's subtree. Goes with `...scopeOf(ctx)` among the bindings. */
export const inSubtreeSql = (column: string): string =>
  `${column} in (select id from stations where path @> array[cast(:scope as uuid)])`;

/** The binding of inSubtreeSql. */
export const scopeOf = (ctx: Pick<Context, 'actor'>): { scope: string } => ({ scope: staffOf(ctx).stationId });

/** SQL: the value of a rule at a station's path. Like rule_value(), but planned with its statement; the function is started anew for every call. */
export const ruleSql = (key: string, path: string): string =>
  `(select v.value from rules v where v.key = '${key}' and (v.station_id is null or v.station_id = any (${path}))
    order by array_position(${path}, v.station_id) desc nulls last limit 1)`;
