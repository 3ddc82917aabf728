/** Photos of a meeting, and the one place where any photo is looked at: never in public, and each look of an inspector written down. */
import type { Knex } from 'knex';
import { addEncounterPhoto, type EncounterPhotoRow } from '../../shared/encounters.ts';
import { fieldProblem, Problem } from '../../shared/problems.ts';
import { readPhoto } from '../../shared/sightings.ts';
import { type Actor, type Context, isDesk, type Staff, staffOf } from '../context.ts';
import { asInstant } from '../db/postgis.ts';
import { one, row, rows } from '../db/rows.ts';
import { inSubtreeSql, scopeOf } from '../db/scope.ts';
import { wasInCrew } from '../dispatches/queries.ts';
import { type Picture, reencode } from '../http/photo-image.ts';
import { answerUpload, fingerprintOf, photoIdOf, sendPicture, takeFile } from '../http/photo-upload.ts';
import { rawRoute, type Route } from '../http/route.ts';
import { tell } from '../incidents/commands.ts';
import { incidentRow } from '../incidents/queries.ts';
import { readContext, runCommand, type Service } from '../realtime/command.ts';
import { record } from '../realtime/record.ts';

const MAX_PHOTOS = 5;

/** What a photo is taken of. */
interface Scene {
  id: string;
  incidentId: string | null;
  patrolId: string | null;
  /** somebody of the meeting agreed to a photo of the face */
  faceAgreed: boolean;
}
const SCENE = `e.id, e.incident_id as "incidentId", e.patrol_id as "patrolId",
  exists (select from encounter_people p where p.encounter_id = e.id and p.consent = 'given' and 'photo' = any (p.consent_scope)) as "faceAgreed"`;

/** The meeting, for the desk of its station and whoever was with the patrol that met them, however late; 404 for all others. */
async function sceneFor(db: Knex | Knex.Transaction, staff: Staff, id: string): Promise<Scene> {
  const scene = await row<Scene>(
    db,
    `select ${SCENE} from encounters e where e.id = cast(:id as uuid) and ${inSubtreeSql('e.station_id')}`,
    { id, scope: staff.stationId },
  );
  const own = isDesk(staff) || (scene?.patrolId != null && (await wasInCrew(db, scene.patrolId, staff)));
  if (!scene || !own) throw new Problem('not_found');
  return scene;
}

/** A photo as it was sent: the picture, and whether a face is to be seen on it. */
interface Sent {
  id: string;
  fingerprint: Buffer;
  showsFace: boolean;
}
type Stored = EncounterPhotoRow & { version: number };
const COLUMNS = `f.id, f.width, f.height, ${asInstant('f.created_at')} as "createdAt", f.shows_face as "showsFace", 1 as version`;

/** A resend, answered with what is stored. 409 key_reuse for an id that is another picture's, taken for a picture that is there under another id. */
async function stored(db: Knex | Knex.Transaction, encounterId: string, sent: Sent): Promise<Stored | undefined> {
  const known = await row<Stored & { same: boolean }>(
    db,
    `select ${COLUMNS}, f.encounter_id = cast(:encounterId as uuid) and f.fingerprint = :fingerprint and f.shows_face = :showsFace as same
     from encounter_photos f where f.id = cast(:id as uuid)`,
    { encounterId, ...sent },
  );
  if (known) {
    const { same, ...photo } = known;
    if (same) return photo;
  }
  if (known || (await row(db, `select id from photos where id = cast(:id as uuid)`, { id: sent.id })))
    throw fieldProblem('/x-photo-id', 'key_reuse', 'this id is of another photo', 'key_reuse');
  const twin = await row(
    db,
    `select f.id from encounter_photos f where f.encounter_id = cast(:encounterId as uuid) and f.fingerprint = :fingerprint`,
    { encounterId, fingerprint: sent.fingerprint },
  );
  if (twin) throw fieldProblem('/x-photo-id', 'taken', 'this picture is there under another id', 'taken');
  return undefined;
}

async function store(
  ctx: Context,
  scene: Scene,
  sent: Sent,
  picture: Picture,
): Promise<{ photo: Stored; replay: boolean }> {
  // Locks in the order of every command, then the count: two uploads at once may not both be the fifth.
  if (scene.incidentId !== null)
    await rows(ctx.db, `select id from incidents where id = cast(:id as uuid) for update`, { id: scene.incidentId });
  await rows(ctx.db, `select id from encounters where id = cast(:id as uuid) for update`, { id: scene.id });
  const before = await stored(ctx.db, scene.id, sent);
  if (before) return { photo: before, replay: true };
  const { count } = await one<{ count: number }>(
    ctx.db,
    `select cast(count(*) as integer) as count from encounter_photos where encounter_id = cast(:id as uuid)`,
    { id: scene.id },
  );
  if (count >= MAX_PHOTOS) throw new Problem('too_many_photos');
  const photo = await one<Stored>(
    ctx.db,
    `insert into encounter_photos as f (id, encounter_id, width, height, bytes, fingerprint, shows_face, created_at)
     values (cast(:id as uuid), cast(:encounterId as uuid), :width, :height, :bytes, :fingerprint, :showsFace, :now) returning ${COLUMNS}`,
    { ...sent, encounterId: scene.id, ...picture, now: ctx.now() },
  );
  if (scene.incidentId !== null) {
    await tell(ctx, scene.incidentId, 'photo', { encounterId: scene.id, photoId: photo.id });
    // moves the version, so that every open panel reads the meeting again
    await rows(ctx.db, `update incidents set version = version + 1 where id = cast(:id as uuid)`, {
      id: scene.incidentId,
    });
    const incident = await incidentRow(ctx.db, scene.incidentId);
    record(ctx, {
      type: 'encounter.photographed',
      stationId: incident.stationId,
      rows: { incidents: [incident] },
    });
  }
  return { photo, replay: false };
}

/**
 * The picture, for the desk, the inspector and a crew: of a report any crew on shift of its station, of a meeting only the crew
 * that met them or works their incident now.
 */
async function pictureFor(service: Service, actor: Actor, id: string): Promise<Uint8Array | undefined> {
  const ctx = readContext(service, actor);
  const { role, patrolId } = staffOf(ctx);
  if (role === 'crew' && patrolId === null) return undefined;
  const photo = await row<{ bytes: Uint8Array }>(
    ctx.db,
    `select f.bytes from photos f join sightings g on g.id = f.sighting_id join incidents i on i.id = g.incident_id
     where f.id = cast(:id as uuid) and ${inSubtreeSql('i.station_id')}
     union all
     select f.bytes from encounter_photos f join encounters e on e.id = f.encounter_id
     where f.id = cast(:id as uuid) and ${inSubtreeSql('e.station_id')}
       and (not :crew or e.patrol_id = cast(:patrolId as uuid) or exists (
         select from dispatches d where d.incident_id = e.incident_id and d.patrol_id = cast(:patrolId as uuid) and d.ended_at is null))`,
    { id, crew: role === 'crew', patrolId, ...scopeOf(ctx) },
  );
  return photo?.bytes;
}

export const encounterPhotoRoutes: Route[] = [
  rawRoute(addEncounterPhoto, (service, actor, { params }, { req, res }) =>
    answerUpload(req, res, async () => {
      const db = service.database.knex;
      const staff = staffOf({ actor });
      const scene = await sceneFor(db, staff, params.id);
      const id = photoIdOf(req);
      if (id === null) throw fieldProblem('/x-photo-id', 'required', 'the id that the phone gave the photo');
      const showsFace = req.get('x-shows-face') === 'yes';
      if (showsFace && !scene.faceAgreed)
        throw fieldProblem('/x-shows-face', 'consent_missing', 'a face is kept only with the agreement to it');
      const upload = await takeFile(req);
      const sent = { id, fingerprint: fingerprintOf(upload), showsFace };
      const before = await stored(db, scene.id, sent);
      let answer = before && { photo: before, replay: true };
      if (!answer) {
        const picture = await reencode(upload);
        const audit = { command: addEncounterPhoto.name, subjectIds: [scene.id, id], fields: ['photo'] };
        answer = await runCommand(service, actor, audit, (ctx) => store(ctx, scene, sent, picture));
      }
      if (answer.replay) res.set('idempotent-replay', 'true');
      res.status(answer.replay ? 200 : 201).json(answer.photo);
    }),
  ),
  rawRoute(readPhoto, async (service, actor, { params }, { res }) => {
    const bytes = await pictureFor(service, actor, params.id);
    if (!bytes) throw new Problem('not_found');
    if (staffOf({ actor }).role === 'inspector') {
      const audit = { command: readPhoto.name, subjectIds: [params.id], fields: [] };
      await runCommand(service, actor, audit, async () => undefined);
    }
    sendPicture(res, bytes);
  }),
];
