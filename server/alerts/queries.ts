import type { Knex } from 'knex';
import type { AlertRow } from '../../shared/alerts.ts';
import { asInstant } from '../db/postgis.ts';
import { rows } from '../db/rows.ts';

type Db = Knex | Knex.Transaction;

export const ALERT = `a.id, a.version, a.station_id as "stationId", a.covers, a.identifier, a.sender, ${asInstant('a.sent_at')} as "sentAt", a.event, a.type, a.level, a.severity,
  a.headline, a.description, a.instruction, a.area_text as "areaText", ${asInstant('a.onset_at')} as "onsetAt", ${asInstant('a.expires_at')} as "expiresAt", a.state, a.needs, a.source,
  ${asInstant('a.received_at')} as "receivedAt", ${asInstant('a.ended_at')} as "endedAt"`;

/** SQL: a row `a` of alerts is seen at the station :scope: it was received there, below, or above. */
export const SEEN_FROM = `(a.station_id in (select id from stations where path @> array[cast(:scope as uuid)])
  or a.station_id = any ((select o.path from stations o where o.id = cast(:scope as uuid))::uuid[]))`;

/** Alerts by id, in no order. */
export const alertRows = (db: Db, ids: readonly string[]): Promise<AlertRow[]> =>
  rows<AlertRow>(db, `select ${ALERT} from alerts a where a.id = any (cast(:ids as uuid[]))`, { ids });

/** Every warning in force or to come that is seen from a station. */
export const liveAlerts = (db: Db, scope: string): Promise<AlertRow[]> =>
  rows<AlertRow>(db, `select ${ALERT} from alerts a where a.ended_at is null and ${SEEN_FROM} order by a.id`, {
    scope,
  });
