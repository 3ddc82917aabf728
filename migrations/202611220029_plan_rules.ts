/** Default rules of weather, plans and duty, and rule sets to begin a plan with, each with its source. */
const source = {
  warmpath: 'Warmpath default, to be set by each city',
  cma: 'China Meteorological Administration: names and colours of warning signals',
  cap: 'OASIS CAP 1.2 severity, read as the four colours of the China Meteorological Administration',
} as const;
const quoted = (value: unknown): string => `'${JSON.stringify(value).replaceAll("'", "''")}'`;
const rule = (key: string, value: unknown, unit: string, from: string): string =>
  `insert into rules (key, station_id, value, unit, source) values ('${key}', null, ${quoted(value)}, '${unit}', '${from}')`;

const types = [
  ['寒潮', 'cold_wave'],
  ['11B04', 'cold_wave'],
  ['cold wave', 'cold_wave'],
  ['低温', 'low_temperature'],
  ['low temperature', 'low_temperature'],
  ['extreme cold', 'low_temperature'],
  ['寒冷', 'cold'],
  ['cold', 'cold'],
  ['cold weather', 'cold'],
  ['wind chill', 'cold'],
  ['暴雪', 'snowstorm'],
  ['snowstorm', 'snowstorm'],
  ['snow', 'snowstorm'],
  ['大雪', 'snowstorm'],
  ['道路结冰', 'road_ice'],
  ['ice', 'road_ice'],
  ['大风', 'gale'],
  ['gale', 'gale'],
  ['wind', 'gale'],
  ['霜冻', 'frost'],
  ['frost', 'frost'],
  ['暴雨', 'rainstorm'],
  ['rainstorm', 'rainstorm'],
  ['大雾', 'fog'],
  ['fog', 'fog'],
].map(([event, type]) => ({ event, type }));
const colours = [
  ['蓝', 'blue'],
  ['黄', 'yellow'],
  ['橙', 'orange'],
  ['红', 'red'],
  ['blue', 'blue'],
  ['yellow', 'yellow'],
  ['orange', 'orange'],
  ['amber', 'orange'],
  ['red', 'red'],
  ['Minor', 'blue'],
  ['Moderate', 'yellow'],
  ['Severe', 'orange'],
  ['Extreme', 'red'],
].map(([word, level]) => ({ word, level }));

/** Beaufort 5 begins at 8.0 m/s, 6 at 10.8 m/s; in km/h. */
const FORCE_5 = 28.8;
const FORCE_6 = 38.88;
const cold = ['cold_wave', 'low_temperature', 'cold', 'snowstorm'];
const wave = (level: string, fall: string, by: number, minimum: number, wind: number): unknown => ({
  level,
  mode: level === 'red' ? 'ask' : 'automatic',
  askMin: 30,
  when: {
    all: [
      { season: { from: '11-01', to: '03-31' } },
      {
        any: [
          { alert: { types: cold, level } },
          {
            weather: {
              basis: 'either',
              days: 2,
              tests: [
                { measure: fall, atLeast: by, keep: by - 2 },
                { measure: 'minimum', atMost: minimum, keep: minimum + 1 },
                { measure: 'wind', atLeast: wind, keep: FORCE_5 * 0.8 },
              ],
            },
          },
        ],
      },
    ],
  },
});
const template = (key: string, name: object, about: object, spec: object, from: string): string =>
  `insert into plan_templates (key, name, about, spec, source)
   values ('${key}', ${quoted(name)}, ${quoted(about)}, ${quoted(spec)}, ${quoted(from).replace(/^'"/, "'").replace(/"'$/, "'")})`;

export const statements: readonly string[] = [
  rule('outside.hosts', [{ host: 'api.open-meteo.com' }], 'hosts', source.warmpath),
  rule('alerts.types', types, 'words', source.cma),
  rule('alerts.colours', colours, 'words', source.cap),
  rule('weather.kept', 800, 'd', source.warmpath),
  rule('plans.escalate_after', 15, 'min', source.warmpath),
  rule('duty.minimum', 1, 'people', 'Chinese rescue rules: 24 hour reception and hotline'),
  rule('duty.gap_ahead', 72, 'h', source.warmpath),
  rule('duty.uncovered_after', 5, 'min', source.warmpath),
  rule('checks.per_shift', 2, 'checks', source.warmpath),
  rule('checks.answer', 180, 's', source.warmpath),
  template(
    'cma-cold-wave',
    { en: 'Cold wave, four colours (CMA)', 'zh-CN': '寒潮四级响应（中国气象局标准）' },
    {
      en: 'On with a cold warning of that colour, or when fall, minimum and wind of one day reach the signal. From November to March.',
      'zh-CN': '收到相应颜色的寒冷类预警，或某日降温幅度、最低气温和风力同时达到信号标准时启动。每年11月至次年3月。',
    },
    {
      levels: [
        wave('blue', 'fall2', 8, 4, FORCE_5),
        wave('yellow', 'fall1', 10, 4, FORCE_6),
        wave('orange', 'fall1', 12, 0, FORCE_6),
        wave('red', 'fall1', 16, 0, FORCE_6),
      ],
      steady: { minimumOnH: 12, confirmH: 12, bridgeH: 36 },
      steps: [],
    },
    'Cold wave warning signals of the China Meteorological Administration, read on a copy: default data, no law',
  ),
  template(
    'london-swep',
    { en: 'Severe weather protocol (London)', 'zh-CN': '极端天气应急（伦敦 SWEP）' },
    {
      en: 'On for any night forecast or observed at 0 °C or below; snow counts too. A single mild night does not close it.',
      'zh-CN': '任一夜间预报或实况最低气温达到0 ℃及以下，或有降雪时启动；其间个别较暖的夜晚不关闭。',
    },
    {
      levels: [
        {
          level: 'yellow',
          mode: 'automatic',
          askMin: 30,
          when: {
            any: [
              { weather: { basis: 'either', days: 2, tests: [{ measure: 'minimum', atMost: 0, keep: 1 }] } },
              {
                weather: {
                  basis: 'either',
                  days: 2,
                  tests: [
                    { measure: 'felt', atMost: -3, keep: -2 },
                    { measure: 'snow', atLeast: 1, keep: 0.5 },
                  ],
                },
              },
            ],
          },
        },
      ],
      steady: { minimumOnH: 24, confirmH: 24, bridgeH: 48 },
      steps: [],
    },
    'Severe Weather Emergency Protocol, London: any one night at or below 0 °C anywhere; its flapping is what the waiting times are for',
  ),
  template(
    'new-york-code-blue',
    { en: 'Code Blue (New York)', 'zh-CN': '蓝色代码（纽约）' },
    {
      en: 'From 16:00 to 08:00 when it feels like 0 °C or below; enhanced in snow, hard wind or bitter cold.',
      'zh-CN': '每日16:00至次日8:00，体感温度在0 ℃及以下时启动；大雪、强风或极寒时提高等级。',
    },
    {
      levels: [
        {
          level: 'blue',
          mode: 'automatic',
          askMin: 30,
          when: {
            all: [
              { hours: { from: '16:00', to: '08:00' } },
              { weather: { basis: 'either', hours: 16, tests: [{ measure: 'felt', atMost: 0, keep: 0.5 }] } },
            ],
          },
        },
        {
          level: 'orange',
          mode: 'automatic',
          askMin: 30,
          when: {
            all: [
              { hours: { from: '16:00', to: '08:00' } },
              {
                any: [
                  { weather: { basis: 'either', hours: 16, tests: [{ measure: 'snow', atLeast: 7.6 }] } },
                  { weather: { basis: 'either', hours: 16, tests: [{ measure: 'wind', atLeast: 64.4 }] } },
                  { weather: { basis: 'either', hours: 16, tests: [{ measure: 'felt', atMost: -20.6, keep: -20 }] } },
                  { alert: { types: ['snowstorm', 'road_ice'], level: 'orange' } },
                ],
              },
            ],
          },
        },
      ],
      steady: { minimumOnH: 4, confirmH: 2, bridgeH: 0 },
      steps: [],
    },
    'New York City Code Blue: 32 °F or below with wind chill between 16:00 and 08:00; enhanced at 3 in of snow (7.6 mm of water), ice, below -5 °F or wind of 40 mph',
  ),
];
