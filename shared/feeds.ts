/** Where weather and warnings come from by themselves: addresses that are asked again and again. */
import * as z from 'zod/mini';
import { endpoint, listOf, paging } from './contract.ts';
import { pointSchema } from './geo.ts';
import { idParams, idSchema, instant, text } from './ids.ts';
import { desk } from './roles.ts';

/** `cap`: an RSS or Atom list of CAP messages, or one message; `open_meteo`: hourly forecast JSON. */
export const feedKinds = ['cap', 'open_meteo'] as const;
/** Why a feed was not heard: no answer in time, an answer that is none, what came could not be read, the address is not allowed. */
export const feedFaults = ['unreachable', 'status', 'too_large', 'unreadable', 'url_not_allowed'] as const;
export const feedRow = z.object({
  id: idSchema,
  version: z.number(),
  stationId: idSchema,
  name: z.string(),
  kind: z.enum(feedKinds),
  /** without what follows the path, where keys may stand, for whoever may not change it */
  url: z.string(),
  /** the place a forecast is for */
  position: z.nullable(pointSchema),
  everyMin: z.number(),
  /** silent for so long it counts as lost, and a person is told */
  staleMin: z.number(),
  active: z.boolean(),
  triedAt: z.nullable(instant),
  /** last heard */
  heardAt: z.nullable(instant),
  /** in a row; the waits between tries double */
  failures: z.number(),
  fault: z.nullable(z.enum(feedFaults)),
  nextAt: z.nullable(instant),
});
export type FeedRow = z.infer<typeof feedRow>;
/** judged by what may be called, not by its form alone */
const url = text(1_000);
const everyMin = z.int().check(z.gte(1), z.lte(1_440));
const staleMin = z.int().check(z.gte(5), z.lte(10_080));

export const listFeeds = endpoint({
  name: 'listFeeds',
  method: 'GET',
  path: '/api/feeds',
  who: [...desk, 'admin', 'inspector'],
  summary: 'Feeds of weather and warnings, when each was last heard and what is wrong with it',
  query: z.strictObject(paging),
  reply: listOf(feedRow),
});
/** 422 url_not_allowed for an address whose host is not in the rule `outside.hosts`, or that leads into a private network. */
export const createFeed = endpoint({
  name: 'createFeed',
  method: 'POST',
  path: '/api/feeds',
  who: ['admin'],
  status: 201,
  replay: 'id',
  summary: 'Adds a feed for a station and all below it',
  body: z.strictObject({
    id: idSchema,
    stationId: z.optional(idSchema),
    name: text(100),
    kind: z.enum(feedKinds),
    url,
    position: z.optional(pointSchema),
    everyMin: z.optional(everyMin),
    staleMin: z.optional(staleMin),
  }),
  reply: feedRow,
});
export const updateFeed = endpoint({
  name: 'updateFeed',
  method: 'PATCH',
  path: '/api/feeds/:id',
  who: ['admin'],
  summary: 'Changes a feed, or switches it off and on',
  params: idParams,
  body: z.strictObject({
    version: z.number(),
    name: z.optional(text(100)),
    url: z.optional(url),
    position: z.optional(z.nullable(pointSchema)),
    everyMin: z.optional(everyMin),
    staleMin: z.optional(staleMin),
    active: z.optional(z.boolean()),
  }),
  reply: feedRow,
});
export const askFeed = endpoint({
  name: 'askFeed',
  method: 'POST',
  path: '/api/feeds/:id/ask',
  who: ['admin', 'manager'],
  summary: 'Asks a feed at the next moment instead of at its time',
  params: idParams,
  reply: feedRow,
});
