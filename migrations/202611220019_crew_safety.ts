/** The crew's safety timer, calls for help, what is heard of a phone that stands still, and why a session ended. */
export const statements: readonly string[] = [
  `alter table patrols
    add column roll_call_due_at timestamptz,
    add column roll_call_rung text check (roll_call_rung in ('crew_alarm', 'desk_alarm', 'duty_officer'))`,
  `create index patrols_roll_call_due on patrols (roll_call_due_at) where roll_call_due_at is not null`,
  `create table panics (
    id uuid primary key,
    station_id uuid not null references stations (id),
    patrol_id uuid not null references patrols (id),
    user_id uuid references users (id),
    at timestamptz not null,
    received_at timestamptz not null,
    position geography(Point, 4326),
    accuracy_m real,
    acknowledged_at timestamptz,
    acknowledged_by uuid references users (id),
    ended_at timestamptz,
    end_reason text check (char_length(end_reason) <= 500),
    version integer not null default 1
  )`,
  `create index panics_station_id on panics (station_id, at)`,
  `create index panics_patrol_id on panics (patrol_id)`,
  `create index panics_user_id on panics (user_id)`,
  `create index panics_acknowledged_by on panics (acknowledged_by)`,
  `create unlogged table patrol_heartbeats (
    patrol_id uuid primary key references patrols (id),
    at timestamptz not null,
    tracking text,
    battery real
  )`,
  `create index patrol_heartbeats_at on patrol_heartbeats (at)`,
  `alter table sessions add column ended_by text check (ended_by in ('self', 'change', 'revoked')),
    add column device text check (char_length(device) <= 200)`,
  `alter table devices add column token_version integer not null default 1,
    add column token_required boolean not null default false`,
];
