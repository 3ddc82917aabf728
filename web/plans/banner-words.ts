/** What the banner says of one plan, part by part. Pure but for the words it is handed. */
import type { PlanReason } from '../../shared/plan-engine.ts';
import type { PlanLine } from './banner.ts';

export interface BannerSpeech {
  t: (key: string, values?: Record<string, string | number>) => string;
  /** the clock alone today, else with the date */
  moment: (at: string) => string;
  duration: (ms: number) => string;
  /** reasons in words, the weightiest first */
  why: (reasons: readonly PlanReason[]) => readonly string[];
  now: Date;
  /** who a person is, for whoever reads it; null when that is not known here */
  nameOf: (userId: string) => string | null;
}
export interface BannerWords {
  /** since when, until when at the earliest, how many steps are open */
  facts: string[];
  /** how many of them are past their time; null while none is */
  late: string | null;
  why: string | null;
  /** what it asks, and how long there is to answer */
  asks: { words: string; left: string } | null;
  /** what is only advised, what an order holds down */
  notes: string[];
  /** the reason that was given with the order, and by whom; the order itself is among the reasons why */
  order: string | null;
}

export function bannerWords(line: PlanLine, { t, moment, duration, why, now, nameOf }: BannerSpeech): BannerWords {
  const { plan, activation, asks, advises, heldFrom, open, late, steps } = line;
  const level = (name: string): string => t(`plan.level.${name}`);
  const on = plan.level !== 'none';
  const { order } = plan;
  const by = order?.userId == null ? null : nameOf(order.userId);
  // what it asks stands for itself
  const reasons = plan.why.filter(({ code }) => asks === null || code !== 'asking');
  return {
    facts: [
      ...(on && plan.since !== null ? [t('plan.banner.since', { time: moment(plan.since) })] : []),
      ...(on && plan.until !== null ? [t('plan.banner.until', { time: moment(plan.until) })] : []),
      ...(!on && activation !== null ? [t('plan.banner.closing')] : []),
      ...(steps > 0 && open.length > 0 ? [t('plan.banner.steps', { open: open.length, count: steps })] : []),
      ...(steps > 0 && open.length === 0 ? [t('plan.banner.steps_done', { count: steps })] : []),
    ],
    late: late > 0 ? t('plan.banner.late', { count: late }) : null,
    why: reasons.length > 0 ? why(reasons).join(t('plan.banner.join')) : null,
    asks: asks && {
      words: t('plan.banner.asks', { level: level(asks.level), time: moment(asks.deadline) }),
      left: duration(Date.parse(asks.deadline) - now.getTime()),
    },
    notes: [
      ...(advises === null ? [] : [t('plan.banner.advises', { level: level(advises) })]),
      ...(heldFrom === null ? [] : [t('plan.banner.held', { level: level(heldFrom) })]),
    ],
    order: order && (by === null ? order.reason : t('plan.banner.order.by', { reason: order.reason, name: by })),
  };
}
