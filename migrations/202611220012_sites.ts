/** Known places where people are met again and again. */
export const statements: readonly string[] = [
  `create table sites (
    id uuid primary key,
    station_id uuid not null references stations (id),
    name text not null check (char_length(name) between 1 and 200),
    position geography(Point, 4326) not null,
    radius_m integer not null check (radius_m between 10 and 1000),
    note text check (char_length(note) <= 1000),
    active boolean not null default true,
    version integer not null default 1,
    created_at timestamptz not null
  )`,
  `create index sites_station_id on sites (station_id)`,
  `create index sites_position on sites using gist (position) where active`,
  `alter table encounters add column site_id uuid references sites (id)`,
  `create index encounters_site_id on encounters (site_id)`,
  `create index encounters_position on encounters using gist (position)`,
  `create index incidents_position on incidents using gist (position)`,
];
