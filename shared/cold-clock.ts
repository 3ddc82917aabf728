/** How long somebody out there has: minutes until the cold is a danger, by the weather and by what was reported. */
import { awaitsClosing, byUrgency, isResting, type IncidentRow, type Priority } from './incidents.ts';
import type { RuleKey } from './rules.ts';
import type { Sign } from './sightings.ts';
import {
  coldestBetween,
  hourAt,
  hoursOld,
  knownBetween,
  type WeatherHour,
  weatherFor,
  weatherHours,
} from './weather-hours.ts';
import type { PictureReading, WeatherRow } from './weather.ts';

/** What the clock looks at. */
export type ColdFacts = Pick<
  IncidentRow,
  | 'priority'
  | 'signs'
  | 'openedAt'
  | 'lastSeenAt'
  | 'spoken'
  | 'wantsHelp'
  | 'stillThere'
  | 'refusals'
  | 'sightingIds'
  | 'people'
>;
/** The rules `cold.*` and `weather.stale` as they hold at the incident's station. */
export interface ColdRules {
  endurance: readonly { feltC: number; minutes: number }[];
  signs: Readonly<Record<Sign, number>>;
  atMost: readonly { sign: Sign; minutes: number }[];
  precipitation: Readonly<Record<'rain' | 'sleet' | 'snow', number>>;
  answers: Readonly<Record<'spoken' | 'declined' | 'gone' | 'confirmed' | 'refused', number>>;
  unknown: Readonly<Record<Priority, number>>;
  /** hours */
  staleH: number;
}
/** One reason in words: the catalogue has it under `cold.reason.<code>`, with `values` filled in. */
export interface ColdReason {
  code: string;
  values: Readonly<Record<string, string | number>>;
}
export interface ColdClock {
  /** until danger, from now; 0 is now. Never infinite: nobody outside at night is out of danger. */
  minutes: number;
  /** 'signs' when there is no weather to go by */
  basis: 'weather' | 'signs';
  feltC: number | null;
  reasons: ColdReason[];
}
/** Below `danger` minutes it is one, below `soon` it comes soon. */
export interface ColdLimits {
  danger: number;
  soon: number;
}
export const coldLevels = ['danger', 'soon', 'later'] as const;
export type ColdLevel = (typeof coldLevels)[number];
export const coldLevel = (minutes: number, { danger, soon }: ColdLimits): ColdLevel =>
  minutes < danger ? 'danger' : minutes < soon ? 'soon' : 'later';

/** The clock's rules out of the table of rules; throws when one was never set, which is a bug in a migration. */
export function coldRulesFrom(valueOf: (key: RuleKey) => unknown): ColdRules & ColdLimits {
  const rule = (key: RuleKey): never => {
    const value = valueOf(key);
    if (value === undefined || value === null) throw new Error(`the rule ${key} is not set`);
    return value as never;
  };
  return {
    endurance: rule('cold.endurance'),
    signs: rule('cold.signs'),
    atMost: rule('cold.at_most'),
    precipitation: rule('cold.precipitation'),
    answers: rule('cold.answers'),
    unknown: rule('cold.unknown'),
    staleH: rule('weather.stale'),
    danger: rule('cold.danger'),
    soon: rule('cold.soon'),
  };
}

/** The readings a station lives by: its own, else those of the nearest above it; null when none of them has any. */
export const readingsFor = (
  path: readonly string[],
  weather: Readonly<Record<string, WeatherRow>>,
): readonly PictureReading[] | null => weatherFor(path, weather)?.readings ?? null;

/** Further reports and refusals count up to so many: the tenth says no more than the third. */
const MOST_COUNTED = 3;
/** What is drawn between rows of the table is drawn between logarithms, so no row may say 0. */
const LEAST_MINUTES = 1;
const MINUTE = 60_000;

/** Minutes that a felt temperature leaves to somebody dry. Between two rows the logarithm is drawn straight; colder is never longer, whatever the rows say. */
function enduranceOf(rows: ColdRules['endurance']): (feltC: number) => number {
  const points = rows
    .map(({ feltC, minutes }) => ({ feltC, log: Math.log(Math.max(LEAST_MINUTES, minutes)) }))
    .sort((a, b) => b.feltC - a.feltC || a.log - b.log);
  let least = Infinity;
  for (const point of points) least = point.log = Math.min(least, point.log);
  return (feltC) => {
    const n = points.findIndex((point) => point.feltC <= feltC);
    const low = points[n === -1 ? points.length - 1 : n];
    const high = points[n - 1];
    if (!low) return LEAST_MINUTES;
    if (!high || n === -1) return Math.exp(low.log);
    return Math.exp(low.log + ((feltC - low.feltC) / (high.feltC - low.feltC)) * (high.log - low.log));
  };
}

/** The weather as the rules see it: how long each hour alone would leave to somebody in dry clothes. Worked out once for all incidents of a station. */
interface Course {
  hours: readonly WeatherHour[];
  endurance: (feltC: number) => number;
  /** minutes of each hour */
  dry: readonly number[];
  /** factor of what falls in each hour */
  falls: readonly number[];
}
const courses = new WeakMap<readonly PictureReading[], WeakMap<ColdRules, Course>>();

function courseOf(readings: readonly PictureReading[], rules: ColdRules): Course {
  const ofReadings = courses.get(readings) ?? new WeakMap<ColdRules, Course>();
  courses.set(readings, ofReadings);
  const before = ofReadings.get(rules);
  if (before) return before;
  const hours = weatherHours(readings);
  const endurance = enduranceOf(rules.endurance);
  const course = {
    hours,
    endurance,
    dry: hours.map(({ feltC }) => endurance(feltC)),
    falls: hours.map(({ precipitation }) => (precipitation === 'none' ? 1 : rules.precipitation[precipitation])),
  };
  ofReadings.set(rules, course);
  return course;
}

/** When somebody who is out since `since` is in danger: each hour uses up its part of what they can bear, until all of it is used. */
function dangerAt({ hours, dry, falls }: Course, since: number, bears: number, wet: number): number {
  let at = since;
  let left = bears;
  for (let n = hourAt(hours, since); ; n += 1) {
    const lasts = (dry[n] as number) * Math.min(wet, falls[n] as number) * MINUTE;
    const until = hours[n + 1]?.from ?? Infinity;
    if (at + left * lasts <= until) return at + left * lasts;
    left -= (until - at) / lasts;
    at = until;
  }
}

/** A reason and how much it changes, as the logarithm of a factor: what changes most is said first. */
interface Weighed extends ColdReason {
  weight: number;
}
const reason = (weight: number, code: string, values: ColdReason['values'] = {}): Weighed => ({ weight, code, values });
const whole = (value: number): number => Math.round(value) + 0;
/** For how long, in minutes, or in hours when those say more. */
const lasting = (weight: number, code: string, minutes: number): Weighed =>
  minutes < 90
    ? reason(weight, `${code}_minutes`, { minutes: Math.floor(minutes) })
    : reason(weight, `${code}_hours`, { hours: whole(minutes / 60) });

/**
 * What the signs but wetness leave of the time. The gravest counts in full, the next by its square root, the one after by
 * the fourth root ...: a second sign makes it worse, but ten of them do not make minutes into seconds.
 */
function signsOf(facts: ColdFacts, rules: ColdRules): { factor: number; reasons: Weighed[] } {
  const grave = facts.signs.filter((sign) => sign !== 'wet').sort((a, b) => rules.signs[a] - rules.signs[b]);
  let log = 0;
  const reasons = grave.map((sign, n) => {
    const part = Math.log(rules.signs[sign]) / 2 ** n;
    log += part;
    return reason(-part, 'sign', { sign });
  });
  return { factor: Math.exp(log), reasons };
}

/** What was said and met: spoken to, declined, gone, seen again by others, refused. Each is a factor of its own. */
function answersOf(facts: ColdFacts, { answers }: ColdRules): { factor: number; reasons: Weighed[] } {
  const again = Math.min(MOST_COUNTED, Math.max(0, facts.sightingIds.length - 1));
  const refused = Math.min(MOST_COUNTED, facts.refusals);
  const said: readonly (readonly [keyof typeof answers, number, ColdReason['values']])[] = [
    ['spoken', Number(facts.spoken === true), {}],
    ['declined', Number(facts.wantsHelp === false), {}],
    ['gone', Number(facts.stillThere === false), {}],
    ['confirmed', again, { count: facts.sightingIds.length - 1 }],
    ['refused', refused, { count: facts.refusals }],
  ];
  let log = 0;
  const reasons: Weighed[] = [];
  for (const [code, times, values] of said) {
    if (times === 0) continue;
    const part = Math.log(answers[code]) * times;
    log += part;
    reasons.push(reason(Math.abs(part), code, values));
  }
  return { factor: Math.exp(log), reasons };
}

/** Smaller changes of the weather are not worth a line. */
const WORTH_C = 2;
/** So far ahead the coming weather is told. */
const TOLD_MS = 24 * 60 * MINUTE;

/** What the weather does, now and until the danger. */
function weatherReasons({ hours, endurance, falls, dry }: Course, now: number, until: number, wet: number): Weighed[] {
  const n = hourAt(hours, now);
  const here = hours[n] as WeatherHour;
  const bears = dry[n] as number;
  const told: Weighed[] = [reason(Math.log(endurance(Infinity) / bears), 'felt', { feltC: whole(here.feltC) })];
  if (here.windKmh !== null && here.temperatureC - here.feltC >= WORTH_C)
    told.push(
      reason(Math.log(endurance(here.temperatureC) / bears), 'wind', {
        windKmh: whole(here.windKmh),
        temperatureC: whole(here.temperatureC),
      }),
    );
  const last = Math.min(until, now + TOLD_MS);
  const inHours = (hour: WeatherHour): number => Math.max(1, whole((hour.from - now) / (60 * MINUTE)));
  const coldest = coldestBetween(hours, now, last);
  if (coldest && here.feltC - coldest.feltC >= WORTH_C)
    told.push(
      reason(Math.log(bears / endurance(coldest.feltC)), 'colder', {
        feltC: whole(coldest.feltC),
        hours: inHours(coldest),
      }),
    );
  const fall = falls[n] as number;
  if (fall < wet) told.push(reason(Math.log(wet / fall), 'precipitation', { kind: here.precipitation }));
  else {
    const next = hours.findIndex((hour, at) => hour.from > now && hour.from <= last && (falls[at] as number) < wet);
    const coming = hours[next];
    if (coming)
      told.push(
        reason(Math.log(wet / (falls[next] as number)), 'precipitation_coming', {
          kind: coming.precipitation,
          hours: inHours(coming),
        }),
      );
  }
  return told;
}

/**
 * Minutes until danger. `readings` are those of the incident's station or of the nearest above it (an array that is not
 * changed later: what it means is worked out once); null or old ones: by signs and waiting alone.
 *
 * Each hour since they were last seen uses up its part of what its felt temperature lets somebody bear (`cold.endurance`),
 * shortened or lengthened by signs (`cold.signs`) and answers (`cold.answers`): observed weather for the past, the forecast for what comes, the last
 * known carried on. Of wet clothes and what falls in that hour the graver counts, not both: nobody is wetter than wet. A sign of `cold.at_most`
 * leaves at most its minutes from when they were last seen. Without weather `cold.unknown` takes the place of endurance, from the report on.
 *
 * While only time passes the clock never grows: weather that has become old still counts where it covered when they were
 * last seen, but only to shorten. It may grow when something new is known.
 */
export function coldClock(
  facts: ColdFacts,
  readings: readonly PictureReading[] | null,
  rules: ColdRules,
  now: Date,
): ColdClock {
  const at = now.getTime();
  const since = Math.min(at, Date.parse(facts.lastSeenAt));
  const opened = Math.min(at, Date.parse(facts.openedAt));
  const course = readings === null ? null : courseOf(readings, rules);
  const known = (from: number): boolean => course !== null && knownBetween(course.hours, from, at, rules.staleH);
  const basis = known(at) ? 'weather' : 'signs';
  const wet = facts.signs.includes('wet') ? rules.signs.wet : 1;
  const signs = signsOf(facts, rules);
  const answers = answersOf(facts, rules);
  const bears = signs.factor * answers.factor;

  const bySigns = opened + rules.unknown[facts.priority] * bears * wet * MINUTE;
  const byWeather = course && known(since) ? dangerAt(course, since, bears, wet) : Infinity;
  let until = basis === 'weather' ? byWeather : Math.min(bySigns, byWeather);
  let capped: ColdRules['atMost'][number] | null = null;
  for (const cap of rules.atMost) {
    const end = since + cap.minutes * MINUTE;
    if (end >= until || !facts.signs.includes(cap.sign)) continue;
    until = end;
    capped = cap;
  }

  const from = basis === 'weather' ? since : opened;
  const tell = (): ColdReason[] => {
    const told = [...signs.reasons, ...answers.reasons];
    if (wet < 1) told.push(reason(-Math.log(wet), 'sign', { sign: 'wet' }));
    if (course && basis === 'weather') told.push(...weatherReasons(course, at, Math.max(at, until), wet));
    const out = (at - from) / MINUTE;
    const left = until <= at ? 0 : (until - at) / (until - from);
    if (out >= 1)
      told.push(lasting(-Math.log(Math.max(0.01, left)), basis === 'weather' ? 'last_seen' : 'waiting', out));
    if (basis === 'signs') {
      const hours = course ? Math.floor(hoursOld(course.hours, at)) : Infinity;
      told.push(Number.isFinite(hours) ? reason(1e9, 'stale_weather', { hours }) : reason(1e9, 'no_weather'));
    }
    if (capped) told.push(reason(1e8, 'at_most', { ...capped }));
    return told.sort((a, b) => b.weight - a.weight).map(({ code, values }) => ({ code, values }));
  };
  let reasons: ColdReason[] | null = null;
  return {
    minutes: Math.max(0, (until - at) / MINUTE),
    basis,
    feltC: course && basis === 'weather' ? (course.hours[hourAt(course.hours, at)]?.feltC ?? null) : null,
    // most clocks are only sorted by: the reasons are put together for whoever asks
    get reasons() {
      reasons ??= tell();
      return reasons;
    },
  };
}

/** The queue's order: who is in danger first; among those already in danger the gravest, then the longest waiting. What rests until a re-check stands after them, what only awaits closing last. */
export const byCold =
  <R extends Parameters<typeof awaitsClosing>[0] & Parameters<typeof byUrgency>[0]>(minutesOf: (row: R) => number) =>
  (a: R, b: R): number =>
    Number(awaitsClosing(a)) - Number(awaitsClosing(b)) ||
    Number(isResting(a)) - Number(isResting(b)) ||
    minutesOf(a) - minutesOf(b) ||
    byUrgency(a, b);
