/** Default rules of houses and stores, each with its source. */
const source = {
  warmpath: 'Warmpath default, to be set by each city',
  stays:
    'Chinese rescue rules: a stay is generally 10 days at most, longer is filed with the superior; for somebody unidentified public notice within 24 hours of entry, police DNA within 1 month, settlement after 3 months',
} as const;
const rule = (key: string, value: unknown, unit: string, from: string): string =>
  `insert into rules (key, station_id, value, unit, source) values ('${key}', null, '${JSON.stringify(value)}', '${unit}', '${from}')`;

export const statements: readonly string[] = [
  rule('holds.margin', 20, 'min', source.warmpath),
  rule('holds.longest', 360, 'min', source.warmpath),
  rule(
    'stays.deadlines',
    [
      { due: 'max_stay', unidentified: false, after: 10, unit: 'days', warnH: 48 },
      { due: 'notice', unidentified: true, after: 24, unit: 'hours', warnH: 12 },
      { due: 'dna', unidentified: true, after: 1, unit: 'months', warnH: 168 },
      { due: 'settlement', unidentified: true, after: 3, unit: 'months', warnH: 336 },
    ],
    'deadlines',
    source.stays,
  ),
  rule('stays.kept', 30, 'd', source.warmpath),
  rule(
    'supplies.low',
    [
      { place: 'depot', kind: 'bedding', below: 20 },
      { place: 'depot', kind: 'clothing', below: 20 },
      { place: 'depot', kind: 'food', below: 30 },
      { place: 'shelter', kind: 'bedding', below: 5 },
    ],
    'items',
    source.warmpath,
  ),
  rule('supplies.expiry_warn', 14, 'd', source.warmpath),
];
