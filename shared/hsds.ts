/**
 * Warm places as other directories read them: the Human Services Data Specification (HSDS) 3.2, docs.openreferral.org, its
 * schemas and its API reference. Followed are `service`, `service_at_location`, `location`, `address`, `accessibility`,
 * `organization`, `phone`, `schedule`, `service_capacity`, `unit`, `attribute`, `taxonomy_term` and `taxonomy`; fields that are
 * not here are not known to this service. All of it holds in 3.1 as well; 3.0 knows no capacities. A warm place is one service at
 * one location, of the organisation that runs it. Names are those of the standard, so they are not in camelCase.
 */
import * as z from 'zod/mini';
import { endpoint } from './contract.ts';
import { idParams, idSchema, instant } from './ids.ts';

export const HSDS_VERSION = '3.2';
/** Rows a page has when nobody says, and at most: a directory of a city fits into one. */
export const hsdsPage = { usual: 50, most: 500 } as const;

const taxonomy = z.strictObject({ id: idSchema, name: z.string(), description: z.string() });
export const hsdsAttribute = z.strictObject({
  id: idSchema,
  link_id: idSchema,
  link_type: z.string(),
  link_entity: z.literal('service'),
  label: z.string(),
  taxonomy_term: z.strictObject({
    id: idSchema,
    code: z.string(),
    name: z.string(),
    description: z.string(),
    language: z.string(),
    taxonomy: z.string(),
    taxonomy_detail: taxonomy,
  }),
});
export const hsdsOrganization = z.strictObject({ id: idSchema, name: z.string(), description: z.string() });
/** When it is open in words; with a window of the week as RFC 5545 says it, times with their offset from UTC. */
export const hsdsSchedule = z.strictObject({
  id: idSchema,
  freq: z.optional(z.literal('WEEKLY')),
  byday: z.optional(z.string()),
  opens_at: z.optional(z.string()),
  closes_at: z.optional(z.string()),
  /** hours east of UTC */
  timezone: z.optional(z.number()),
  description: z.optional(z.string()),
});
export const hsdsPhone = z.strictObject({ id: idSchema, number: z.string(), type: z.literal('voice') });
/** Places of one unit, a bed or a seat: how many there are, and how many somebody could have now. */
export const hsdsCapacity = z.strictObject({
  id: idSchema,
  unit: z.strictObject({ id: idSchema, name: z.string(), identifier: z.enum(['bed', 'seat']) }),
  available: z.number(),
  maximum: z.number(),
  /** how many of them for whom */
  description: z.string(),
  updated: instant,
});

const place = {
  id: idSchema,
  location_type: z.literal('physical'),
  name: z.string(),
  /** degrees, WGS 84 */
  latitude: z.optional(z.number()),
  longitude: z.optional(z.number()),
};
/** Only `address_1` is known as such; the standard wants the others to be there, so what is not known is ''. */
const address = z.strictObject({
  id: idSchema,
  address_1: z.string(),
  city: z.string(),
  region: z.string(),
  state_province: z.string(),
  postal_code: z.string(),
  country: z.string(),
  address_type: z.literal('physical'),
});
export const hsdsLocation = z.strictObject({
  ...place,
  addresses: z.array(address),
  accessibility: z.array(z.strictObject({ id: idSchema, description: z.string() })),
  phones: z.array(hsdsPhone),
});

const service = {
  id: idSchema,
  organization_id: idSchema,
  name: z.string(),
  description: z.string(),
  /** closed for the time being is 'temporarily closed'; one given up for good is not there */
  status: z.enum(['active', 'temporarily closed']),
  application_process: z.optional(z.string()),
  eligibility_description: z.optional(z.string()),
  last_modified: instant,
  organization: hsdsOrganization,
};
const at = { id: idSchema, service_id: idSchema, location_id: idSchema };
const parts = { phones: z.array(hsdsPhone), schedules: z.array(hsdsSchedule) };
/** As lists have it: what there is one of. */
export const hsdsServiceListed = z.strictObject(service);
export const hsdsService = z.strictObject({
  ...service,
  ...parts,
  service_at_locations: z.array(z.strictObject({ ...at, location: hsdsLocation })),
  capacities: z.array(hsdsCapacity),
  attributes: z.array(hsdsAttribute),
});
export const hsdsServiceAtLocationListed = z.strictObject({
  ...at,
  location: z.strictObject(place),
  service: hsdsServiceListed,
});
export const hsdsServiceAtLocation = z.strictObject({
  ...at,
  ...parts,
  location: hsdsLocation,
  service: z.omit(hsdsService, { service_at_locations: true }),
});
export type HsdsService = z.infer<typeof hsdsService>;
export type HsdsServiceListed = z.infer<typeof hsdsServiceListed>;
export type HsdsServiceAtLocation = z.infer<typeof hsdsServiceAtLocation>;
export type HsdsServiceAtLocationListed = z.infer<typeof hsdsServiceAtLocationListed>;

const pageOf = <T extends z.ZodMiniType>(content: T) =>
  z.strictObject({
    total_items: z.number(),
    total_pages: z.number(),
    page_number: z.number(),
    size: z.number(),
    first_page: z.boolean(),
    last_page: z.boolean(),
    empty: z.boolean(),
    contents: z.array(content),
  });

const count = (most: number) =>
  z.pipe(
    z.string().check(z.regex(/^[1-9]\d{0,5}$/)),
    z.transform(Number).check(z.refine((n) => n <= most, { params: { code: 'range' } })),
  );
const flag = z.pipe(
  z.enum(['true', 'false']),
  z.transform((word) => word === 'true'),
);
/** Parameters of a list; all given must hold. Those of the standard that are not here cannot be kept to and are refused. */
const filters = {
  page: z.optional(count(100_000)),
  per_page: z.optional(count(hsdsPage.most)),
  search: z.optional(z.string().check(z.maxLength(200))),
  modified_after: z.optional(instant),
  organization_id: z.optional(z.string().check(z.maxLength(100))),
  taxonomy_id: z.optional(z.string().check(z.maxLength(100))),
  taxonomy_term_id: z.optional(z.string().check(z.maxLength(100))),
  /** with all that hangs on it */
  full: z.optional(flag),
  format: z.optional(z.literal('json')),
};
export type HsdsFilters = z.infer<z.ZodMiniObject<typeof filters>>;

export const readHsds = endpoint({
  name: 'readHsds',
  method: 'GET',
  path: '/hsds',
  who: 'public',
  summary: 'HSDS 3: what this API is, and where it is described',
  reply: z.strictObject({
    version: z.string(),
    profile: z.string(),
    openapi_url: z.string(),
    description: z.string(),
    publisher: z.strictObject({ name: z.string(), website: z.string() }),
  }),
});
export const listHsdsServices = endpoint({
  name: 'listHsdsServices',
  method: 'GET',
  path: '/hsds/services',
  who: 'public',
  summary:
    'HSDS 3: warm places as services, by name; `full` with capacities and schedules, `minimal` with id and time alone',
  query: z.strictObject({ ...filters, minimal: z.optional(flag) }),
  reply: pageOf(z.union([z.strictObject({ id: idSchema, last_modified: instant }), hsdsServiceListed, hsdsService])),
});
export const readHsdsService = endpoint({
  name: 'readHsdsService',
  method: 'GET',
  path: '/hsds/services/:id',
  who: 'public',
  summary: 'HSDS 3: one warm place with all that hangs on it: location, schedules, capacities',
  params: idParams,
  reply: hsdsService,
});
export const listHsdsServiceAtLocations = endpoint({
  name: 'listHsdsServiceAtLocations',
  method: 'GET',
  path: '/hsds/service_at_locations',
  who: 'public',
  summary: 'HSDS 3: where each service is offered, by name; `full` with capacities and schedules',
  query: z.strictObject(filters),
  reply: pageOf(z.union([hsdsServiceAtLocationListed, hsdsServiceAtLocation])),
});
export const readHsdsServiceAtLocation = endpoint({
  name: 'readHsdsServiceAtLocation',
  method: 'GET',
  path: '/hsds/service_at_locations/:id',
  who: 'public',
  summary: 'HSDS 3: one service at its location',
  params: idParams,
  reply: hsdsServiceAtLocation,
});
