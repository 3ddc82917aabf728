/** Stations form a tree; `path` holds every ancestor and the station itself, so that "in my subtree" is one indexed test. */
export const statements: readonly string[] = [
  `create extension if not exists postgis`,
  `create table stations (
    id uuid primary key,
    parent_id uuid references stations (id),
    path uuid[] not null check (cardinality(path) between 1 and 8 and path[cardinality(path)] = id),
    name text not null check (char_length(name) between 1 and 200),
    time_zone text not null check (char_length(time_zone) between 1 and 64),
    locale text not null check (locale in ('en', 'zh-CN')),
    version integer not null default 1,
    created_at timestamptz not null
  )`,
  `create index stations_parent_id on stations (parent_id)`,
  `create index stations_path on stations using gin (path)`,
  `create unique index stations_one_root on stations ((parent_id is null)) where parent_id is null`,
  `create table areas (
    id uuid primary key,
    station_id uuid not null references stations (id),
    name text not null check (char_length(name) between 1 and 200),
    outline geometry(MultiPolygon, 4326) not null check (st_isvalid(outline)),
    size_m2 double precision not null check (size_m2 > 0),
    version integer not null default 1,
    created_at timestamptz not null,
    unique (station_id, name)
  )`,
  `create index areas_outline on areas using gist (outline)`,
  `create table rules (
    key text not null,
    station_id uuid references stations (id),
    value jsonb not null,
    unit text not null,
    source text not null,
    version integer not null default 1,
    unique nulls not distinct (key, station_id)
  )`,
  `create index rules_station_id on rules (station_id)`,
  `create table secrets (
    name text primary key,
    value bytea not null
  )`,
];
