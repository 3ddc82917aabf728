/** Append-only movements between places; stock is their sum. */
export const statements: readonly string[] = [
  `create table supply_items (
    id uuid primary key,
    name text not null check (char_length(name) between 1 and 100),
    name_zh text check (char_length(name_zh) <= 100),
    unit text not null check (char_length(unit) between 1 and 20),
    kind text not null check (kind in ('clothing', 'bedding', 'food', 'medical', 'hygiene', 'card', 'other')),
    active boolean not null default true,
    version integer not null default 1,
    created_at timestamptz not null,
    constraint supply_items_name_key unique (name)
  )`,
  `create table depots (
    id uuid primary key,
    station_id uuid not null references stations (id),
    name text not null check (char_length(name) between 1 and 100),
    version integer not null default 1,
    created_at timestamptz not null
  )`,
  `create index depots_station_id on depots (station_id)`,
  `create table supply_movements (
    id uuid primary key,
    station_id uuid not null references stations (id),
    item_id uuid not null references supply_items (id),
    quantity integer not null check (quantity between 1 and 1000000),
    from_kind text not null check (from_kind in ('depot', 'shelter', 'patrol', 'supplier', 'person', 'loss')),
    from_id uuid,
    to_kind text not null check (to_kind in ('depot', 'shelter', 'patrol', 'supplier', 'person', 'loss')),
    to_id uuid,
    reason text not null check (reason in ('receive', 'move', 'hand_out', 'return', 'write_off', 'correction')),
    at timestamptz not null,
    recorded_at timestamptz not null,
    recorded_by uuid references users (id),
    encounter_id uuid references encounters (id),
    short boolean not null default false,
    note text check (char_length(note) <= 500),
    check ((from_kind in ('depot', 'shelter', 'patrol')) = (from_id is not null)),
    check ((to_kind in ('depot', 'shelter', 'patrol')) = (to_id is not null))
  )`,
  `create index supply_movements_item_id on supply_movements (item_id)`,
  `create index supply_movements_from on supply_movements (from_id, item_id) where from_id is not null`,
  `create index supply_movements_to on supply_movements (to_id, item_id) where to_id is not null`,
  `create index supply_movements_station_id on supply_movements (station_id, at)`,
  `create index supply_movements_encounter_id on supply_movements (encounter_id)`,
  `create index supply_movements_recorded_by on supply_movements (recorded_by)`,
];
