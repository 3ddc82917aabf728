/** The composition root: the one file that knows all nouns. */
import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Express, Request } from 'express';
import { desk } from '../shared/roles.ts';
import { type RuleKey, ruleKeys } from '../shared/rules.ts';
import { callRoutes } from './calls/routes.ts';
import type { Config } from './config.ts';
import type { Log } from './context.ts';
import { coverageJobs } from './coverage/jobs.ts';
import { coverageRoutes } from './coverage/routes.ts';
import type { Database } from './db/open.ts';
import { one, rows } from './db/rows.ts';
import { followArrivals } from './dispatches/commands-arrival.ts';
import { climbRungs } from './dispatches/commands-ladder.ts';
import { dispatchRoutes } from './dispatches/routes.ts';
import { bedRoutes } from './dispatches/routes-beds.ts';
import { whoGoesRoutes } from './dispatches/routes-who.ts';
import { osrmRouter } from './dispatches/router-osrm.ts';
import { createRouting } from './dispatches/routing.ts';
import { createSolver } from './dispatches/solver.ts';
import { liveDispatches } from './dispatches/queries.ts';
import { encounterPhotoRoutes } from './encounters/photos.ts';
import { encounterRoutes } from './encounters/routes.ts';
import { answerClientErrors } from './http/client-error.ts';
import { fromOwnOrigin } from './http/cookies.ts';
import { guidePages } from './http/guide.ts';
import { createOutside, type OutsideParts } from './http/outbound.ts';
import type { Page, PageContext, Route } from './http/route.ts';
import { createHttp, secureEnough } from './http/serve.ts';
import { type App, appPage, type BootFacts } from './http/shell.ts';
import { liveIncidents } from './incidents/queries.ts';
import { coldClocksOf } from './incidents/queries-cold.ts';
import { incidentRoutes } from './incidents/routes.ts';
import { posterPages } from './informants/pages.ts';
import { informantRoutes } from './informants/routes.ts';
import { pruningJobs } from './jobs/pruning.ts';
import { type Job, type Jobs, startJobs } from './jobs/run.ts';
import { livePanics } from './panics/queries.ts';
import { panicRoutes } from './panics/routes.ts';
import { climbRollCalls, crewSaid } from './patrols/commands-roll-call.ts';
import { aroundOuting } from './patrols/commands.ts';
import { livePatrols } from './patrols/queries.ts';
import { patrolRoutes } from './patrols/routes.ts';
import { placeJobs } from './places/jobs.ts';
import { placeRoutes } from './places/routes.ts';
import { changedHeard, latestHeard } from './positions/queries-heard.ts';
import { changedPositions, latestPositions } from './positions/queries.ts';
import { deviceRoutes } from './positions/routes-devices.ts';
import { positionRoutes } from './positions/routes.ts';
import { presenceRoutes } from './presence/routes.ts';
import type { Service } from './realtime/command.ts';
import { moveRechecks } from './rechecks/jobs.ts';
import { liveRechecks } from './rechecks/queries.ts';
import { recheckRoutes } from './rechecks/routes.ts';
import { liveRounds, liveRuns } from './rounds/queries.ts';
import { roundRoutes } from './rounds/routes.ts';
import { healthRoute } from './realtime/health.ts';
import { liveRoutes, type LiveRows } from './realtime/snapshot.ts';
import { createRealtime, type Realtime } from './realtime/sockets.ts';
import { expireHolds } from './shelters/jobs.ts';
import { shelterPages } from './shelters/pages.ts';
import { liveHolds } from './shelters/queries-holds.ts';
import { liveStays } from './stays/queries.ts';
import { liveShelters } from './shelters/queries.ts';
import { shelterRoutes } from './shelters/routes.ts';
import { hsdsRoutes } from './hsds/routes.ts';
import { shelterImportRoutes } from './shelters/routes-import.ts';
import { stayRoutes } from './stays/routes.ts';
import { stayJobs } from './stays/jobs.ts';
import { sightingPages } from './sightings/pages.ts';
import { photoRoutes } from './sightings/photos.ts';
import { sightingRoutes } from './sightings/routes.ts';
import { emergencyNumbers, liveStations, rootStation, rulesAt, stationById } from './stations/queries.ts';
import { stationRoutes } from './stations/routes.ts';
import { supplyJobs } from './supplies/jobs.ts';
import { liveItems, liveStock } from './supplies/queries.ts';
import { supplyRoutes } from './supplies/routes.ts';
import { tallyRoutes } from './tally/routes.ts';
import { alertJobs } from './alerts/jobs.ts';
import { liveAlerts } from './alerts/queries.ts';
import { alertRoutes } from './alerts/routes.ts';
import { dutyJobs } from './duty/jobs.ts';
import { liveChecks, liveShifts } from './duty/queries.ts';
import { dutyRoutes } from './duty/routes.ts';
import { planJobs } from './plans/jobs.ts';
import { liveActivations, livePlans } from './plans/queries.ts';
import { noticesFor } from './plans/queries-notices.ts';
import { stepJobs } from './plans/jobs-steps.ts';
import { createStage } from './plans/rehearsal.ts';
import { planRoutes } from './plans/routes.ts';
import { rehearsalRoutes } from './plans/routes-rehearse.ts';
import { stepRoutes } from './plans/routes-steps.ts';
import { liveTasks } from './tasks/queries.ts';
import { taskRoutes } from './tasks/routes.ts';
import { authenticate, holdsRevoked } from './users/authenticate.ts';
import { sessionOf, validCredentials } from './users/queries.ts';
import { userRoutes } from './users/routes.ts';
import { liveWeather } from './weather/queries.ts';
import { weatherJobs } from './weather/jobs.ts';
import { weatherRoutes } from './weather/routes.ts';
import { feedJobs } from './feeds/jobs.ts';
import { feedRoutes } from './feeds/routes.ts';
import { liveSites } from './sites/queries.ts';
import { siteRoutes } from './sites/routes.ts';
import { setupPages } from './users/setup.ts';

const live: LiveRows = {
  stations: liveStations,
  incidents: liveIncidents,
  patrols: livePatrols,
  dispatches: liveDispatches,
  shelters: liveShelters,
  holds: liveHolds,
  stays: liveStays,
  items: liveItems,
  stock: liveStock,
  tasks: liveTasks,
  weather: liveWeather,
  sites: liveSites,
  panics: livePanics,
  rounds: liveRounds,
  runs: liveRuns,
  rechecks: liveRechecks,
  alerts: liveAlerts,
  plans: livePlans,
  activations: liveActivations,
  shifts: liveShifts,
  checks: liveChecks,
};

/** What a meeting is written down by, on the street and at the desk. */
const sceneRules: readonly RuleKey[] = ['aid.cold_stages', 'handover.paths', 'recheck.after'];
/** What a crew's phone goes by without a network. */
const crewRules: readonly RuleKey[] = [
  ...sceneRules,
  'crew.idle_lock',
  'roll_call.every',
  'signs.life_risk',
  'shelters.fresh',
  'shelters.stale',
  'supplies.expiry_warn',
  'weather.stale',
  'patrols.offline',
  'rounds.geofence',
];
/** What a desk's clocks go by from its first moment; the rows of every station come after. */
const deskRules: readonly RuleKey[] = ruleKeys.filter(
  (key) =>
    /^(cold|targets)[.]/.test(key) ||
    [
      ...sceneRules,
      'positions.fresh',
      'positions.stale',
      'shelters.fresh',
      'shelters.stale',
      'sites.look_back',
      'supplies.expiry_warn',
      'weather.stale',
      'patrols.offline',
      'coverage.long_ago',
    ].includes(key),
);
const apps: readonly App[] = [
  { path: '/desk', entry: 'web/desk/main.ts', title: 'title.desk', roles: desk, rules: deskRules },
  { path: '/desk/call', entry: 'web/desk/call-main.ts', title: 'title.call', roles: desk, rules: deskRules },
  {
    path: '/crew',
    entry: 'web/crew/main.ts',
    title: 'title.crew',
    roles: ['crew'],
    installable: true,
    rules: crewRules,
  },
  {
    path: '/shelter',
    entry: 'web/shelter/main.ts',
    title: 'title.shelter',
    roles: ['shelter', ...desk],
    rules: ['shelters.fresh', 'shelters.stale', 'supplies.expiry_warn'],
  },
  {
    path: '/admin',
    entry: 'web/admin/main.ts',
    title: 'title.admin',
    roles: ['admin', 'manager'],
    rules: ['supplies.expiry_warn'],
  },
  {
    path: '/plans',
    entry: 'web/plans/main.ts',
    title: 'title.plans',
    roles: ['inspector', 'admin', ...desk],
    rules: ['alerts.types'],
  },
  {
    path: '/duty',
    entry: 'web/duty/main.ts',
    title: 'title.duty',
    roles: ['inspector', 'admin', ...desk],
    rules: ['desk.shifts', 'duty.minimum'],
  },
  { path: '/tally', entry: 'web/tally/main.ts', title: 'title.tally', roles: ['inspector', 'admin', ...desk] },
];

const jobs: readonly Job[] = [
  // before holds expire, so that a service that comes back keeps what still can be kept
  { name: 'follow-arrivals', schedule: { everyMinutes: 1 }, run: followArrivals },
  { name: 'expire-holds', schedule: { everyMinutes: 1 }, run: expireHolds },
  ...stayJobs,
  { name: 'climb-rungs', schedule: 'pulse', run: climbRungs },
  { name: 'move-rechecks', schedule: 'pulse', run: moveRechecks },
  { name: 'climb-roll-calls', schedule: 'pulse', run: climbRollCalls },
  ...supplyJobs,
  ...coverageJobs,
  ...placeJobs,
  ...dutyJobs,
  ...alertJobs,
  ...planJobs,
  ...stepJobs,
  ...weatherJobs,
  ...feedJobs,
  ...pruningJobs,
];

/** The key of secret links; made at the first start and shared by all nodes through the database. */
export async function followKeyOf(database: Database): Promise<Buffer> {
  await rows(
    database.knex,
    `insert into secrets (name, value) values ('follow.key', :value) on conflict (name) do nothing`,
    { value: randomBytes(32) },
  );
  const found = await one<{ value: Buffer }>(database.knex, `select value from secrets where name = 'follow.key'`);
  return found.value;
}

async function bootFacts(page: PageContext, req: Request, config: Config, app: App): Promise<BootFacts> {
  const db = page.service.database.knex;
  const staff = 'role' in page.actor ? page.actor : page.enrolling;
  const station = staff ? await stationById(db, staff.stationId) : await rootStation(db);
  return {
    session: staff?.kind === 'user' ? await sessionOf(db, staff) : null,
    emergency: await emergencyNumbers(db),
    timeZone: station?.timeZone ?? 'UTC',
    version: config.version,
    secure: secureEnough(req, config),
    demo: config.demo === null ? null : { still: config.demo === 'still' },
    revoked: !staff && (await holdsRevoked(page.service, req.headers)),
    rules: staff && app.rules ? await rulesAt(db, app.rules, staff.stationId) : {},
  };
}

export interface Running {
  http: Server;
  express: Express;
  realtime: Realtime;
  jobs: Jobs | null;
  routes: readonly Route[];
  /** stops taking calls, lets running ones end, closes sockets and jobs; the database is the caller's */
  drain(): Promise<void>;
}

export interface AppParts {
  database: Database;
  config: Config;
  log: Log;
  now: () => Date;
  webDir: string;
  /** how other people's servers are reached; tests put their own in its place */
  outside?: Partial<OutsideParts>;
}

const DRAIN_MS = 10_000;
/** Before it stops listening: a proxy that asks every second has seen the 503 of /api/health and sends others elsewhere. */
const FAREWELL_MS = 3_000;
/** A body that trickles in is cut off; a header too. */
const REQUEST_MS = 30_000;

/** Everything wired; listening is the caller's. */
export async function createApp({ database, config, log, now, webDir, outside }: AppParts): Promise<Running> {
  const service: Service = {
    database,
    now,
    log,
    followKey: await followKeyOf(database),
    outside: createOutside(outside),
    crewSaid,
  };
  const who = (headers: Request['headers']): ReturnType<typeof authenticate> => authenticate(service, headers);
  const routing = createRouting({ router: config.routerUrl === null ? null : osrmRouter(config.routerUrl), log });
  const solver = createSolver();
  const stage = createStage();
  let draining = false;
  let routes: readonly Route[] = [];
  const pages: Page[] = [
    ...guidePages({
      numbers: (page) => emergencyNumbers(page.service.database.knex),
      endpoints: () => routes.map(({ endpoint }) => endpoint),
      version: config.version,
    }),
    ...posterPages(config.publicOrigin),
    ...sightingPages,
    ...shelterPages(config.publicOrigin),
    ...setupPages((req) => secureEnough(req, config)),
    ...apps.map((app) => appPage(app, (page, req) => bootFacts(page, req, config, app))),
    {
      method: 'GET',
      path: '/',
      handle: (_page, _req, res) => {
        res.redirect(302, '/report');
        return Promise.resolve();
      },
    },
  ];
  const express = createHttp({
    service,
    config,
    webDir,
    pages,
    authenticate: who,
    holdsRevoked: (headers) => holdsRevoked(service, headers),
    notices: () => noticesFor(database.knex),
    routes: (limits) => {
      routes = [
        healthRoute(database, config.version, () => draining),
        ...liveRoutes(database, live, { positions: latestPositions, heard: latestHeard }),
        ...stationRoutes,
        ...weatherRoutes,
        ...alertRoutes,
        ...feedRoutes,
        ...userRoutes(limits, (req) => secureEnough(req, config), aroundOuting),
        ...informantRoutes,
        ...placeRoutes,
        ...siteRoutes,
        ...taskRoutes,
        ...shelterRoutes,
        ...shelterImportRoutes,
        ...hsdsRoutes,
        ...stayRoutes,
        ...supplyRoutes,
        ...patrolRoutes,
        ...positionRoutes,
        ...deviceRoutes(limits),
        ...roundRoutes,
        ...panicRoutes,
        ...incidentRoutes,
        ...sightingRoutes,
        ...photoRoutes,
        ...dispatchRoutes,
        ...bedRoutes(routing),
        ...whoGoesRoutes({ routing, solver, clocks: coldClocksOf }),
        ...recheckRoutes,
        ...encounterRoutes,
        ...encounterPhotoRoutes,
        ...coverageRoutes,
        ...callRoutes,
        ...presenceRoutes,
        ...dutyRoutes,
        ...planRoutes,
        ...rehearsalRoutes(stage),
        ...stepRoutes,
        ...tallyRoutes,
      ];
      return routes;
    },
  });
  const http = createServer(
    {
      requestTimeout: REQUEST_MS,
      headersTimeout: 10_000,
      connectionsCheckingInterval: 5_000,
      keepAliveTimeout: 65_000,
    },
    express,
  );
  // Told with an answer, a client takes its next request elsewhere; a connection closed under a request loses it.
  http.prependListener('request', (_req, res) => {
    if (draining) res.setHeader('Connection', 'close');
  });
  answerClientErrors(http);
  const realtime = createRealtime(service, http, {
    authenticate: async (headers) => {
      const staff = await who(headers);
      return staff?.mustEnrol === true ? null : staff;
    },
    stillValid: (staff) =>
      validCredentials(
        database.knex,
        staff.map(({ sessionId, id }) => sessionId ?? id),
        now(),
      ),
    ownOrigin: (headers) => fromOwnOrigin(headers, config.publicOrigin),
    changedPositions,
    changedHeard,
  });
  if (config.roles.includes('relay')) await realtime.start();
  const zone = async (): Promise<string> => (await rootStation(database.knex))?.timeZone ?? 'UTC';
  const running = config.roles.includes('jobs') ? startJobs(service, jobs, zone) : null;
  return {
    http,
    express,
    realtime,
    jobs: running,
    routes,
    async drain() {
      draining = true;
      if (config.trustProxy !== null) await sleep(FAREWELL_MS);
      const closed = new Promise<void>((resolve) => {
        http.close(() => {
          resolve();
        });
      });
      await running?.stop();
      await realtime.close();
      const sweep = setInterval(() => {
        http.closeIdleConnections();
      }, 100);
      const timer = setTimeout(() => {
        http.closeAllConnections();
      }, DRAIN_MS);
      await closed;
      await solver.close();
      await stage.close();
      clearInterval(sweep);
      clearTimeout(timer);
    },
  };
}
