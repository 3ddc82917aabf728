/** People who sign in, their sessions, and tokens for other systems. Secrets are stored as hashes only. */
export const statements: readonly string[] = [
  `create table users (
    id uuid primary key,
    station_id uuid not null references stations (id),
    username text not null check (username = lower(username) and char_length(username) between 1 and 64),
    name text not null check (char_length(name) between 1 and 100),
    role text not null check (role in ('partner', 'inspector', 'shelter', 'crew', 'dispatcher', 'manager', 'admin')),
    shelter_id uuid,
    password_hash text not null,
    locale text check (locale in ('en', 'zh-CN')),
    active boolean not null default true,
    version integer not null default 1,
    created_at timestamptz not null,
    constraint users_username_key unique (username)
  )`,
  `create index users_station_id on users (station_id)`,
  `create index users_shelter_id on users (shelter_id)`,
  `create table sessions (
    id uuid primary key,
    token_hash bytea not null unique,
    user_id uuid not null references users (id),
    created_at timestamptz not null,
    last_seen_at timestamptz not null,
    expires_at timestamptz not null,
    revoked_at timestamptz
  )`,
  `create index sessions_user_id on sessions (user_id)`,
  `create table api_tokens (
    id uuid primary key,
    station_id uuid not null references stations (id),
    name text not null check (char_length(name) between 1 and 100),
    role text not null check (role in ('partner', 'inspector', 'dispatcher', 'manager', 'admin')),
    token_hash bytea not null unique,
    created_by uuid references users (id),
    created_at timestamptz not null,
    expires_at timestamptz,
    revoked_at timestamptz,
    version integer not null default 1
  )`,
  `create index api_tokens_station_id on api_tokens (station_id)`,
  `create index api_tokens_created_by on api_tokens (created_by)`,
  `create table informants (
    id uuid primary key,
    station_id uuid not null references stations (id),
    code text not null check (code = upper(code) and char_length(code) between 4 and 32),
    organisation text not null check (char_length(organisation) between 1 and 200),
    source text not null,
    label text not null check (char_length(label) between 1 and 200),
    position geography(Point, 4326),
    place_text text check (char_length(place_text) <= 300),
    active boolean not null default true,
    version integer not null default 1,
    created_at timestamptz not null,
    constraint informants_code_key unique (code)
  )`,
  `create index informants_station_id on informants (station_id)`,
];
