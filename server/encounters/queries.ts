import type { Knex } from 'knex';
import type { EncounterRow } from '../../shared/encounters.ts';
import { asInstant, asPoint } from '../db/postgis.ts';
import { rows } from '../db/rows.ts';
import { inSubtreeSql } from '../db/scope.ts';
import type { PageAfter } from '../http/paging.ts';

type Db = Knex | Knex.Transaction;

const COLUMNS = `e.id, 1 + (select cast(count(*) as integer) from encounter_photos f where f.encounter_id = e.id) as version, e.station_id as "stationId", e.dispatch_id as "dispatchId", e.incident_id as "incidentId", e.patrol_id as "patrolId", e.shelter_id as "shelterId",
  ${asPoint('e.position')} as position, ${asInstant('e.at')} as at, e.set_by_desk as "setByDesk", e.not_found_reason as "notFoundReason",
  coalesce((select jsonb_agg(jsonb_build_object('id', p.id, 'outcome', p.outcome, 'refusal', p.refusal, 'mightChange', p.might_change,
      'needs', p.needs, 'groups', p.groups, 'name', p.name, 'language', p.language, 'consent', p.consent, 'consentScope', p.consent_scope,
      'coldStage', p.cold_stage, 'handover', p.handover) order by p.id)
    from encounter_people p where p.encounter_id = e.id), '[]') as people,
  coalesce((select jsonb_agg(jsonb_build_object('itemId', m.item_id, 'quantity', m.quantity, 'short', m.short) order by m.item_id)
    from supply_movements m where m.encounter_id = e.id), '[]') as handouts,
  coalesce((select jsonb_agg(jsonb_build_object('id', f.id, 'width', f.width, 'height', f.height, 'createdAt', ${asInstant('f.created_at')}, 'showsFace', f.shows_face) order by f.created_at, f.id)
    from encounter_photos f where f.encounter_id = e.id), '[]') as photos`;

export const encounterRows = (db: Db, ids: readonly string[]): Promise<EncounterRow[]> =>
  rows<EncounterRow>(db, `select ${COLUMNS} from encounters e where e.id = any (cast(:ids as uuid[]))`, { ids });

export const encountersOfIncident = (db: Db, incidentId: string): Promise<EncounterRow[]> =>
  rows<EncounterRow>(
    db,
    `select ${COLUMNS} from encounters e where e.incident_id = cast(:incidentId as uuid) order by e.at, e.id limit 200`,
    { incidentId },
  );

export const encounterPage = (
  db: Db,
  scope: string,
  patrolId: string | null,
  page: PageAfter,
): Promise<EncounterRow[]> =>
  rows<EncounterRow>(
    db,
    `select ${COLUMNS} from encounters e
     where ${inSubtreeSql('e.station_id')} and (cast(:patrolId as uuid) is null or e.patrol_id = cast(:patrolId as uuid))
       and (cast(:after as uuid) is null or (e.at, e.id) < (select c.at, c.id from encounters c where c.id = cast(:after as uuid)))
     order by e.at desc, e.id desc limit cast(:limit as integer) + 1`,
    { scope, patrolId, ...page },
  );
