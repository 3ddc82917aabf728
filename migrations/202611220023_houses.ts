/** What a house is, has and allows; counts of heads; seats and surge beds; what is due in the course of a stay. */
const KNOWN: readonly (readonly [pattern: string, code: string])[] = [
  ['热饭|餐|meal|food', 'warm_food'],
  ['热水淋浴|淋浴|shower', 'shower'],
  ['热水|hot (water|drink)', 'hot_water'],
  ['充电|charg', 'charging'],
  ['行李|luggage', 'luggage'],
  ['宠物|pet', 'pets'],
  ['夫妻|情侣|couple', 'couples'],
  ['无障碍|轮椅|wheelchair|accessible', 'wheelchair'],
  ['医|medical|nurse', 'medical'],
  ['证件|no id', 'no_id'],
  ['女性值守|women staff', 'women_staff'],
  ['女性隔间|women.s room', 'women_room'],
  ['仅限女性|women (and|only)', 'women_and_children'],
  ['问询|advice', 'advice'],
];
const known = KNOWN.map(([pattern, code]) => `('${pattern}', '${code}')`).join(', ');

export const statements: readonly string[] = [
  `alter table shelters add column contact text check (char_length(contact) <= 100),
    add column operator text check (char_length(operator) <= 200),
    add column about text not null default '' check (char_length(about) <= 1000),
    add column opening jsonb not null default '[]',
    add column surge_open boolean not null default false,
    add column exported_at timestamptz,
    add column closed_down_at timestamptz,
    add column changed_at timestamptz`,
  // what was told in words of its own becomes a code where its meaning is plain, and stays to be read where it is not
  `update shelters s set
    about = coalesce((select left(string_agg(f, ', '), 1000) from unnest(s.features) f where not exists (select from (values ${known}) k (pattern, code) where f ~* k.pattern)), ''),
    features = array(select distinct c.code from unnest(s.features) f cross join lateral (
      select k.code from (values ${known}) k (pattern, code) where f ~* k.pattern limit 1) c order by c.code)`,
  `alter table shelters add constraint shelters_features_known check (features <@ array['warm_food', 'hot_water', 'shower', 'charging', 'luggage', 'pets', 'couples', 'wheelchair', 'medical', 'no_id', 'women_staff', 'women_room', 'women_and_children', 'advice'])`,
  `create index shelters_open on shelters (name, id) where closed_down_at is null and status <> 'closed' and not confidential`,
  `alter table shelter_beds add column unit text not null default 'bed' check (unit in ('bed', 'seat')),
    add column surge integer not null default 0 check (surge between 0 and 100000 and (surge = 0 or unit = 'bed'))`,
  `alter table shelter_beds drop constraint shelter_beds_pkey, add primary key (shelter_id, unit, kind)`,
  `create table shelter_counts (
    id uuid primary key,
    shelter_id uuid not null references shelters (id),
    at timestamptz not null,
    source text not null check (source in ('count', 'night_count', 'arrival', 'departure', 'capacity')),
    counted integer check (counted between 0 and 100000),
    registered integer not null,
    held integer not null,
    total integer not null,
    note text check (char_length(note) <= 500),
    recorded_by uuid references users (id),
    check ((counted is not null) = (source in ('count', 'night_count')))
  )`,
  `create index shelter_counts_shelter_id on shelter_counts (shelter_id, at, id)`,
  `create index shelter_counts_recorded_by on shelter_counts (recorded_by)`,
  `alter table holds add column unit text not null default 'bed' check (unit in ('bed', 'seat')), add column eta_at timestamptz`,
  `create index holds_ended_at on holds (shelter_id, ended_at)`,
  `alter table stays add column unit text not null default 'bed' check (unit in ('bed', 'seat')),
    add column bed text check (char_length(bed) <= 40),
    add column belongings text check (char_length(belongings) <= 500),
    add column unidentified boolean not null default false,
    add column anonymised_at timestamptz`,
  `create table stay_people (
    stay_id uuid not null references stays (id),
    person_id uuid not null references encounter_people (id),
    staying boolean not null,
    primary key (stay_id, person_id)
  )`,
  `create unique index stay_people_one_bed on stay_people (person_id) where staying`,
  `create index stay_people_person_id on stay_people (person_id)`,
  `create table stay_dues (
    stay_id uuid not null references stays (id),
    kind text not null check (kind in ('max_stay', 'notice', 'dna', 'settlement')),
    unidentified boolean not null,
    warn_at timestamptz not null,
    due_at timestamptz not null check (due_at >= warn_at),
    done_at timestamptz,
    done_by uuid references users (id),
    note text check (char_length(note) <= 500),
    task_id uuid references tasks (id),
    primary key (stay_id, kind)
  )`,
  `create index stay_dues_warn_at on stay_dues (warn_at) where done_at is null and task_id is null`,
  `create index stay_dues_done_by on stay_dues (done_by)`,
  `create index stay_dues_task_id on stay_dues (task_id)`,
  `create table stay_extensions (
    id uuid primary key,
    stay_id uuid not null references stays (id),
    days integer not null check (days between 1 and 365),
    reason text not null check (char_length(reason) <= 500),
    filed_with text not null check (char_length(filed_with) <= 200),
    at timestamptz not null,
    recorded_by uuid references users (id)
  )`,
  `create index stay_extensions_stay_id on stay_extensions (stay_id)`,
  `create index stay_extensions_recorded_by on stay_extensions (recorded_by)`,
  // who has a bed already is not forgotten: ten days from arrival on the station's wall, said two days before
  `insert into stay_dues (stay_id, kind, unidentified, warn_at, due_at)
    select t.id, 'max_stay', false, (t.arrived_at at time zone p.time_zone + interval '8 days') at time zone p.time_zone,
      (t.arrived_at at time zone p.time_zone + interval '10 days') at time zone p.time_zone
    from stays t join shelters s on s.id = t.shelter_id join stations p on p.id = s.station_id where t.left_at is null`,
];
