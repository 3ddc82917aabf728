/** The fact log, the audit log, idempotency keys and the ledger of timed jobs. */
export const statements: readonly string[] = [
  `create table events (
    seq bigint generated always as identity primary key,
    type text not null,
    at timestamptz not null,
    station_id uuid not null,
    payload jsonb not null
  )`,
  `create index events_at on events (at)`,
  `create table audit (
    id bigint generated always as identity primary key,
    at timestamptz not null,
    actor_kind text not null check (actor_kind in ('user', 'token', 'public', 'system')),
    actor_id uuid,
    station_id uuid,
    command text not null,
    subject_ids uuid[] not null,
    fields text[] not null
  )`,
  `create index audit_at on audit (at)`,
  `create index audit_actor_id on audit (actor_id)`,
  `create table idempotency_keys (
    key uuid primary key,
    fingerprint bytea not null,
    status integer,
    reply json,
    created_at timestamptz not null
  )`,
  `create index idempotency_keys_created_at on idempotency_keys (created_at)`,
  `create table job_runs (
    name text not null,
    due_at timestamptz not null,
    started_at timestamptz not null,
    finished_at timestamptz,
    primary key (name, due_at)
  )`,
  `create table tasks (
    id uuid primary key,
    station_id uuid not null references stations (id),
    kind text not null,
    subject jsonb not null,
    created_at timestamptz not null,
    done_at timestamptz,
    done_by uuid references users (id),
    version integer not null default 1
  )`,
  `create index tasks_station_id on tasks (station_id) where done_at is null`,
  `create index tasks_done_by on tasks (done_by)`,
];
