/** Ids are UUIDs made by whoever creates the thing, so that a resend is recognised. */
import * as z from 'zod/mini';

/** Any UUID, any version, lower-cased; the nil UUID names nothing. */
export const idSchema = z.pipe(
  z.string().check(z.regex(/^(?!0{8}-0{4}-0{4}-0{4}-0{12}$)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i, 'not a UUID')),
  z.transform((text: string) => text.toLowerCase()),
);

/** `:id` of a path; what is no UUID is simply not there (404). */
export const idParams = z.object({ id: idSchema });

/** ISO 8601 instants; the wire speaks UTC. */
export const instant = z.iso.datetime({ offset: true });

/** Trimmed one-line or many-line text that is not empty, up to `max` UTF-16 units. */
export const text = (max: number) => z.string().check(z.trim(), z.minLength(1), z.maxLength(max));
