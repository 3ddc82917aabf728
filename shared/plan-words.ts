/** What speaks for or against a level, in words. Pure but for the words it is handed, so that pages, notices and other systems read the same. */
import type { WeatherMeasure } from './plan-conditions.ts';
import type { PlanReason } from './plan-engine.ts';
import type { Locale } from './stations.ts';

export interface ReasonSpeech {
  locale: Locale;
  t: (key: string, values?: Record<string, string | number>) => string;
  /** whether the catalogue has a key: kinds of warnings are data */
  has: (key: string) => boolean;
  /** an instant on the station's clock */
  moment: (at: string) => string;
}

/** Units by measure; falls are differences, said in the same degrees. */
const units: Record<WeatherMeasure, Record<Locale, string>> = {
  minimum: { en: '\u00a0°C', 'zh-CN': '℃' },
  felt: { en: '\u00a0°C', 'zh-CN': '℃' },
  fall1: { en: '\u00a0°C', 'zh-CN': '℃' },
  fall2: { en: '\u00a0°C', 'zh-CN': '℃' },
  wind: { en: '\u00a0km/h', 'zh-CN': '公里/小时' },
  rain: { en: '\u00a0mm', 'zh-CN': '毫米' },
  snow: { en: '\u00a0mm', 'zh-CN': '毫米' },
  precipitation: { en: '\u00a0mm', 'zh-CN': '毫米' },
};
const amount = (locale: Locale, measure: WeatherMeasure, value: string | number): string =>
  new Intl.NumberFormat(locale, { maximumFractionDigits: 1 }).format(Number(value)) + units[measure][locale];
const monthDay = (locale: Locale, value: string | number | undefined): string =>
  new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric', timeZone: 'UTC' }).format(
    // a leap year, so that 29 February is one
    new Date(`2024-${String(value)}T00:00:00Z`),
  );

/** What was measured and when, and the bound it is held against. */
function weatherParts({ facts }: PlanReason, { locale, t, moment }: ReasonSpeech): { found: string; limit: string } {
  const { value, bound = 0, at, basis, sense } = facts;
  const measure = facts['measure'] as WeatherMeasure;
  const what = t(`plan.measure.${measure}`);
  const limit = t(sense === 'atLeast' ? 'plan.limit.least' : 'plan.limit.most', {
    bound: amount(locale, measure, bound),
  });
  if (value === undefined) return { found: what, limit };
  const told = { what, value: amount(locale, measure, value) };
  return {
    limit,
    found:
      at === undefined
        ? t('plan.found.plain', told)
        : t('plan.found.at', { ...told, basis: t(`plan.basis.${String(basis)}`), at: moment(String(at)) }),
  };
}

function spanWords({ facts }: PlanReason, { locale, t }: ReasonSpeech): string {
  const { node, from = '', to = '', month = 0, day = 0 } = facts;
  if (node === 'season') return t('plan.span.season', { from: monthDay(locale, from), to: monthDay(locale, to) });
  if (node === 'hours') return t('plan.span.hours', { from, to });
  return node === 'lunar' ? t('plan.span.lunar', { month, day }) : t('plan.span.dates');
}

const alertKind = ({ facts: { type } }: PlanReason, { t, has }: ReasonSpeech): string =>
  type === undefined
    ? t('plan.why.any_kind')
    : has(`alert.type.${type}`)
      ? t(`alert.type.${type}`)
      : String(type).replaceAll('_', ' ');

/** One reason as a sentence without its full stop. */
export function reasonWords(reason: PlanReason, speech: ReasonSpeech): string {
  const { t, moment } = speech;
  const { code, facts } = reason;
  const level = t(`plan.level.${reason.level}`);
  const when = (key: string): string => moment(String(facts[key]));
  switch (code) {
    case 'weather':
      return t('plan.why.weather', weatherParts(reason, speech));
    case 'mild':
      return facts['value'] === undefined
        ? t('plan.why.mild')
        : t('plan.why.mild_weather', weatherParts(reason, speech));
    case 'unknown':
      return facts['measure'] === undefined
        ? t('plan.why.unknown_alert')
        : t('plan.why.unknown', { what: t(`plan.measure.${facts['measure']}`) });
    case 'alert':
      return t('plan.why.alert', {
        type: alertKind(reason, speech),
        colour: t(`plan.level.${String(facts['colour'])}`),
      });
    case 'schedule':
    case 'closed':
      return t(`plan.why.${code}`, { span: spanWords(reason, speech) });
    case 'order_floor':
    case 'order_ceiling': {
      const key = `plan.why.${reason.level === 'none' ? 'order_off' : code}`;
      return facts['until'] === undefined
        ? t(key, { level, at: when('at') })
        : t(`${key}_until`, { level, at: when('at'), until: when('until') });
    }
    case 'minimum_on':
      return t('plan.why.minimum_on', { until: when('until') });
    case 'confirming':
      return t('plan.why.confirming', { since: when('since'), until: when('until') });
    case 'returning':
      return t('plan.why.returning', { at: when('at') });
    case 'asking':
      return t('plan.why.asking', { level, deadline: when('deadline') });
    case 'refused':
    case 'advised':
      return t(`plan.why.${code}`, { level });
  }
}
