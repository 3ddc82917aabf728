/** Default rules of the street: re-checks, the cold aid, hand-overs, crews' safety, rounds and coverage; each with its source. */
const source = {
  warmpath: 'Warmpath default, to be set by each city',
  recheck: 'New York Code Blue: people on the priority list are met again every 4 h; shorter above by Warmpath default',
  staging:
    'Swiss staging of hypothermia; guessed right in about half of the cases on scene, so what is unknown counts as the worse',
  paths: 'China: 120 for illness and injury, 110 for danger, minors, missing persons and crime; 12349 civil affairs',
  roll: 'Warmpath default after common lone worker practice: a call every 20 min',
} as const;
const rule = (key: string, value: unknown, unit: string, from: string): string =>
  `insert into rules (key, station_id, value, unit, source) values ('${key}', null, '${JSON.stringify(value)}', '${unit}', '${from}')`;

export const statements: readonly string[] = [
  rule(
    'recheck.after',
    [
      { level: 'none', priority: 'life_risk', minutes: 120 },
      { level: 'none', priority: null, minutes: 240 },
      { level: 'blue', priority: null, minutes: 240 },
      { level: 'yellow', priority: null, minutes: 180 },
      { level: 'orange', priority: null, minutes: 120 },
      { level: 'red', priority: null, minutes: 60 },
    ],
    'min',
    source.recheck,
  ),
  rule('recheck.same_crew', 30, 'min', source.warmpath),
  rule(
    'aid.cold_stages',
    [
      { awake: false, confused: null, shivering: null, breathing: true, stage: 'ht3' },
      { awake: false, confused: null, shivering: null, breathing: null, stage: 'ht4' },
      { awake: null, confused: true, shivering: null, breathing: null, stage: 'ht2' },
      { awake: true, confused: false, shivering: true, breathing: null, stage: 'ht1' },
      { awake: null, confused: null, shivering: null, breathing: null, stage: 'ht2' },
    ],
    'stages',
    source.staging,
  ),
  rule(
    'handover.paths',
    [
      { path: 'medical', service: 'ambulance' },
      { path: 'police', service: 'police' },
      { path: 'child', service: 'police' },
      { path: 'child', service: 'civil_affairs' },
    ],
    'services',
    source.paths,
  ),
  rule('roll_call.every', 20, 'min', source.roll),
  rule(
    'roll_call.ladder',
    [
      { rung: 'crew_alarm', afterS: 0 },
      { rung: 'desk_alarm', afterS: 120 },
      { rung: 'duty_officer', afterS: 300 },
    ],
    's',
    source.roll,
  ),
  rule('crew.idle_lock', 120, 'min', source.warmpath),
  rule('patrols.offline', 180, 's', source.warmpath),
  rule('rounds.geofence', 60, 'm', source.warmpath),
  rule('coverage.cell', 100, 'm', source.warmpath),
  rule('coverage.reach', 40, 'm', source.warmpath),
  rule('coverage.gap', 180, 's', source.warmpath),
  rule('coverage.long_ago', 24, 'h', source.warmpath),
  rule('coverage.look_back', 365, 'd', source.warmpath),
  rule('coverage.weights', { encounter: 1, sighting: 3, visit_due: 5 }, 'weight', source.warmpath),
];
