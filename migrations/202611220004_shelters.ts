/** Warm places. What is available is computed from beds, stays and live holds; it is never stored. */
export const statements: readonly string[] = [
  `create table shelters (
    id uuid primary key,
    station_id uuid not null references stations (id),
    name text not null check (char_length(name) between 1 and 200),
    kind text not null check (kind in ('station', 'warm_place', 'guidance')),
    status text not null check (status in ('open', 'full', 'closed')),
    position geography(Point, 4326),
    address text not null check (char_length(address) <= 300),
    phone text check (char_length(phone) <= 40),
    hours text not null check (char_length(hours) <= 200),
    features text[] not null,
    confidential boolean not null,
    counted_at timestamptz not null,
    version integer not null default 1,
    created_at timestamptz not null
  )`,
  `create index shelters_station_id on shelters (station_id)`,
  `create index shelters_position on shelters using gist (position)`,
  `create table shelter_beds (
    shelter_id uuid not null references shelters (id),
    kind text not null check (kind in ('any', 'men', 'women', 'family', 'accessible', 'quarantine')),
    total integer not null check (total between 0 and 100000),
    primary key (shelter_id, kind)
  )`,
  `create table shelter_openings (
    shelter_id uuid not null references shelters (id),
    opened_at timestamptz not null,
    closed_at timestamptz check (closed_at >= opened_at),
    primary key (shelter_id, opened_at)
  )`,
  `create unique index shelter_openings_open on shelter_openings (shelter_id) where closed_at is null`,
  `alter table users add constraint users_shelter_id_fkey foreign key (shelter_id) references shelters (id)`,
];
