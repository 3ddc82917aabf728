/** Calls of the hotlines: when it rang, who answered, what came of it. */
export const statements: readonly string[] = [
  `create table calls (
    id uuid primary key,
    station_id uuid not null references stations (id),
    informant_id uuid references informants (id),
    rang_at timestamptz,
    answered_at timestamptz not null,
    ended_at timestamptz not null,
    outcome text not null check (outcome in ('report', 'advice', 'wrong_number', 'broken_off')),
    sighting_id uuid references sightings (id),
    taken_by uuid references users (id),
    check (rang_at <= answered_at and answered_at <= ended_at)
  )`,
  `create index calls_station_id on calls (station_id, answered_at)`,
  `create index calls_answered_at on calls (answered_at, id)`,
  `create index calls_informant_id on calls (informant_id)`,
  `create index calls_sighting_id on calls (sighting_id)`,
  `create index calls_taken_by on calls (taken_by)`,
];
