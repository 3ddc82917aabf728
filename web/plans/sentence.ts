/** When a level is wanted, as one sentence: for lists, comparisons and screen readers. Pure but for the words it is handed. */
import type { Condition, LunarNode, WeatherMeasure, WeatherNode, WeatherTest } from '../../shared/plan-conditions.ts';
import type { Steady } from '../../shared/plan-engine.ts';
import type { Locale } from '../../shared/stations.ts';

/** A language to speak, with what its catalogue has. */
export interface Speech {
  locale: Locale;
  t: (key: string, values?: Record<string, string | number>) => string;
  has: (key: string) => boolean;
}
/** Unit of each measure; falls are differences, said in the same degrees. */
export const unitOf: Readonly<Record<WeatherMeasure, '°C' | 'km/h' | 'mm'>> = {
  minimum: '°C',
  felt: '°C',
  fall1: '°C',
  fall2: '°C',
  wind: 'km/h',
  rain: 'mm',
  snow: 'mm',
  precipitation: 'mm',
};
/** Feasts that have a name of their own: `plans.lunar.<month>-<day>`. */
export const feasts = ['1-1', '1-15', '2-2', '5-5', '7-15', '8-15', '9-9', '12-8', '12-23'] as const;

const number = (locale: Locale, value: number): string =>
  new Intl.NumberFormat(locale, { maximumFractionDigits: 2 }).format(value);
export const valueWords = ({ locale }: Pick<Speech, 'locale'>, measure: WeatherMeasure, value: number): string => {
  const unit = unitOf[measure];
  return `${number(locale, value)} ${locale === 'zh-CN' ? (unit === '°C' ? '℃' : unit === 'km/h' ? '公里/小时' : '毫米') : unit}`;
};
const listed = (locale: Locale, words: readonly string[], type: 'conjunction' | 'disjunction'): string =>
  new Intl.ListFormat(locale, { type }).format(words);
/** A day of the year, `MM-DD`, in words. */
const dayOfYear = (locale: Locale, monthDay: string): string =>
  new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric', timeZone: 'UTC' }).format(
    // a leap year, so that 29 February is one
    new Date(`2024-${monthDay}T00:00:00Z`),
  );
const dateWords = (locale: Locale, day: string): string =>
  new Intl.DateTimeFormat(locale, { year: 'numeric', month: 'short', day: 'numeric', timeZone: 'UTC' }).format(
    new Date(`${day}T00:00:00Z`),
  );
export const weekdayWords = (locale: Locale, weekday: number): string =>
  // 5 January 2026 was a Monday
  new Intl.DateTimeFormat(locale, { weekday: 'short', timeZone: 'UTC' }).format(Date.UTC(2026, 0, 4 + weekday));

/** Words of a kind of warning; its code read aloud where the catalogue has none. */
export const alertTypeWords = ({ t, has }: Speech, type: string): string =>
  has(`alert.type.${type}`) ? t(`alert.type.${type}`) : type.replaceAll('_', ' ');
export const feastWords = ({ t }: Speech, { month, day }: Pick<LunarNode['lunar'], 'month' | 'day'>): string =>
  (feasts as readonly string[]).includes(`${String(month)}-${String(day)}`)
    ? t(`plans.lunar.${String(month)}-${String(day)}`)
    : t('plans.lunar.other', { month, day });

function testWords(speech: Speech, test: WeatherTest): string {
  const { t } = speech;
  const least = test.atLeast !== undefined;
  const value = valueWords(speech, test.measure, test.atLeast ?? test.atMost ?? 0);
  const bound = t(least ? 'plans.say.at_least' : 'plans.say.at_most', {
    what: t(`plans.measure.${test.measure}`),
    value,
  });
  return test.keep === undefined
    ? bound
    : t(least ? 'plans.say.keep_least' : 'plans.say.keep_most', {
        bound,
        keep: valueWords(speech, test.measure, test.keep),
      });
}
function spanWords({ t }: Speech, { days, hours, run, basis }: WeatherNode['weather']): string {
  if (hours !== undefined) return t(`plans.say.hours.${basis}`, { count: hours });
  const within = days ?? 1;
  if (run !== undefined && run > 1) return t('plans.say.run', { run, count: within });
  return within === 1 ? t('plans.say.today') : t('plans.say.days', { count: within });
}
function weatherWords(speech: Speech, { weather }: WeatherNode): string {
  return speech.t('plans.say.weather', {
    span: spanWords(speech, weather),
    tests: listed(
      speech.locale,
      weather.tests.map((test) => testWords(speech, test)),
      'conjunction',
    ),
    basis: speech.t(`plans.say.basis.${weather.basis}`),
  });
}
function lunarWords(speech: Speech, { lunar }: LunarNode): string {
  const feast = feastWords(speech, lunar);
  if (lunar.before === 0 && lunar.after === 0) return speech.t('plans.say.lunar', { feast });
  return speech.t('plans.say.lunar_around', { feast, before: lunar.before, after: lunar.after });
}

/** A condition in words, without a stop; groups within groups stand in brackets. */
export function conditionWords(speech: Speech, node: Condition, inner = false): string {
  const { t, locale } = speech;
  if ('all' in node || 'any' in node) {
    const members = 'all' in node ? node.all : node.any;
    const parts = members.map((each) => conditionWords(speech, each, members.length > 1));
    const word = 'all' in node ? 'plans.say.and' : 'plans.say.or';
    const joined = parts.join(t(word));
    return inner && parts.length > 1 ? t('plans.say.group', { inside: joined }) : joined;
  }
  if ('season' in node)
    return t('plans.say.season', {
      from: dayOfYear(locale, node.season.from),
      to: dayOfYear(locale, node.season.to),
    });
  if ('hours' in node) {
    const { from, to, days } = node.hours;
    const span = t(to <= from ? 'plans.say.night' : 'plans.say.between', { from, to });
    if (days === undefined || days.length === 7) return span;
    const on = listed(
      locale,
      days.map((day) => weekdayWords(locale, day)),
      'disjunction',
    );
    return t('plans.say.on_days', { span, days: on });
  }
  if ('dates' in node)
    return t('plans.say.dates', {
      days: listed(
        locale,
        node.dates.map((day) => dateWords(locale, day)),
        'disjunction',
      ),
    });
  if ('lunar' in node) return lunarWords(speech, node);
  if ('weather' in node) return weatherWords(speech, node);
  const level = t(`plan.level.${node.alert.level}`);
  return node.alert.types === undefined
    ? t('plans.say.alert_any', { level })
    : t('plans.say.alert', {
        level,
        types: listed(
          locale,
          node.alert.types.map((type) => alertTypeWords(speech, type)),
          'disjunction',
        ),
      });
}

/** What each of the three waiting times means with its number, in the order in which they are asked. */
export const steadyWords = ({ t }: Speech, steady: Steady): string[] =>
  (['minimumOnH', 'confirmH', 'bridgeH'] as const).map((key) =>
    steady[key] === 0 ? t(`plans.steady.${key}.none`) : t(`plans.steady.${key}.says`, { count: steady[key] }),
  );
