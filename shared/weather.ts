/** Readings of the weather, observed and forecast: what the cold clock runs on. Until a city has feeds, they are posted. */
import * as z from 'zod/mini';
import { endpoint, listOf, paging } from './contract.ts';
import { idSchema, instant, text } from './ids.ts';
import { desk } from './roles.ts';

export const precipitations = ['none', 'rain', 'sleet', 'snow'] as const;
export type Precipitation = (typeof precipitations)[number];
export const readingKinds = ['observed', 'forecast'] as const;
const measure = (least: number, most: number) => z.number().check(z.gte(least), z.lte(most));

/** Temperature in degrees Celsius, wind in km/h at 10 m, humidity in percent, precipitation in mm of the hour. */
export const readingRow = z.object({
  id: idSchema,
  version: z.number(),
  stationId: idSchema,
  kind: z.enum(readingKinds),
  at: instant,
  temperatureC: z.number(),
  windKmh: z.nullable(z.number()),
  humidity: z.nullable(z.number()),
  precipitation: z.enum(precipitations),
  precipitationMm: z.nullable(z.number()),
  source: z.string(),
  receivedAt: instant,
});
export type ReadingRow = z.infer<typeof readingRow>;

/** What the picture needs of one reading. */
export const pictureReading = z.object({
  kind: z.enum(readingKinds),
  at: instant,
  temperatureC: z.number(),
  windKmh: z.nullable(z.number()),
  precipitation: z.enum(precipitations),
});
export type PictureReading = z.infer<typeof pictureReading>;
/**
 * The weather of one station (its id), for itself and all below it that have none of their own: the newest observations and
 * the forecast from the newest observation on, oldest first, the last received of each hour.
 */
export const weatherRow = z.object({
  id: idSchema,
  version: z.number(),
  stationId: idSchema,
  heardAt: instant,
  readings: z.array(pictureReading),
});
export type WeatherRow = z.infer<typeof weatherRow>;

export const listReadings = endpoint({
  name: 'listReadings',
  method: 'GET',
  path: '/api/weather/observations',
  who: [...desk, 'admin', 'inspector', 'crew', 'shelter', 'partner'],
  summary: 'Readings of the own subtree and of the stations above it, newest first',
  query: z.strictObject({ ...paging, kind: z.optional(z.enum(readingKinds)) }),
  reply: listOf(readingRow),
});
/** Observed ones may be up to 10 min ahead of the server's clock, forecasts up to 16 days; both at most 10 days old. */
export const postReading = endpoint({
  name: 'postReading',
  method: 'POST',
  path: '/api/weather/observations',
  who: ['manager', 'admin', 'dispatcher'],
  status: 201,
  replay: 'id',
  summary: 'A reading of the weather, observed or forecast, for a station and all below it',
  body: z.strictObject({
    id: idSchema,
    stationId: z.optional(idSchema),
    kind: z.optional(z.enum(readingKinds)),
    at: instant,
    temperatureC: measure(-90, 60),
    windKmh: z.optional(measure(0, 400)),
    humidity: z.optional(measure(0, 100)),
    precipitation: z.optional(z.enum(precipitations)),
    precipitationMm: z.optional(measure(0, 500)),
    source: z.optional(text(100)),
  }),
  reply: readingRow,
});

/** Columns: at, temperatureC, and windKmh, humidity, precipitation, precipitationMm where there are any; all lines or none. */
export const importReadings = endpoint({
  name: 'importReadings',
  method: 'POST',
  path: '/api/weather/observations/import',
  who: ['manager', 'admin', 'dispatcher'],
  status: 201,
  limit: 1_000_000,
  summary: 'Readings of a weather station as CSV (text/csv), at most 10,000 lines; the same reading again is left out',
  query: z.strictObject({ stationId: z.optional(idSchema), source: z.optional(text(100)) }),
  body: z.unknown(),
  reply: z.object({ accepted: z.number(), known: z.number() }),
});
const outlookHour = z.object({
  at: instant,
  kind: z.enum(readingKinds),
  temperatureC: z.number(),
  feltC: z.number(),
  windKmh: z.nullable(z.number()),
  precipitation: z.enum(precipitations),
  precipitationMm: z.nullable(z.number()),
});
/** What a calendar day of the station was or will be; falls against the minimum of the day before and of two days before. */
const outlookDay = z.object({
  day: z.string(),
  minimumC: z.number(),
  maximumC: z.number(),
  feltC: z.number(),
  fall1K: z.nullable(z.number()),
  fall2K: z.nullable(z.number()),
  windKmh: z.nullable(z.number()),
  rainMm: z.number(),
  snowMm: z.number(),
  /** hours of it that are known */
  hours: z.number(),
});
export const readOutlook = endpoint({
  name: 'readOutlook',
  method: 'GET',
  path: '/api/weather/outlook',
  who: [...desk, 'admin', 'inspector', 'crew', 'shelter', 'partner'],
  summary:
    'The weather of a station by hour and by day, three days back and as far ahead as the forecast goes, with what it feels like',
  query: z.strictObject({ stationId: z.optional(idSchema) }),
  reply: z.object({
    stationId: idSchema,
    /** the station whose weather it is: its own or the nearest above it that has any; null: nobody has */
    from: z.nullable(idSchema),
    heardAt: z.nullable(instant),
    hours: z.array(outlookHour),
    days: z.array(outlookDay),
  }),
});
