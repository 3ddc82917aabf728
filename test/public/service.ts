/** The public side of the service on a database of its own: real HTTP, real pages, real SQL. */
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:http';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { readConfig } from '../../server/config.ts';
import type { Staff } from '../../server/context.ts';
import { openDatabase } from '../../server/db/open.ts';
import { rows } from '../../server/db/rows.ts';
import { createHttp } from '../../server/http/serve.ts';
import type { Service } from '../../server/realtime/command.ts';
import { shelterPages } from '../../server/shelters/pages.ts';
import { sightingPages } from '../../server/sightings/pages.ts';
import { photoRoutes } from '../../server/sightings/photos.ts';
import { sightingRoutes } from '../../server/sightings/routes.ts';
import { quiet, testDatabase } from '../kit/database.ts';

export interface PublicService {
  origin: string;
  service: Service;
  root: string;
  /** whoever sends `x-test-staff` with this role is signed in at that station */
  staff: Map<string, Staff>;
  stop: () => Promise<void>;
}

/** Starts it; `webDir` holds the built browser files. */
export async function startPublic(webDir = fileURLToPath(new URL('../../dist/web', import.meta.url))): Promise<PublicService> {
  const database = await testDatabase();
  const opened = await openDatabase({ ...database.options, log: quiet });
  const now = (): Date => new Date();
  const service: Service = { database: opened, now, log: { ...quiet, debug: () => undefined }, followKey: Buffer.alloc(32, 7) };
  const root = await rootOf(service);
  const staff = new Map<string, Staff>();
  const app = createHttp({
    service,
    config: { ...readConfig({}), limits: false },
    webDir,
    routes: () => [...sightingRoutes, ...photoRoutes],
    pages: [...sightingPages, ...shelterPages],
    authenticate: async (headers) => staff.get(String(headers['x-test-staff'])) ?? null,
  });
  const server: Server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    service,
    root,
    staff,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await opened.close();
      await database.drop();
    },
  };
}

/** The root station, made when the database has none. */
async function rootOf(service: Service): Promise<string> {
  const db = service.database.knex;
  const [found] = await rows<{ id: string }>(db, `select id from stations where parent_id is null`);
  if (found) return found.id;
  const id = randomUUID();
  await rows(
    db,
    `insert into stations (id, parent_id, path, name, time_zone, locale, created_at)
     values (:id, null, array[cast(:id as uuid)], 'Xi''an', 'Asia/Shanghai', 'zh-CN', :now)`,
    { id, now: service.now() },
  );
  return id;
}
