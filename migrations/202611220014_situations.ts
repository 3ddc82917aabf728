/** What the desk must know of an incident at a glance, questions to its reporters, and who works on it. */
export const statements: readonly string[] = [
  `alter table incidents
    add column last_seen_at timestamptz,
    add column spoken boolean,
    add column wants_help boolean,
    add column still_there boolean,
    add column refusals integer not null default 0 check (refusals >= 0),
    add column wants text[] not null default '{}',
    add column accepted_at timestamptz,
    add column safe_at timestamptz,
    add column asked_at timestamptz,
    add column answered_at timestamptz,
    add column claimed_by uuid references users (id),
    add column claimed_until timestamptz,
    add column snoozed_until timestamptz`,
  `update incidents i set
    last_seen_at = coalesce((select max(least(g.observed_at, g.received_at)) from sightings g where g.incident_id = i.id), i.last_reported_at),
    spoken = (select g.spoken from sightings g where g.incident_id = i.id and g.spoken is not null order by g.received_at desc, g.id desc limit 1),
    wants_help = (select g.wants_help from sightings g where g.incident_id = i.id and g.wants_help is not null order by g.received_at desc, g.id desc limit 1),
    still_there = (select g.still_there from sightings g where g.incident_id = i.id and g.still_there is not null order by g.received_at desc, g.id desc limit 1),
    refusals = (select count(*) from encounters e join encounter_people p on p.encounter_id = e.id where e.incident_id = i.id and p.outcome = 'refused'),
    accepted_at = (select min(d.accepted_at) from dispatches d where d.incident_id = i.id),
    safe_at = (select min(case when p.outcome = 'brought_in' then s.arrived_at else e.at end)
      from encounters e join encounter_people p on p.encounter_id = e.id
      left join holds h on h.dispatch_id = e.dispatch_id left join stays s on s.hold_id = h.id
      where e.incident_id = i.id and p.outcome <> 'refused')`,
  `alter table incidents alter column last_seen_at set not null`,
  `alter table incidents add constraint incidents_claim check ((claimed_by is null) = (claimed_until is null))`,
  `create index incidents_claimed_by on incidents (claimed_by)`,
  `create table questions (
    id uuid primary key,
    incident_id uuid not null references incidents (id),
    sighting_id uuid references sightings (id),
    kind text not null check (kind in ('still_there', 'where_exactly', 'looks', 'own')),
    text text check (char_length(text) <= 300),
    asked_at timestamptz not null,
    asked_by uuid references users (id),
    check ((kind = 'own') = (text is not null))
  )`,
  `create index questions_incident_id on questions (incident_id, asked_at)`,
  `create index questions_sighting_id on questions (sighting_id)`,
  `create index questions_asked_by on questions (asked_by)`,
  `create table answers (
    question_id uuid not null references questions (id),
    sighting_id uuid not null references sightings (id),
    at timestamptz not null,
    text text check (char_length(text) <= 1000),
    still_there boolean,
    primary key (question_id, sighting_id),
    check (text is not null or still_there is not null)
  )`,
  `create index answers_sighting_id on answers (sighting_id)`,
  // Where desks are now; lost in a crash, and that is right.
  `create unlogged table presence (
    user_id uuid primary key references users (id),
    station_id uuid not null references stations (id),
    incident_id uuid,
    at timestamptz not null
  )`,
  `create index presence_station_id on presence (station_id)`,
];
