/** Built-in courses of real weather, played as if they had been at the station: its clock on the wall shows what theirs showed. */
import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import type { rehearsalDatasets } from '../../shared/plans.ts';
import { instantOf } from '../../shared/wall-clock.ts';
import type { Precipitation } from '../../shared/weather.ts';
import type { ToldReading } from '../../shared/weather-days.ts';

type Dataset = (typeof rehearsalDatasets)[number];

const folder = import.meta.url.endsWith('.ts') ? './data/' : './plans/data/';
const files: Record<Dataset, string> = { 'montreal-2012': 'montreal-2012-hourly.csv' };

interface Line {
  'Date/Time': string;
  'Temp (C)': string;
  'Wind Spd (km/h)': string;
  Weather: string;
}
/** Environment Canada's words of the present weather; how much fell it does not say. */
function fallingIn(words: string): Precipitation {
  const snow = /snow/i.test(words);
  const rain = /rain|drizzle/i.test(words);
  return snow && rain ? 'sleet' : snow ? 'snow' : rain ? 'rain' : 'none';
}

const read = new Map<string, Promise<ToldReading[]>>();
async function readCourse(dataset: Dataset, zone: string): Promise<ToldReading[]> {
  const text = await readFile(new URL(folder + files[dataset], import.meta.url), 'utf8');
  // its quotes stand in the middle of nothing and separate several kinds of weather
  const lines = parse<Line>(text, { columns: true, relax_column_count: true });
  return lines.map((line) => ({
    kind: 'observed',
    at: new Date(instantOf(zone, Date.parse(`${line['Date/Time'].replace(' ', 'T')}Z`))).toISOString(),
    temperatureC: Number(line['Temp (C)']),
    windKmh: Number(line['Wind Spd (km/h)']),
    precipitation: fallingIn(line.Weather),
  }));
}
/** A course on the clock of a zone; read once. */
export function courseOf(dataset: Dataset, zone: string): Promise<ToldReading[]> {
  const key = `${dataset} ${zone}`;
  const known = read.get(key) ?? readCourse(dataset, zone);
  read.set(key, known);
  return known;
}
