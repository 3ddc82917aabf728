/** The demo city's weather: a clear cold night with some snow around midnight, told hour by hour as a feed would tell it. Invented. */
import { listReadings, postReading, type Precipitation } from '../../shared/weather.ts';
import type { Person } from './http.ts';
import type { Chance } from './random.ts';

const HOUR_MS = 3_600_000;
const PAST_H = 6;
const AHEAD_H = 14;
/** The city's hours; its coldest one and its mean in degrees Celsius, and how far the day swings around it. */
const OFFSET_H = 8;
const COLDEST_H = 5;
const MEAN_C = -3;
const SWING_C = 5;
const BEAT_MS = 10 * 60_000;

interface Sky {
  temperatureC: number;
  windKmh: number;
  humidity: number;
  precipitation: Precipitation;
  precipitationMm: number;
}

/** The weather of an hour: the same whenever it is asked for, so that saying it twice changes nothing. */
export function skyAt(chance: Chance, at: Date): Sky {
  const hour = (at.getUTCHours() + OFFSET_H) % 24;
  const own = chance.own(`sky ${at.toISOString().slice(0, 13)}`);
  const temperature = MEAN_C - SWING_C * Math.cos(((hour - COLDEST_H) / 24) * 2 * Math.PI) + own.whole(-5, 5) / 10;
  const snows = hour >= 23 || hour <= 1;
  return {
    temperatureC: Math.round(temperature * 10) / 10,
    windKmh: own.whole(9, 20),
    humidity: own.whole(45, 75),
    precipitation: snows ? 'snow' : 'none',
    precipitationMm: snows ? own.whole(2, 8) / 10 : 0,
  };
}

/** Says what was observed and what is expected; hours that were said before are left out. */
export async function sayWeather(person: Person, chance: Chance, now = Date.now()): Promise<void> {
  const hour = Math.floor(now / HOUR_MS) * HOUR_MS;
  const { items } = await person.does(listReadings, { query: { limit: '200' } });
  const known = new Set(items.map(({ kind, at }) => `${kind} ${at}`));
  const hours = Array.from({ length: PAST_H + AHEAD_H }, (_, n) => new Date(hour + (n - PAST_H + 1) * HOUR_MS));
  for (const at of hours) {
    const kind = at.getTime() <= now ? 'observed' : 'forecast';
    if (known.has(`${kind} ${at.toISOString()}`)) continue;
    await person.does(postReading, {
      body: {
        id: chance.id(`reading ${kind} ${at.toISOString()}`),
        kind,
        at: at.toISOString(),
        source: '演示气象站',
        ...skyAt(chance, at),
      },
    });
  }
}

/** Goes on saying it until stopped; what fails is said at the next beat. */
export function startSky(person: Person, chance: Chance): () => void {
  const timer = setInterval(() => {
    sayWeather(person, chance).catch(() => undefined);
  }, BEAT_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
  };
}
