/** Who answers the desk: shifts, who is on them, hand-over, spot checks. */
export const statements: readonly string[] = [
  `create table duty_shifts (
    id uuid primary key,
    station_id uuid not null references stations (id),
    starts_at timestamptz not null,
    -- 24 hours by the clock on the wall, which is put back by up to two hours in autumn
    ends_at timestamptz not null check (ends_at > starts_at and ends_at <= starts_at + interval '26 hours'),
    minimum integer not null check (minimum between 0 and 50),
    -- the times of its spot checks are drawn for what is behind this: its making, or the last change of its times
    drawn_from timestamptz not null,
    started_at timestamptz,
    ended_at timestamptz,
    uncovered_since timestamptz,
    uncovered_task uuid references tasks (id),
    removed_at timestamptz,
    version integer not null default 1,
    created_at timestamptz not null
  )`,
  `create index duty_shifts_station_id on duty_shifts (station_id, starts_at)`,
  `create index duty_shifts_running on duty_shifts (ends_at) where ended_at is null`,
  `create index duty_shifts_uncovered_task on duty_shifts (uncovered_task)`,
  `create unique index duty_shifts_once on duty_shifts (station_id, starts_at, ends_at) where removed_at is null`,
  // gaps that were put away are looked for as well
  `create index tasks_duty_gaps on tasks (station_id) where kind = 'duty_gap'`,
  `create table duty_people (
    shift_id uuid not null references duty_shifts (id),
    user_id uuid not null references users (id),
    officer boolean not null default false,
    -- put there by the roster, not by a call or by signing in
    planned boolean not null,
    called_at timestamptz,
    coming boolean,
    signed_in_at timestamptz,
    signed_out_at timestamptz,
    sign_out_reason text check (char_length(sign_out_reason) <= 500),
    primary key (shift_id, user_id)
  )`,
  `create index duty_people_user_id on duty_people (user_id)`,
  // who called people in, and how many it wants at the desk while it lasts
  `create table duty_calls (
    shift_id uuid not null references duty_shifts (id),
    cause uuid not null,
    minimum integer not null check (minimum between 0 and 100),
    primary key (shift_id, cause)
  )`,
  `create index duty_calls_cause on duty_calls (cause)`,
  `create table duty_handovers (
    shift_id uuid primary key references duty_shifts (id),
    note text not null check (char_length(note) <= 4000),
    open_items jsonb not null,
    given_by uuid not null references users (id),
    given_at timestamptz not null,
    taken_by uuid references users (id),
    taken_at timestamptz,
    check ((taken_by is null) = (taken_at is null)),
    check (taken_by <> given_by)
  )`,
  `create index duty_handovers_given_by on duty_handovers (given_by)`,
  `create index duty_handovers_taken_by on duty_handovers (taken_by)`,
  `create table spot_checks (
    id uuid primary key,
    station_id uuid not null references stations (id),
    target text not null check (target in ('desk', 'patrol')),
    shift_id uuid references duty_shifts (id),
    patrol_id uuid references patrols (id),
    -- which of a shift's random times it was; a time is asked once, whoever's clock beats
    slot integer,
    asked_by uuid references users (id),
    asked_at timestamptz not null,
    due_at timestamptz not null check (due_at > asked_at),
    answered_at timestamptz,
    answered_by uuid references users (id),
    missed_at timestamptz,
    task_id uuid references tasks (id),
    version integer not null default 1,
    check ((target = 'patrol') = (patrol_id is not null)),
    unique (shift_id, slot)
  )`,
  `create index spot_checks_station_id on spot_checks (station_id, asked_at)`,
  `create index spot_checks_patrol_id on spot_checks (patrol_id)`,
  `create index spot_checks_open on spot_checks (due_at) where answered_at is null and missed_at is null`,
  `create index spot_checks_asked_by on spot_checks (asked_by)`,
  `create index spot_checks_answered_by on spot_checks (answered_by)`,
  `create index spot_checks_task_id on spot_checks (task_id)`,
  `create index spot_checks_asked_at on spot_checks (asked_at, id)`,
];
