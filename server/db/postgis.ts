/** Decimals of a degree on the wire: 6 are about 0.1 m. */
const DECIMALS = 6;

/** SQL of a geography point from two bindings or columns in degrees, longitude first: `pointSql(':lon', ':lat')`. */
export function pointSql(lon: string, lat: string): string {
  return `st_setsrid(st_makepoint(cast(${lon} as float8), cast(${lat} as float8)), 4326)::geography`;
}

/** SQL of a point column as GeoJSON `{type: 'Point', coordinates: [lon, lat]}` with 6 decimals, or null. */
export function asPoint(column: string): string {
  return asGeometryJson(column);
}

/** SQL of any geometry or geography column as a GeoJSON geometry with 6 decimals, or null. */
export function asGeometryJson(column: string): string {
  // Option 0: no bounding box and no crs member.
  return `st_asgeojson(${column}, ${String(DECIMALS)}, 0)::jsonb`;
}

/** SQL of a timestamptz column as an ISO 8601 UTC string with milliseconds, the form of the wire. */
export function asInstant(column: string): string {
  return `to_char(${column} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}
