/** The only reader of the environment: every bad variable is named at once. */
import * as z from 'zod/mini';
import { BadTiles, readTiles, type TileSource } from './tiles.ts';

const port = z.pipe(
  z.string().check(
    z.regex(/^\d{1,5}$/),
    z.refine((text) => Number(text) <= 65_535, 'must be a port, 0 to 65535'),
  ),
  z.transform(Number),
);
const origin = z.string().check(z.regex(/^https?:\/\/[^/]+$/, 'must look like https://host, without a path'));
/** Everything a process can be; a single one is all of it. */
export const allRoles = ['http', 'relay', 'jobs'] as const;

const environment = z.object({
  PORT: z._default(port, 3000),
  HOST: z._default(z.string(), '127.0.0.1'),
  DATA_DIR: z._default(z.string(), './data'),
  DATABASE_URL: z.optional(z.string().check(z.regex(/^postgres(ql)?:\/\//, 'must be a postgres:// URL'))),
  PUBLIC_ORIGIN: z.optional(origin),
  /** number of proxies, or their addresses; never `true`, which would let anyone name its own address */
  TRUST_PROXY: z.optional(
    z
      .string()
      .check(
        z.regex(/^(\d|[\da-f.:/, ]+|loopback|uniquelocal)$/i, 'must be a number of proxies or their CIDR addresses'),
      ),
  ),
  TILE_URL: z.optional(z.string()),
  TILE_ATTRIBUTION: z._default(z.string(), ''),
  // the operator's own machine, so http and private addresses are right here
  ROUTER_URL: z.optional(
    z
      .string()
      .check(z.regex(/^https?:\/\/[^\s/?#@]+(\/[^\s?#]*)?$/, 'must look like http://host:5000, without a query')),
  ),
  ROLES: z._default(
    z.string().check(z.regex(/^(http|relay|jobs)(,(http|relay|jobs))*$/, 'a list of http, relay, jobs')),
    'http,relay,jobs',
  ),
});

/** The name of every variable there is, for the texts that must tell of each. */
export const variables: readonly string[] = Object.keys(environment.shape);

export interface Config {
  port: number;
  host: string;
  dataDir: string;
  databaseUrl: string | null;
  publicOrigin: string | null;
  trustProxy: number | string | null;
  tiles: TileSource | null;
  /** where OSRM answers; null: travel times are estimated */
  routerUrl: string | null;
  roles: readonly (typeof allRoles)[number][];
  /** the demo's accounts, whose passwords everybody knows; 'playing' when simulated people act, 'still' when nobody does; null in earnest */
  demo: 'still' | 'playing' | null;
  limits: boolean;
  production: boolean;
  version: string;
}

/** The configuration was wrong; the message names every bad variable. */
export class BadConfig extends Error {}

/** The base map, null for none, or what is wrong with it. */
function tilesOf(env: NodeJS.ProcessEnv): TileSource | string | null {
  const text = env['TILE_URL'];
  if (text === undefined) return null;
  if (/^http:/i.test(text) && env['PUBLIC_ORIGIN']?.startsWith('https:') === true)
    return 'TILE_URL: must be https, because PUBLIC_ORIGIN is: browsers refuse pictures over http there';
  try {
    return readTiles(text, env['TILE_ATTRIBUTION'] ?? '');
  } catch (error) {
    if (error instanceof BadTiles) return `TILE_URL: ${error.message}`;
    throw error;
  }
}

export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = environment.safeParse(given);
  const tiles = tilesOf(given);
  const wrong = [
    ...(parsed.error?.issues ?? []).map((issue) => `${issue.path.join('.')}: ${issue.message}`),
    ...(typeof tiles === 'string' ? [tiles] : []),
  ];
  if (!parsed.success || typeof tiles === 'string')
    throw new BadConfig(`These environment variables are wrong:\n${wrong.map((line) => `  ${line}`).join('\n')}`);
  const value = parsed.data;
  const trust = value.TRUST_PROXY;
  return Object.freeze({
    port: value.PORT,
    host: value.HOST,
    dataDir: value.DATA_DIR,
    databaseUrl: value.DATABASE_URL ?? null,
    publicOrigin: value.PUBLIC_ORIGIN ?? null,
    trustProxy: trust === undefined ? null : /^\d$/.test(trust) ? Number(trust) : trust,
    tiles,
    routerUrl: value.ROUTER_URL ?? null,
    roles: allRoles.filter((role) => value.ROLES.split(',').includes(role)),
    demo: null,
    limits: true,
    production: env['NODE_ENV'] === 'production',
    version: '0.1.0',
  });
}

/** What only the operator's own commands look at: the terminal's language, and the router to be asked whether it answers. */
export const operatorEnvironment = (
  env: NodeJS.ProcessEnv = process.env,
): { language: string | undefined; routerUrl: string | null } => ({
  language: [env['LC_ALL'], env['LC_MESSAGES'], env['LANG']].find((value) => value !== undefined && value !== ''),
  routerUrl: env['ROUTER_URL'] === undefined || env['ROUTER_URL'] === '' ? null : env['ROUTER_URL'],
});
