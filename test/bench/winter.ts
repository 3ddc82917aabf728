/** A winter night of any size for the benches of the desk, the same for the same seed. */
import type { Knex } from 'knex';
import { rows } from '../../server/db/rows.ts';

export const shape = (patrols: number, incidents: number): string =>
  `${String(patrols)} patrols, ${incidents.toLocaleString('en')} incidents`;

interface City {
  patrols: number;
  incidents: number;
  /** part of the patrols that are free; the others are on a break, busy nowhere */
  freeShare: number;
  now: Date;
}

/** Patrols with cars, crews, skills and fixes; incidents with signs, waiting since up to four hours: thick in the middle of the city. */
export async function fillCity(db: Knex, root: string, { patrols, incidents, freeShare, now }: City): Promise<void> {
  await rows(db, `select setseed(0.42)`);
  await rows(
    db,
    `with cars as (
       insert into vehicles (id, station_id, name, seats, created_at)
       select gen_random_uuid(), cast(:root as uuid), 'Car ' || n, 4 + n % 4, :now from generate_series(1, cast(:patrols as integer)) n returning id
     ), outings as (
       insert into patrols (id, station_id, name, vehicle_id, crew_count, status, started_at)
       select gen_random_uuid(), cast(:root as uuid), 'Patrol', id, 2, case when random() < :freeShare then 'free' else 'break' end, :now from cars returning id
     ), people as (
       insert into users (id, station_id, username, name, role, password_hash, skills, created_at)
       select gen_random_uuid(), cast(:root as uuid), 'bench-' || id, 'Somebody', 'crew', 'none',
         case when random() < 0.3 then array['medical'] when random() < 0.5 then array['woman'] else array[]::text[] end, :now from outings returning id, username
     ), crews as (
       insert into patrol_crew (patrol_id, user_id) select cast(substr(username, 7) as uuid), id from people
     )
     insert into patrol_positions (patrol_id, at, position, received_at)
     select id, :now, st_setsrid(st_makepoint(108.94 + (random() + random() + random() - 1.5) * 0.2, 34.26 + (random() + random() + random() - 1.5) * 0.15), 4326), :now from outings`,
    { root, patrols, freeShare, now },
  );
  await rows(
    db,
    `with drawn as materialized (
       select gen_random_uuid() as id, n, random() as danger, floor(random() * 14400) as waited, 108.94 + (random() + random() + random() - 1.5) * 0.2 as lon,
         34.26 + (random() + random() + random() - 1.5) * 0.15 as lat from generate_series(1, cast(:incidents as integer)) n
     ), placed as (
       select d.*, (select a.id from areas a where st_contains(a.outline, st_setsrid(st_makepoint(d.lon, d.lat), 4326)) limit 1) as area_id from drawn d
     )
     insert into incidents (id, code, station_id, area_id, lane, status, priority, position, people, signs, source, verified, opened_at, last_reported_at, last_seen_at)
     select id, 'B' || n, cast(:root as uuid), area_id, case when area_id is null then 'outside' end, 'open',
       case when danger < 0.08 then 'life_risk' when danger < 0.4 then 'urgent' else 'normal' end,
       st_setsrid(st_makepoint(lon, lat), 4326)::geography, 1 + cast(floor(danger * 2) as integer),
       case when danger < 0.04 then array['confused'] when danger < 0.08 then array['injured'] when danger < 0.25 then array['elderly', 'no_blanket'] when danger < 0.4 then array['wet'] else array[]::text[] end,
       'public', false, cast(:now as timestamptz) - waited * interval '1 second', :now, cast(:now as timestamptz) - waited * interval '1 second' from placed`,
    { root, incidents, now },
  );
  await rows(db, 'analyze');
}

/** A dispatcher of the demo, signed in. */
export async function cookieOf(url: string): Promise<string> {
  const response = await fetch(`${url}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'dispatcher', password: 'demo' }),
  });
  return response.headers.getSetCookie()[0]?.split(';')[0] ?? '';
}
