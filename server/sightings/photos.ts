/** Photos of a sighting: taken from whoever holds its link, the desk, and a crew. They are read where those of a meeting are. */
import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { fieldProblem, Problem } from '../../shared/problems.ts';
import { addPhoto } from '../../shared/sightings.ts';
import { type Actor, type Context, isDesk, type Staff } from '../context.ts';
import { asInstant } from '../db/postgis.ts';
import { one, row } from '../db/rows.ts';
import { inSubtreeSql, scopeOf } from '../db/scope.ts';
import { type Picture, reencode } from '../http/photo-image.ts';
import { answerUpload, fingerprintOf, photoIdOf, takeFile } from '../http/photo-upload.ts';
import { rawRoute, type Route } from '../http/route.ts';
import { tell } from '../incidents/commands.ts';
import { incidentRows } from '../incidents/queries.ts';
import { runCommand, type Service } from '../realtime/command.ts';
import { record } from '../realtime/record.ts';
import { sightingIdOfToken } from './follow-token.ts';

const MAX_PHOTOS = 3;

interface PhotoRow {
  id: string;
  width: number;
  height: number;
  createdAt: string;
}
const COLUMNS = `photos.id, photos.width, photos.height, ${asInstant('photos.created_at')} as "createdAt"`;
/** A photo never changes. */
const reply = (photo: PhotoRow): PhotoRow & { version: number } => ({ ...photo, version: 1 });

/** Out now, or so lately that what was taken then may still be on its way from the phone (rule reports.max_late). */
const isCrewAbout = async (service: Service, { id, patrolId, stationId }: Staff): Promise<boolean> =>
  patrolId !== null ||
  (await row(
    service.database.knex,
    `select c.user_id from patrol_crew c join stations s on s.id = cast(:stationId as uuid)
     where c.user_id = cast(:id as uuid)
       and c.left_at > cast(:now as timestamptz) - cast(rule_value('reports.max_late', s.path) as text)::float8 * interval '1 hour' limit 1`,
    { id, stationId, now: service.now() },
  )) !== undefined;

/** Passes for the holder of the sighting's own link, the desk of its station, and a crew of it that is or was just out. */
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
  if (!isDesk(actor) && (actor.role !== 'crew' || !(await isCrewAbout(service, actor)))) throw new Problem('forbidden');
  const found = await row(
    db,
    `select sightings.id from sightings join incidents on incidents.id = sightings.incident_id
     where sightings.id = :sightingId and ${inSubtreeSql('incidents.station_id')}`,
    { sightingId, ...scopeOf({ actor }) },
  );
  if (!found) throw new Problem('not_found');
}

/**
 * The same upload again: answered with what is stored, so a resend is known by its picture, and by its id where the phone made one.
 * 409 taken for a picture that is there under another id, key_reuse for an id that is another picture's.
 */
async function stored(
  db: Knex | Knex.Transaction,
  sightingId: string,
  id: string | null,
  fingerprint: Buffer,
): Promise<PhotoRow | undefined> {
  const same = await row<PhotoRow>(
    db,
    `select ${COLUMNS} from photos where sighting_id = :sightingId and fingerprint = :fingerprint`,
    { sightingId, fingerprint },
  );
  if (id === null || same?.id === id) return same;
  if (same) throw fieldProblem('/x-photo-id', 'taken', 'this picture is there under another id', 'taken');
  const other = await row(
    db,
    `select id from photos where id = cast(:id as uuid) union all select id from encounter_photos where id = cast(:id as uuid)`,
    { id },
  );
  if (other) throw fieldProblem('/x-photo-id', 'key_reuse', 'this id is of another photo', 'key_reuse');
  return undefined;
}

/** Stores a picture and tells of it. */
async function storePhoto(
  ctx: Context,
  sightingId: string,
  id: string | null,
  fingerprint: Buffer,
  picture: Picture,
): Promise<{ photo: PhotoRow; replay: boolean }> {
  // the lock first, the count in the next statement: two uploads at once may not both be the third
  const { incidentId } = await one<{ incidentId: string }>(
    ctx.db,
    `select incident_id as "incidentId" from sightings where id = :sightingId for update`,
    { sightingId },
  );
  const before = await stored(ctx.db, sightingId, id, fingerprint);
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
    { id: id ?? randomUUID(), sightingId, ...picture, fingerprint, now: ctx.now() },
  );
  await tell(ctx, incidentId, 'photo', { sightingId, photoId: photo.id });
  const incidents = await incidentRows(ctx.db, [incidentId]);
  const [incident] = incidents;
  if (incident) record(ctx, { type: 'sighting.photographed', stationId: incident.stationId, rows: { incidents } });
  return { photo, replay: false };
}

export const photoRoutes: Route[] = [
  rawRoute(addPhoto, (service, actor, { params }, { req, res }) =>
    answerUpload(req, res, async () => {
      await checkUploader(service, actor, params.id, req.get('x-follow-token'));
      const id = photoIdOf(req);
      const upload = await takeFile(req);
      const fingerprint = fingerprintOf(upload);
      const before = await stored(service.database.knex, params.id, id, fingerprint);
      let answer = before && { photo: before, replay: true };
      if (!answer) {
        const picture = await reencode(upload);
        const audit = { command: addPhoto.name, subjectIds: [params.id], fields: ['photo'] };
        answer = await runCommand(service, actor, audit, (ctx) => storePhoto(ctx, params.id, id, fingerprint, picture));
      }
      if (answer.replay) res.set('idempotent-replay', 'true');
      res.status(answer.replay ? 200 : 201).json(reply(answer.photo));
    }),
  ),
];
