/** Landmarks and code tables of a city. `grams` are the pieces of a name by which words are found; how common each is decides which are looked up. */
export const statements: readonly string[] = [
  `create table place_imports (
    id uuid primary key,
    station_id uuid not null references stations (id),
    kind text not null check (kind in ('landmark', 'lamp_post', 'bus_stop', 'pole')),
    file_name text not null check (char_length(file_name) <= 200),
    crs text not null check (crs in ('wgs84', 'gcj02', 'bd09')),
    status text not null check (status in ('reading', 'storing', 'done', 'failed', 'removed')),
    fingerprint bytea not null,
    total integer not null default 0,
    stored integer not null default 0,
    errors jsonb not null default '[]',
    error_count integer not null default 0,
    beat_at timestamptz not null,
    created_at timestamptz not null,
    finished_at timestamptz,
    version integer not null default 1
  )`,
  `create index place_imports_station_id on place_imports (station_id, created_at)`,
  `create unique index place_imports_done on place_imports (station_id, kind) where status = 'done'`,
  `create table places (
    import_id uuid not null references place_imports (id),
    line integer not null,
    code text check (char_length(code) <= 100),
    name text not null check (char_length(name) between 1 and 200),
    position geometry(Point, 4326) not null,
    accuracy_m real not null check (accuracy_m between 0 and 100000),
    code_key text,
    grams text[] not null,
    primary key (import_id, line)
  )`,
  `create index places_code_key on places (code_key)`,
  `create index places_grams on places using gin (grams)`,
  `create index places_position on places using gist (position)`,
  `create table place_grams (
    gram text not null,
    import_id uuid not null references place_imports (id),
    places integer not null,
    primary key (gram, import_id)
  )`,
  `create index place_grams_import_id on place_grams (import_id)`,
];
