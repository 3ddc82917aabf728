import pg from 'pg';

/** Gives pg a parser per type OID; this shape is what `types` in its configuration wants. */
export interface WireTypes {
  getTypeParser(oid: number, format?: 'text' | 'binary'): (value: string) => unknown;
}

const INT8 = 20;
const DATE = 1082;
const NUMERIC = 1700;
const TEXT_ARRAY = 1009;
const DATE_ARRAY = 1182;
const INT8_ARRAY = 1016;
const NUMERIC_ARRAY = 1231;
const UUID_ARRAY = 2951;

const text = (value: string) => value;
const textArray = pg.types.getTypeParser(TEXT_ARRAY as number, 'text') as (value: string) => (string | null)[];
const numberArray = (value: string) => textArray(value).map((item) => (item === null ? null : Number(item)));

// Counts, sums and event numbers stay far below 2^53, and a number is what JSON carries.
// A date stays text: as a Date it would shift by the zone of the server.
const PARSERS = new Map<number, (value: string) => unknown>([
  [INT8, Number],
  [NUMERIC, Number],
  [DATE, text],
  [INT8_ARRAY, numberArray],
  [NUMERIC_ARRAY, numberArray],
  [DATE_ARRAY, textArray],
  [UUID_ARRAY, textArray],
]);

/** The JavaScript type of every SQL type, the same on both databases: int8 and numeric are numbers, date is 'YYYY-MM-DD'. */
export const wireTypes: WireTypes = {
  getTypeParser(oid, format) {
    return PARSERS.get(oid) ?? (pg.types.getTypeParser(oid, format ?? 'text') as (value: string) => unknown);
  },
};
