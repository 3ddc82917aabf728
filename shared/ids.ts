/** Ids are UUIDs made by whoever creates the thing, so that a resend is recognised. */
import * as z from 'zod/mini';

/** Any UUID, any version, lower-cased; the nil UUID names nothing. */
export const idSchema = z.pipe(
  z
    .string()
    .check(
      z.regex(
        /^(?!0{8}-0{4}-0{4}-0{4}-0{12}$)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i,
        'not a UUID',
      ),
    ),
  z.transform((text: string) => text.toLowerCase()),
);

/** `:id` of a path; what is no UUID is simply not there (404). */
export const idParams = z.object({ id: idSchema });

/** No clock of ours shows less; PostgreSQL knows no year 0. */
const EARLIEST = Date.UTC(1900, 0, 1);

/** Already as instants are said everywhere here; batches hold thousands of them. */
const AS_WE_SAY = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** ISO 8601 instants, read as UTC with milliseconds: PostgreSQL refuses offsets of 16 hours and more that ISO 8601 allows. */
export const instant = z.pipe(
  z.iso
    .datetime({ offset: true })
    .check(z.refine((value) => !(Date.parse(value) < EARLIEST), { message: 'before 1900', params: { code: 'range' } })),
  z.transform((value: string) => (AS_WE_SAY.test(value) ? value : new Date(value).toISOString())),
);

/** Half of a pair that stands for one character; PostgreSQL refuses it in JSON. */
const LONE_SURROGATE = /\p{Surrogate}/gu;

/** Trimmed one-line or many-line text that is not empty, up to `max` UTF-16 units; half characters become U+FFFD. */
export const text = (max: number) =>
  z.string().check(
    z.overwrite((value) => value.replaceAll(LONE_SURROGATE, '\uFFFD')),
    z.trim(),
    z.minLength(1),
    z.maxLength(max),
  );
