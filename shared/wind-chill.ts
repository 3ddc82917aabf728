/** What the cold feels like. */

/** Where the formula holds: air of at most 10 °C, and wind above 4.8 km/h at 10 m; elsewhere the air's own temperature counts. */
const WARMEST_C = 10;
const CALMEST_KMH = 4.8;

/**
 * Felt temperature in °C from the air's, and the wind in km/h at 10 m: the wind chill index of Environment Canada and the
 * US National Weather Service (2001). Wind never makes it feel warmer; a wind nobody measured counts as none.
 */
export function feltTemperature(temperatureC: number, windKmh: number | null): number {
  if (windKmh === null || temperatureC > WARMEST_C || windKmh <= CALMEST_KMH) return temperatureC;
  const wind = windKmh ** 0.16;
  const chill = 13.12 + 0.6215 * temperatureC - 11.37 * wind + 0.3965 * temperatureC * wind;
  return Math.min(temperatureC, chill);
}
