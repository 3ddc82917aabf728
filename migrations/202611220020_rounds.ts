/** Key areas, how often somebody should look, patrol rounds, and the squares that tracks have covered. */
export const statements: readonly string[] = [
  `alter table sites add column outline geography(Polygon, 4326),
    add column visit_every_h real check (visit_every_h between 0.5 and 8760),
    add column visited_at timestamptz`,
  `create index sites_outline on sites using gist (outline) where active and outline is not null`,
  `create table rounds (
    id uuid primary key,
    station_id uuid not null references stations (id),
    name text not null check (char_length(name) between 1 and 200),
    note text check (char_length(note) <= 1000),
    active boolean not null default true,
    version integer not null default 1,
    created_at timestamptz not null
  )`,
  `create index rounds_station_id on rounds (station_id)`,
  `create table round_stops (
    round_id uuid not null references rounds (id),
    id uuid not null,
    place integer not null check (place >= 0),
    name text not null check (char_length(name) between 1 and 200),
    position geography(Point, 4326) not null,
    radius_m integer not null check (radius_m between 10 and 1000),
    site_id uuid references sites (id),
    primary key (round_id, id)
  )`,
  `create index round_stops_site_id on round_stops (site_id)`,
  `create table runs (
    id uuid primary key,
    station_id uuid not null references stations (id),
    round_id uuid not null references rounds (id),
    patrol_id uuid not null references patrols (id),
    name text not null check (char_length(name) between 1 and 200),
    started_at timestamptz not null,
    ended_at timestamptz check (ended_at >= started_at),
    version integer not null default 1
  )`,
  `create index runs_station_id on runs (station_id, started_at)`,
  `create index runs_round_id on runs (round_id)`,
  `create index runs_patrol_id on runs (patrol_id)`,
  `create unique index runs_one_a_patrol on runs (patrol_id) where ended_at is null`,
  `create table run_stops (
    run_id uuid not null references runs (id),
    id uuid not null,
    place integer not null check (place >= 0),
    name text not null check (char_length(name) between 1 and 200),
    position geography(Point, 4326) not null,
    radius_m integer not null check (radius_m between 10 and 1000),
    site_id uuid references sites (id),
    state text not null check (state in ('todo', 'visited', 'skipped')),
    at timestamptz,
    how text check (how in ('geofence', 'hand')),
    reason text check (char_length(reason) <= 500),
    primary key (run_id, id),
    check ((state = 'todo') = (at is null)),
    check ((state = 'visited') = (how is not null)),
    check ((state = 'skipped') = (reason is not null))
  )`,
  `create index run_stops_site_id on run_stops (site_id)`,
  // fixes arrive in the order of this column, so that a small index of ranges finds what is new
  `create index positions_received_at on positions using brin (received_at) with (pages_per_range = 32, autosummarize = on)`,
  `create index encounters_recorded_at on encounters (recorded_at)`,
  // how far each reader of the tracks has come, by the time fixes were received
  `create table track_readers (
    name text primary key,
    received_to timestamptz not null
  )`,
  `create table coverage_grids (
    id uuid primary key references stations (id),
    lon float8 not null check (lon between -180 and 180),
    lat float8 not null check (lat between -90 and 90),
    cell_m integer not null check (cell_m between 25 and 1000)
  )`,
  // a station's own cells: what its patrols passed is told to whoever may see its patrols
  `create table coverage_cells (
    station_id uuid not null references stations (id),
    x integer not null,
    y integer not null,
    passed_at timestamptz not null,
    primary key (station_id, x, y)
  )`,
];
