/** Default rules of the field with their source; a station may lay its own value over each. */
const source = {
  warmpath: 'Warmpath default, to be set by each city',
  times: 'Warmpath default after NFPA 1225 and published one-hour promises of New York and Wuhan',
  signs: 'Swiss staging of hypothermia (drowsy, confused or unconscious: ambulance); treat first, rescue after',
  hold: 'Warmpath default: one crossing of a large city with a margin',
} as const;
const rule = (key: string, value: unknown, unit: string, from: string): string =>
  `insert into rules (key, station_id, value, unit, source) values ('${key}', null, '${JSON.stringify(value)}', '${unit}', '${from}')`;

export const statements: readonly string[] = [
  // the value that holds at a station: its own, else its nearest ancestor's, else the default
  `create function rule_value(wanted text, station_path uuid[]) returns jsonb language sql stable parallel safe as $$
    select value from rules
    where key = wanted and (station_id is null or station_id = any (station_path))
    order by array_position(station_path, station_id) desc nulls last
    limit 1
  $$`,
  rule('signs.life_risk', ['unresponsive', 'confused', 'injured'], 'signs', source.signs),
  rule('signs.urgent', ['child', 'elderly', 'pregnant', 'no_shoes', 'no_blanket', 'wet'], 'signs', source.signs),
  rule(
    'emergency.numbers',
    [
      { number: '120', service: 'ambulance' },
      { number: '110', service: 'police' },
    ],
    'numbers',
    'China: 120 medical, 110 police',
  ),
  rule('duplicates.radius', 250, 'm', source.warmpath),
  rule('duplicates.window', 12, 'h', source.warmpath),
  rule('holds.duration', 90, 'min', source.hold),
  rule('eta.speed', 25, 'km/h', source.warmpath),
  rule('eta.detour', 1.4, 'ratio', source.warmpath),
  rule('positions.fresh', 120, 's', source.warmpath),
  rule('positions.stale', 600, 's', source.warmpath),
  rule('positions.max_speed', 180, 'km/h', source.warmpath),
  rule('positions.max_ahead', 120, 's', source.warmpath),
  rule('positions.worst_accuracy', 5000, 'm', source.warmpath),
  rule('positions.accuracy_slack', 100, 'm', source.warmpath),
  rule('reports.max_late', 72, 'h', source.warmpath),
  rule('shelters.few', 5, 'beds', source.warmpath),
  rule('shelters.fresh', 2, 'h', source.warmpath),
  rule('shelters.stale', 8, 'h', source.warmpath),
  rule('targets.seen', 60, 's', source.times),
  rule('targets.accept', 180, 's', source.times),
  rule('targets.on_scene_life_risk', 20, 'min', source.times),
  rule('targets.on_scene', 60, 'min', source.times),
  rule('events.kept', 14, 'd', source.warmpath),
  rule('idempotency.kept', 30, 'd', source.warmpath),
];
