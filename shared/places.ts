/** What words and codes mean on the map: landmarks and code tables of a city, and coordinates as people paste them. */
import * as z from 'zod/mini';
import { endpoint, listOf, paging } from './contract.ts';
import { crsSchema, pointSchema } from './geo.ts';
import { idParams, idSchema, instant } from './ids.ts';
import { desk } from './roles.ts';

/** Kinds of a city's tables; words under `place.kind.<kind>`. */
export const placeKinds = ['landmark', 'lamp_post', 'bus_stop', 'pole'] as const;
export type PlaceKind = (typeof placeKinds)[number];

/**
 * Metres within which a place of a table is, when its row does not say: signs and posts are surveyed to a few metres and stand
 * where they are; stops are two platforms; a landmark is as large as a building and its forecourt.
 */
export const placeAccuracyM: Readonly<Record<PlaceKind, number>> = {
  landmark: 100,
  lamp_post: 15,
  bus_stop: 40,
  pole: 15,
};

/** One reading of what somebody said. `accuracyM` is an honest radius: the true place lies within it in 9 of 10 cases. */
export const resolvedPlace = z.object({
  kind: z.enum([...placeKinds, 'coordinates', 'site', 'area']),
  name: z.string(),
  code: z.nullable(z.string()),
  position: pointSchema,
  accuracyM: z.number(),
  /** what had to be assumed (`place.note.<code>`): swapped order, taken as GCJ-02 or BD-09, only part of the words matched */
  notes: z.array(z.enum(['swapped', 'gcj02', 'bd09', 'maybe_gcj02', 'partial', 'side'])),
});
export type ResolvedPlace = z.infer<typeof resolvedPlace>;

/** Asked in a body: what is looked up is a place, and no place stands in an address. */
export const resolvePlace = endpoint({
  name: 'resolvePlace',
  method: 'POST',
  path: '/api/places/resolve',
  who: desk,
  replay: 'never',
  summary: 'Where words, a code or pasted coordinates may be, likeliest first',
  body: z.strictObject({
    /** a map link may be long */
    q: z.string().check(z.trim(), z.minLength(1), z.maxLength(1_000)),
    /** `lon,lat` to prefer what is near */
    near: z.optional(z.string().check(z.maxLength(60))),
  }),
  reply: z.object({
    items: z.array(resolvedPlace),
    /** why something in it was not read: only its service knows where a short link leads */
    reason: z.nullable(z.enum(['short_link'])),
  }),
});

export const importStatuses = ['reading', 'storing', 'done', 'failed', 'removed'] as const;
/** An import of one table. Nothing of it is found before it is `done`; a new one of the same kind and station replaces the one before. */
export const placeImportRow = z.object({
  id: idSchema,
  version: z.number(),
  stationId: idSchema,
  kind: z.enum(placeKinds),
  fileName: z.string(),
  crs: crsSchema,
  status: z.enum(importStatuses),
  /** rows read, and rows stored so far */
  total: z.number(),
  stored: z.number(),
  /** the first 200; `line` counts from 1 with the heading */
  errors: z.array(z.object({ line: z.number(), column: z.string(), code: z.string(), message: z.string() })),
  errorCount: z.number(),
  createdAt: instant,
  finishedAt: z.nullable(instant),
});
export type PlaceImportRow = z.infer<typeof placeImportRow>;

/** The columns of a table, and what else cities call them; others may be there and are not read. A row needs a name or a code. */
export const placeColumns = {
  code: ['编号', '编码', '代码', '杆号', '灯杆编号', '站点编号'],
  name: ['名称', '站名', '站点名称', '地名', '位置'],
  lon: ['经度', 'lng', 'longitude', 'x'],
  lat: ['纬度', 'latitude', 'y'],
  accuracyM: ['精度', '误差', 'accuracy'],
} as const satisfies Record<string, readonly string[]>;
export type PlaceColumn = keyof typeof placeColumns;

/** Rows of one file at most, and its size in bytes. */
export const placeLimits = { rows: 200_000, bytes: 40_000_000 } as const;
export const importPlaces = endpoint({
  name: 'importPlaces',
  method: 'POST',
  path: '/api/places/imports',
  who: ['manager', 'admin'],
  status: 202,
  limit: placeLimits.bytes,
  replay: 'self',
  summary:
    'Takes a CSV table (text/csv; columns code, name, lon, lat and optionally accuracyM; 200,000 rows) and stores it in the background, all or nothing',
  query: z.strictObject({
    id: idSchema,
    kind: z.enum(placeKinds),
    stationId: z.optional(idSchema),
    crs: z.optional(crsSchema),
    fileName: z.optional(z.string().check(z.maxLength(200))),
  }),
  body: z.unknown(),
  reply: placeImportRow,
});
export const readPlaceImport = endpoint({
  name: 'readPlaceImport',
  method: 'GET',
  path: '/api/places/imports/:id',
  who: ['manager', 'admin'],
  summary: 'How far an import is, with its errors by line',
  params: idParams,
  reply: placeImportRow,
});
export const listPlaceImports = endpoint({
  name: 'listPlaceImports',
  method: 'GET',
  path: '/api/places/imports',
  who: ['manager', 'admin'],
  summary: 'Tables of the own subtree, newest first',
  query: z.strictObject(paging),
  reply: listOf(placeImportRow),
});
export const removePlaceImport = endpoint({
  name: 'removePlaceImport',
  method: 'DELETE',
  path: '/api/places/imports/:id',
  who: ['manager', 'admin'],
  summary: 'Cancels an import that runs, or takes a table away',
  params: idParams,
  reply: placeImportRow,
});
