/** The only reader of the environment: every bad variable is named at once. */
import * as z from 'zod/mini';

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
  ROUTER_URL: z.optional(z.string()),
  ROLES: z._default(
    z.string().check(z.regex(/^(http|relay|jobs)(,(http|relay|jobs))*$/, 'a list of http, relay, jobs')),
    'http,relay,jobs',
  ),
});

export interface Config {
  port: number;
  host: string;
  dataDir: string;
  databaseUrl: string | null;
  publicOrigin: string | null;
  trustProxy: number | string | null;
  tiles: { url: string; attribution: string } | null;
  roles: readonly (typeof allRoles)[number][];
  /** playing and trying only: the demo's accounts, no limits */
  demo: boolean;
  limits: boolean;
  production: boolean;
  version: string;
}

/** The configuration was wrong; the message names every bad variable. */
export class BadConfig extends Error {}

export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = environment.safeParse(given);
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
    throw new BadConfig(`These environment variables are wrong:\n${lines.join('\n')}`);
  }
  const value = parsed.data;
  const trust = value.TRUST_PROXY;
  return Object.freeze({
    port: value.PORT,
    host: value.HOST,
    dataDir: value.DATA_DIR,
    databaseUrl: value.DATABASE_URL ?? null,
    publicOrigin: value.PUBLIC_ORIGIN ?? null,
    trustProxy: trust === undefined ? null : /^\d$/.test(trust) ? Number(trust) : trust,
    tiles: value.TILE_URL === undefined ? null : { url: value.TILE_URL, attribution: value.TILE_ATTRIBUTION },
    roles: allRoles.filter((role) => value.ROLES.split(',').includes(role)),
    demo: false,
    limits: true,
    production: env['NODE_ENV'] === 'production',
    version: '0.1.0',
  });
}
