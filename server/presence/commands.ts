import { presenceBeatS, type PresenceRow } from '../../shared/presence.ts';
import { type Actor, staffOf, userIdOf } from '../context.ts';
import { rows } from '../db/rows.ts';
import type { Service } from '../realtime/command.ts';
import { othersSince } from './queries.ts';

/**
 * Keeps where this desk is, and answers where the others are. Said every few seconds by every desk and forgotten as fast, so
 * it has no fact and no row in the audit. An incident outside the subtree is kept as it was said, and shown to nobody here.
 */
export async function beat(service: Service, actor: Actor, incidentId: string | null): Promise<PresenceRow[]> {
  const { stationId } = staffOf({ actor });
  const userId = userIdOf(actor);
  const db = service.database.knex;
  const now = service.now();
  if (userId !== null)
    await rows(
      db,
      `insert into presence (user_id, station_id, incident_id, at) values (cast(:userId as uuid), cast(:stationId as uuid), cast(:incidentId as uuid), :now)
       on conflict (user_id) do update set station_id = excluded.station_id, incident_id = excluded.incident_id, at = excluded.at`,
      { userId, stationId, incidentId, now },
    );
  return othersSince(db, stationId, userId, new Date(now.getTime() - 3 * presenceBeatS * 1000));
}
