/** What a crew brings besides its vehicle, and what an incident may want of it. */
import * as z from 'zod/mini';

/** Words of the first ones under `skill.<name>`; languages by their ISO 639 code, as `lang:ug`. */
export const namedSkills = ['woman', 'medical', 'lift'] as const;
export const skill = z.string().check(z.regex(/^(woman|medical|lift|lang:[a-z]{2,3})$/));
