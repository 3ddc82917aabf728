/** Batches with a date, what a patrol should have with it, and counting what lies in a store. */
export const statements: readonly string[] = [
  `create table supply_batches (
    id uuid primary key,
    item_id uuid not null references supply_items (id),
    code text check (char_length(code) between 1 and 60),
    expires_on date,
    created_at timestamptz not null,
    check (code is not null or expires_on is not null),
    constraint supply_batches_item_key unique nulls not distinct (item_id, code, expires_on)
  )`,
  `create table supply_movement_batches (
    movement_id uuid not null references supply_movements (id),
    batch_id uuid not null references supply_batches (id),
    quantity integer not null check (quantity between 1 and 1000000),
    primary key (movement_id, batch_id)
  )`,
  `create index supply_movement_batches_batch_id on supply_movement_batches (batch_id)`,
  `create table load_lists (
    id uuid primary key,
    station_id uuid not null references stations (id),
    name text not null check (char_length(name) between 1 and 100),
    active boolean not null default true,
    version integer not null default 1,
    created_at timestamptz not null
  )`,
  `create index load_lists_station_id on load_lists (station_id)`,
  `create table load_list_lines (
    list_id uuid not null references load_lists (id),
    item_id uuid not null references supply_items (id),
    quantity integer not null check (quantity between 1 and 10000),
    primary key (list_id, item_id)
  )`,
  `create index load_list_lines_item_id on load_list_lines (item_id)`,
  `create table supply_loads (
    id uuid primary key,
    kind text not null check (kind in ('load', 'unload')),
    patrol_id uuid not null references patrols (id),
    depot_id uuid not null references depots (id),
    list_id uuid references load_lists (id),
    at timestamptz not null,
    recorded_by uuid references users (id)
  )`,
  `create index supply_loads_patrol_id on supply_loads (patrol_id)`,
  `create index supply_loads_depot_id on supply_loads (depot_id)`,
  `create index supply_loads_list_id on supply_loads (list_id)`,
  `create index supply_loads_recorded_by on supply_loads (recorded_by)`,
  `create table stocktakes (
    id uuid primary key,
    station_id uuid not null references stations (id),
    place_kind text not null check (place_kind in ('depot', 'shelter', 'patrol')),
    place_id uuid not null,
    at timestamptz not null,
    reason text not null check (reason in ('routine', 'not_booked', 'miscounted', 'damaged', 'expired', 'lost', 'other')),
    note text check (char_length(note) <= 500),
    recorded_by uuid references users (id)
  )`,
  `create index stocktakes_station_id on stocktakes (station_id, at, id)`,
  `create index stocktakes_place_id on stocktakes (place_id)`,
  `create index stocktakes_recorded_by on stocktakes (recorded_by)`,
  `create table stocktake_lines (
    stocktake_id uuid not null references stocktakes (id),
    item_id uuid not null references supply_items (id),
    counted integer not null check (counted between 0 and 1000000),
    booked integer not null,
    primary key (stocktake_id, item_id)
  )`,
  `create index stocktake_lines_item_id on stocktake_lines (item_id)`,
  `alter table supply_movements add column load_id uuid references supply_loads (id), add column stocktake_id uuid references stocktakes (id)`,
  `create index supply_movements_load_id on supply_movements (load_id) where load_id is not null`,
  `create index supply_movements_stocktake_id on supply_movements (stocktake_id) where stocktake_id is not null`,
];
