/** A second factor for people who sign in: a time-based code, and recovery codes for the day the phone is lost. */
export const statements: readonly string[] = [
  // the shared key of RFC 6238; `pending` until a first code has proved that the phone has it
  `alter table users add column totp_key bytea`,
  `alter table users add column totp_pending bytea`,
  // the time step of the last code that was taken, so that a code is good once only (RFC 6238, 5.2)
  `alter table users add column totp_step bigint`,
  `create table recovery_codes (
    user_id uuid not null references users (id) on delete cascade,
    code_hash bytea not null,
    used_at timestamptz,
    primary key (user_id, code_hash)
  )`,
  `insert into rules (key, station_id, value, unit, source)
   values ('sign_in.second_factor', null, '[]', 'roles', 'Warmpath default, to be set by each city')`,
];
