/** What of a database goes into a backup. */
import type { Knex } from 'knex';
import { rows } from '../db/rows.ts';

/**
 * What no backup holds. Sessions: whoever stole one must not come back with the data, and nobody signed in may go on with a
 * picture of what was lost. Events: they tell clients what changed since their snapshot, and after a restore every client
 * begins with a fresh one. Presence: nobody is there any more.
 */
const leftOut = ['sessions', 'events', 'presence', 'knex_migrations', 'knex_migrations_lock'];

/** One of our tables; generated columns are left out, because the database computes them again. */
export interface Table {
  name: string;
  columns: { name: string; type: string }[];
}

/** The tables of a backup, by name. */
export async function tablesOf(db: Knex.Transaction): Promise<Table[]> {
  return rows<Table>(
    db,
    `select c.relname as name,
       json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod)) order by a.attnum) as columns
     from pg_class c join pg_attribute a on a.attrelid = c.oid
     where c.relkind = 'r' and c.relnamespace = cast(current_schema() as regnamespace) and not (c.relname = any (:leftOut))
       and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
       and not exists (select from pg_depend d where d.classid = cast('pg_class' as regclass) and d.objid = c.oid and d.deptype = 'e')
     group by c.relname order by c.relname`,
    { leftOut },
  );
}

/** The last value that each sequence has given out. */
export async function sequencesOf(db: Knex.Transaction): Promise<Record<string, number>> {
  const found = await rows<{ name: string; last: number }>(
    db,
    `select sequencename as name, last_value as last from pg_sequences
     where schemaname = current_schema() and last_value is not null and sequencename not like 'knex%' order by 1`,
  );
  return Object.fromEntries(found.map(({ name, last }) => [name, last]));
}

/** Both sides of a backup must write and read values alike: exact numbers, UTC, hexadecimal bytes. */
export async function speakAlike(db: Knex.Transaction): Promise<void> {
  await rows(db, `set local timezone = 'UTC'`);
  await rows(db, `set local datestyle = 'ISO'`);
  await rows(db, `set local bytea_output = 'hex'`);
  await rows(db, `set local extra_float_digits = 1`);
}

/** A name as SQL. */
export const nameSql = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Opens the cursor `backup` over all rows of a table, every value as text. */
export const cursorSql = ({ name, columns }: Table): string =>
  `declare backup no scroll cursor for select ${columns
    .map((column) => `cast(${nameSql(column.name)} as text) as ${nameSql(column.name)}`)
    .join(', ')} from ${nameSql(name)}`;

/** Takes the next rows of that cursor. */
export const fetchSql = (count: number): string => `fetch ${String(Math.trunc(count))} from backup`;

/** Puts `:batch`, a JSON array of rows as arrays of text, into a table. */
export const insertSql = ({ name, columns }: Table): string =>
  `insert into ${nameSql(name)} (${columns.map((column) => nameSql(column.name)).join(', ')}) overriding system value
   select ${columns.map(({ type }, at) => `cast(r->>${String(at)} as ${type})`).join(', ')} from json_array_elements(cast(:batch as json)) as r`;

/** Empties tables at once. */
export const truncateSql = (names: readonly string[]): string => `truncate ${names.map(nameSql).join(', ')}`;
