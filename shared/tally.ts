/** The night's honest numbers, from patrols and encounters, reproducible as of any moment. */
import * as z from 'zod/mini';
import { endpoint } from './contract.ts';
import { idSchema, instant } from './ids.ts';

/** A calendar day of the station (YYYY-MM-DD, `to` inclusive) or an instant. */
const bound = z.union([z.iso.date(), instant]);
const counts = {
  peopleHelped: z.number(),
  refused: z.number(),
  notFound: z.number(),
  patrolPersonTimes: z.number(),
  vehicleTimes: z.number(),
  itemsHandedOut: z.number(),
  placesOpened: z.number(),
};
export const tallyCounts = z.object(counts);
export type TallyCounts = z.infer<typeof tallyCounts>;
export const tallyRow = z.object({
  from: z.string(),
  to: z.string(),
  asOf: instant,
  timeZone: z.string(),
  ...counts,
  byStation: z.array(z.object({ stationId: idSchema, name: z.string(), ...counts })),
  byDay: z.array(z.object({ day: z.string(), ...counts })),
});
export type Tally = z.infer<typeof tallyRow>;
const query = z.strictObject({ from: bound, to: bound, station: z.optional(idSchema), asOf: z.optional(instant) });
const readers = ['inspector', 'dispatcher', 'manager', 'admin'] as const;
export const readTally = endpoint({
  name: 'readTally',
  method: 'GET',
  path: '/api/reports/tally',
  who: readers,
  summary: 'The tally of a range of days',
  query,
  reply: tallyRow,
});
export const readTallyCsv = endpoint({
  name: 'readTallyCsv',
  method: 'GET',
  path: '/api/reports/tally.csv',
  who: readers,
  summary: 'The tally as CSV (UTF-8 with BOM, formula-safe)',
  query,
  reply: z.unknown(),
});
export const readTallyXlsx = endpoint({
  name: 'readTallyXlsx',
  method: 'GET',
  path: '/api/reports/tally.xlsx',
  who: readers,
  summary: 'The tally as a workbook: total, by station, by day',
  query,
  reply: z.unknown(),
});
