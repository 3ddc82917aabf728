/** Photos of a sighting: taken from whoever holds its link, shown to those who may see the place. */
import { createHash, randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { Problem } from '../../shared/problems.ts';
import { addPhoto, readPhoto } from '../../shared/sightings.ts';
import { type Actor, type Context, isDesk, staffOf } from '../context.ts';
import { asInstant } from '../db/postgis.ts';
import { one, row } from '../db/rows.ts';
import { inSubtreeSql, scopeOf } from '../db/scope.ts';
import { rawRoute, type Route } from '../http/route.ts';
import { tell } from '../incidents/commands.ts';
import { incidentRows } from '../incidents/queries.ts';
import { readContext, runCommand, type Service } from '../realtime/command.ts';
import { record } from '../realtime/record.ts';
import { sightingIdOfToken } from './follow-token.ts';
import { type Picture, reencode } from './photo-image.ts';
import { takeFile } from './photo-upload.ts';

const MAX_PHOTOS = 3;
const DRAIN_MS = 600;

interface PhotoRow {
  id: string;
  width: number;
  height: number;
  createdAt: string;
}
const COLUMNS = `photos.id, photos.width, photos.height, ${asInstant('photos.created_at')} as "createdAt"`;
/** A photo never changes. */
const reply = (photo: PhotoRow): PhotoRow & { version: number } => ({ ...photo, version: 1 });

/** Passes for the holder of the sighting's own link, the desk of its station, and a crew on shift there. */
async function checkUploader(
  service: Service,
  actor: Actor,
  sightingId: string,
  token: string | undefined,
): Promise<void> {
  const db = service.database.knex;
  if (token !== undefined) {
    if (sightingIdOfToken(service.followKey, token) !== sightingId) throw new Problem('not_found');
    if (!(await row(db, `select id from sightings where id = :sightingId`, { sightingId })))
      throw new Problem('not_found');
    return;
  }
  if (!('role' in actor)) throw new Problem('unauthorized');
  if (!isDesk(actor) && (actor.role !== 'crew' || actor.patrolId === null)) throw new Problem('forbidden');
  const found = await row(
    db,
    `select sightings.id from sightings join incidents on incidents.id = sightings.incident_id
     where sightings.id = :sightingId and ${inSubtreeSql('incidents.station_id')}`,
    { sightingId, ...scopeOf({ actor }) },
  );
  if (!found) throw new Problem('not_found');
}

const samePhoto = (
  db: Knex | Knex.Transaction,
  sightingId: string,
  fingerprint: Buffer,
): Promise<PhotoRow | undefined> =>
  row<PhotoRow>(db, `select ${COLUMNS} from photos where sighting_id = :sightingId and fingerprint = :fingerprint`, {
    sightingId,
    fingerprint,
  });

/** Stores a picture and tells of it; the same upload again answers what is stored. */
async function storePhoto(
  ctx: Context,
  sightingId: string,
  fingerprint: Buffer,
  picture: Picture,
): Promise<{ photo: PhotoRow; replay: boolean }> {
  // the lock first, the count in the next statement: two uploads at once may not both be the third
  const { incidentId } = await one<{ incidentId: string }>(
    ctx.db,
    `select incident_id as "incidentId" from sightings where id = :sightingId for update`,
    { sightingId },
  );
  const before = await samePhoto(ctx.db, sightingId, fingerprint);
  if (before) return { photo: before, replay: true };
  const { count } = await one<{ count: number }>(
    ctx.db,
    `select count(*)::integer as count from photos where sighting_id = :sightingId`,
    { sightingId },
  );
  if (count >= MAX_PHOTOS) throw new Problem('too_many_photos');

  const photo = await one<PhotoRow>(
    ctx.db,
    `insert into photos (id, sighting_id, width, height, bytes, fingerprint, created_at)
     values (:id, :sightingId, :width, :height, :bytes, :fingerprint, :now)
     returning ${COLUMNS}`,
    { id: randomUUID(), sightingId, ...picture, fingerprint, now: ctx.now() },
  );
  await tell(ctx, incidentId, 'photo', { sightingId, photoId: photo.id });
  const incidents = await incidentRows(ctx.db, [incidentId]);
  const [incident] = incidents;
  if (incident) record(ctx, { type: 'sighting.photographed', stationId: incident.stationId, rows: { incidents } });
  return { photo, replay: false };
}

type Http = Parameters<NonNullable<Route['raw']>>[3];

/**
 * Reads away what still comes of a refused body, for a moment, and closes the connection after the answer: closed at once,
 * a client that is still sending would see a broken connection instead of the reason.
 */
async function leaveBody({ req, res }: Http): Promise<void> {
  if (req.readableEnded || req.destroyed) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, DRAIN_MS);
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    req.once('end', done);
    req.once('close', done);
    req.resume();
  });
  res.once('finish', () => {
    req.socket.destroySoon();
  });
}

/** The two endpoints of photos. */
export const photoRoutes: Route[] = [
  rawRoute(addPhoto, async (service, actor, { params }, { req, res }) => {
    try {
      await checkUploader(service, actor, params.id, req.get('x-follow-token'));
      const upload = await takeFile(req);
      const fingerprint = createHash('sha256').update(upload).digest();
      const before = await samePhoto(service.database.knex, params.id, fingerprint);
      let stored = before && { photo: before, replay: true };
      if (!stored) {
        const picture = await reencode(upload);
        const audit = { command: addPhoto.name, subjectIds: [params.id], fields: ['photo'] };
        stored = await runCommand(service, actor, audit, (ctx) => storePhoto(ctx, params.id, fingerprint, picture));
      }
      if (stored.replay) res.set('idempotent-replay', 'true');
      res.status(stored.replay ? 200 : 201).json(reply(stored.photo));
    } catch (error) {
      await leaveBody({ req, res });
      throw error;
    }
  }),
  rawRoute(readPhoto, async (service, actor, { params }, { res }) => {
    const ctx = readContext(service, actor);
    const staff = staffOf(ctx);
    if (staff.role === 'crew' && staff.patrolId === null) throw new Problem('not_found');
    const photo = await row<{ bytes: Uint8Array }>(
      ctx.db,
      `select photos.bytes from photos
       join sightings on sightings.id = photos.sighting_id
       join incidents on incidents.id = sightings.incident_id
       where photos.id = :id and ${inSubtreeSql('incidents.station_id')}`,
      { id: params.id, ...scopeOf(ctx) },
    );
    if (!photo) throw new Problem('not_found');
    if (staff.role === 'inspector') {
      await runCommand(
        service,
        actor,
        { command: readPhoto.name, subjectIds: [params.id], fields: [] },
        async () => undefined,
      );
    }
    res.set({
      'content-type': 'image/jpeg',
      'content-disposition': 'inline',
      'cache-control': 'private, no-store',
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
    });
    res.send(Buffer.from(photo.bytes));
  }),
];
