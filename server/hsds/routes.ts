/** The HSDS 3 read API: the same for everybody, from any origin, and kept by caches for moments. */
import { createHash } from 'node:crypto';
import type { Request, Response } from 'express';
import type { Knex } from 'knex';
import {
  HSDS_VERSION,
  type HsdsFilters,
  hsdsPage,
  listHsdsServiceAtLocations,
  listHsdsServices,
  readHsds,
  readHsdsService,
  readHsdsServiceAtLocation,
} from '../../shared/hsds.ts';
import { Problem } from '../../shared/problems.ts';
import type { ShelterView } from '../../shared/shelters.ts';
import { sendJson } from '../http/compressed.ts';
import { rawRoute, type Route } from '../http/route.ts';
import { translator } from '../http/words.ts';
import type { Service } from '../realtime/command.ts';
import { liveStations, planLevels, rootStation } from '../stations/queries.ts';
import {
  atLocationId,
  service,
  serviceAtLocation,
  serviceAtLocationListed,
  serviceListed,
  type Setting,
} from './entities.ts';
import { shelterRows, shelterViews } from '../shelters/queries.ts';
import { allKnownIds, changesOf, knownIds } from './queries.ts';

interface Http {
  req: Request;
  res: Response;
}
/** Seconds a copy may be kept: beds change by the minute, and a directory asks for thousands of readers. */
const KEPT_S = 30;

/** Answers with what has no session in it; 304 to whoever has it. */
async function send({ req, res }: Http, body: unknown): Promise<void> {
  res.set({
    'Cache-Control': `public, max-age=${String(KEPT_S)}`,
    'Access-Control-Allow-Origin': '*',
    'Cross-Origin-Resource-Policy': 'cross-origin',
    ETag: `W/"${createHash('sha1').update(JSON.stringify(body)).digest('base64url')}"`,
  });
  if (req.fresh) res.status(304).end();
  else await sendJson(req, res, 200, body);
}

interface Known {
  shelter: ShelterView;
  setting: Setting;
}

/** The places with what is said of them, in the order of `ids`; those that may not be known are left out. */
async function knownPlaces({ database, now }: Service, ids: readonly string[]): Promise<Known[]> {
  const db: Knex = database.knex;
  const at = now();
  const changes = await changesOf(db, at, ids);
  // told apart by changesOf, and again here: it may have become confidential since
  const stored = (
    await shelterRows(
      db,
      changes.map(({ id }) => id),
    )
  ).filter(({ confidential, closedDownAt }) => !confidential && closedDownAt === null);
  const shelters = new Map((await shelterViews(db, stored, at)).map((shelter) => [shelter.id, shelter]));
  const stationIds = [...new Set(stored.map(({ stationId }) => stationId))];
  const root = await rootStation(db);
  const stations = root ? await liveStations(db, root.id) : [];
  const levels = await planLevels(db, stationIds);
  const whenOf = new Map(changes.map((change) => [change.id, change]));
  const locale = root?.locale ?? 'en';
  return ids.flatMap((id): Known[] => {
    const [shelter, when] = [shelters.get(id), whenOf.get(id)];
    const station = stations.find((each) => each.id === shelter?.stationId);
    if (!shelter || !when || !station) return [];
    const level = levels.get(station.id) ?? 'none';
    const { changedAt, takenAt } = when;
    return [
      {
        shelter,
        setting: { locale, t: translator(locale), city: root?.name ?? '', station, level, changedAt, takenAt, now: at },
      },
    ];
  });
}

/** One page of a list in the form of the standard; a page beyond the last is empty. */
async function pageOf<T>(
  running: Service,
  filters: HsdsFilters,
  usual: number,
  say: (known: Known) => T,
): Promise<{ contents: T[] } & Record<string, unknown>> {
  const [page, limit] = [filters.page ?? 1, filters.per_page ?? usual];
  const slice = { offset: (page - 1) * limit, limit };
  const { ids, total } = await knownIds(running.database.knex, running.now(), filters, slice);
  const contents = (await knownPlaces(running, ids)).map(say);
  const pages = Math.ceil(total / limit);
  return {
    total_items: total,
    total_pages: pages,
    page_number: page,
    size: contents.length,
    first_page: page === 1,
    last_page: page >= pages,
    empty: contents.length === 0,
    contents,
  };
}

async function knownPlace(running: Service, id: string | undefined): Promise<Known> {
  const [known] = id === undefined ? [] : await knownPlaces(running, [id]);
  if (!known) throw new Problem('not_found');
  return known;
}

export const hsdsRoutes: readonly Route[] = [
  rawRoute(readHsds, async ({ database }, _actor, { origin }, http) => {
    const root = await rootStation(database.knex);
    const t = translator(root?.locale ?? 'en');
    await send(http, {
      version: HSDS_VERSION,
      profile: `https://docs.openreferral.org/en/${HSDS_VERSION}/`,
      openapi_url: `${origin}/api/openapi.json`,
      description: t('hsds.about'),
      publisher: { name: root?.name ?? t('app.name'), website: `${origin}/` },
    });
  }),
  rawRoute(listHsdsServices, async (running, _actor, { query }, http) => {
    const { minimal = false, full = false } = query;
    // whoever asks for ids alone wants them all
    const usual = minimal ? hsdsPage.most : hsdsPage.usual;
    const body = await pageOf(running, query, usual, ({ shelter, setting }) =>
      minimal
        ? { id: shelter.id, last_modified: setting.changedAt }
        : (full ? service : serviceListed)(shelter, setting),
    );
    await send(http, body);
  }),
  rawRoute(readHsdsService, async (running, _actor, { params }, http) => {
    const { shelter, setting } = await knownPlace(running, params.id);
    await send(http, service(shelter, setting));
  }),
  rawRoute(listHsdsServiceAtLocations, async (running, _actor, { query }, http) => {
    const say = query.full === true ? serviceAtLocation : serviceAtLocationListed;
    await send(http, await pageOf(running, query, hsdsPage.usual, ({ shelter, setting }) => say(shelter, setting)));
  }),
  rawRoute(readHsdsServiceAtLocation, async (running, _actor, { params }, http) => {
    const ids = await allKnownIds(running.database.knex);
    const { shelter, setting } = await knownPlace(
      running,
      ids.find((id) => atLocationId(id) === params.id),
    );
    await send(http, serviceAtLocation(shelter, setting));
  }),
];
