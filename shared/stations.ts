/** Stations own areas and form a tree; everyone sees their own subtree. Rules of the field are data rows of a station. */
import * as z from 'zod/mini';
import { endpoint, listOf, paging } from './contract.ts';
import { idParams, idSchema, text } from './ids.ts';
import { staff } from './roles.ts';

export const localeNames = ['en', 'zh-CN'] as const;
export type Locale = (typeof localeNames)[number];

/** An IANA zone this machine knows. Offsets such as +08:00 are none: PostgreSQL reads their sign the other way round. */
export const timeZone = z.string().check(
  z.maxLength(64),
  z.refine((zone) => {
    try {
      new Intl.DateTimeFormat('en', { timeZone: zone });
      return /^[A-Za-z]/.test(zone);
    } catch {
      return false;
    }
  }, 'not a known time zone'),
);

const areaCode = text(6).check(z.regex(/^[1-9]\d{5}$/));

export const stationRow = z.object({
  id: idSchema,
  version: z.number(),
  parentId: z.nullable(idSchema),
  path: z.array(idSchema),
  name: z.string(),
  timeZone: z.string(),
  locale: z.enum(localeNames),
  /** codes of its area in the national table (GB/T 2260, six digits; a province ends in 0000, a prefecture in 00), for warnings that name areas by them */
  areaCode: z.nullable(z.string()),
});
export type StationRow = z.infer<typeof stationRow>;

export const areaRow = z.object({
  id: idSchema,
  version: z.number(),
  stationId: idSchema,
  name: z.string(),
  /** GeoJSON MultiPolygon, simplified for drawing */
  outline: z.unknown(),
});
export type AreaRow = z.infer<typeof areaRow>;

export const ruleRow = z.object({
  key: z.string(),
  /** null: the default of the software, which a station's own row overlays */
  stationId: z.nullable(idSchema),
  version: z.number(),
  value: z.unknown(),
  unit: z.string(),
  source: z.string(),
});
export type RuleRow = z.infer<typeof ruleRow>;

/** What an import did with one feature. */
export const areaImport = z.object({
  id: idSchema,
  version: z.number(),
  name: z.string(),
  stationId: idSchema,
  /** true when a self-touching outline was mended with less than 0.1 % change of its area */
  repaired: z.boolean(),
  pointsDropped: z.number(),
});

export const listStations = endpoint({
  name: 'listStations',
  method: 'GET',
  path: '/api/stations',
  who: staff,
  summary: 'Stations of the own subtree',
  query: z.strictObject(paging),
  reply: listOf(stationRow),
});
export const createStation = endpoint({
  name: 'createStation',
  method: 'POST',
  path: '/api/stations',
  who: ['admin'],
  summary: 'Adds a station below one of the own subtree',
  status: 201,
  replay: 'id',
  body: z.strictObject({
    id: idSchema,
    parentId: idSchema,
    name: text(200),
    timeZone: z.optional(timeZone),
    locale: z.optional(z.enum(localeNames)),
    areaCode: z.optional(z.nullable(areaCode)),
  }),
  reply: stationRow,
});
export const updateStation = endpoint({
  name: 'updateStation',
  method: 'PATCH',
  path: '/api/stations/:id',
  who: ['admin'],
  summary: 'Changes the name, time zone, language or area code of a station',
  params: idParams,
  body: z.strictObject({
    version: z.number(),
    name: z.optional(text(200)),
    timeZone: z.optional(timeZone),
    locale: z.optional(z.enum(localeNames)),
    areaCode: z.optional(z.nullable(areaCode)),
  }),
  reply: stationRow,
});
export const listAreas = endpoint({
  name: 'listAreas',
  method: 'GET',
  path: '/api/areas',
  who: staff,
  summary: 'Areas of the own subtree with outlines to draw',
  query: z.strictObject({ ...paging, bbox: z.optional(z.string()) }),
  reply: listOf(areaRow),
});
/** Geometry is checked by outlines.ts, which answers with the reason and the feature. */
export const importAreas = endpoint({
  name: 'importAreas',
  method: 'POST',
  path: '/api/areas',
  who: ['admin'],
  status: 201,
  limit: 5_000_000,
  summary:
    'Imports areas from a FeatureCollection (properties.name, optional properties.stationId); all or nothing; the same name replaces',
  query: z.strictObject({ stationId: z.optional(idSchema) }),
  body: z.unknown(),
  reply: z.object({ items: z.array(areaImport) }),
});
export const updateArea = endpoint({
  name: 'updateArea',
  method: 'PATCH',
  path: '/api/areas/:id',
  who: ['admin'],
  summary: 'Gives an area another name or station; a new outline comes by import',
  params: idParams,
  body: z.strictObject({
    version: z.number(),
    name: z.optional(text(200)),
    stationId: z.optional(idSchema),
  }),
  reply: areaRow,
});
export const removeArea = endpoint({
  name: 'removeArea',
  method: 'DELETE',
  path: '/api/areas/:id',
  who: ['admin'],
  summary: 'Removes an area; what happened there keeps its station',
  params: idParams,
  reply: z.object({}),
});
export const listRules = endpoint({
  name: 'listRules',
  method: 'GET',
  path: '/api/rules',
  who: staff,
  summary: 'Rules of the field as they hold in the own subtree, with their source',
  query: z.strictObject({}),
  reply: z.object({ items: z.array(ruleRow) }),
});
/** `version` 0 lays a first value of the station over the default. What a value must look like is said in rules.ts. */
export const setRule = endpoint({
  name: 'setRule',
  method: 'PATCH',
  path: '/api/rules/:key',
  who: ['admin'],
  summary: 'Sets a rule for a station and all below it; the own station unless said',
  params: z.object({ key: z.string() }),
  body: z.strictObject({ version: z.number(), stationId: z.optional(idSchema), value: z.unknown() }),
  reply: ruleRow,
});
export const resetRule = endpoint({
  name: 'resetRule',
  method: 'DELETE',
  path: '/api/rules/:key',
  who: ['admin'],
  summary: "Takes a station's own value away, so that the one above holds again",
  params: z.object({ key: z.string() }),
  query: z.strictObject({ stationId: z.optional(idSchema) }),
  reply: z.object({}),
});
