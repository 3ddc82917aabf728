/** Readings of the weather, kept as they came: a later one of the same hour does not replace what was known before. */
export const statements: readonly string[] = [
  `create table readings (
    id uuid primary key,
    station_id uuid not null references stations (id),
    kind text not null check (kind in ('observed', 'forecast')),
    at timestamptz not null,
    temperature_c double precision not null check (temperature_c between -90 and 60),
    wind_kmh double precision check (wind_kmh between 0 and 400),
    humidity double precision check (humidity between 0 and 100),
    precipitation text not null check (precipitation in ('none', 'rain', 'sleet', 'snow')),
    precipitation_mm double precision check (precipitation_mm between 0 and 500),
    source text not null check (char_length(source) <= 100),
    received_at timestamptz not null
  )`,
  `create index readings_station_id on readings (station_id, kind, at, received_at)`,
  `create index readings_at on readings (at, id)`,
];
