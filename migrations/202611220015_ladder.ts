/** Rungs of the ladder as rows that are due, what a crew brings, and who set a patrol's status. */
export const statements: readonly string[] = [
  `alter table users add column skills text[] not null default '{}'`,
  `alter table patrols add column shift_ends_at timestamptz, add column set_by_desk boolean not null default false`,
  `alter table dispatches
    add column accept_by timestamptz,
    add column rung text check (rung in ('crew_alarm', 'desk_alarm', 'next_patrol', 'duty_officer')),
    add column alarmed_at timestamptz,
    add column suggested_patrol_id uuid references patrols (id)`,
  `update dispatches set accept_by = dispatched_at + interval '3 minutes'`,
  `alter table dispatches alter column accept_by set not null`,
  `create index dispatches_suggested_patrol_id on dispatches (suggested_patrol_id)`,
  `create table dispatch_rungs (
    dispatch_id uuid not null references dispatches (id),
    rung text not null check (rung in ('crew_alarm', 'desk_alarm', 'next_patrol', 'duty_officer')),
    due_at timestamptz not null,
    climbed_at timestamptz,
    primary key (dispatch_id, rung)
  )`,
  `create index dispatch_rungs_due on dispatch_rungs (due_at) where climbed_at is null`,
];
