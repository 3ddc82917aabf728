/** Why a plan is on, in the language of its station: for systems, which have no words of their own. */
import type { PlanReason } from '../../shared/plan-engine.ts';
import { reasonWords } from '../../shared/plan-words.ts';
import type { Locale } from '../../shared/stations.ts';
import { translator } from '../http/words.ts';

/** All reasons in one line, the weightiest first; what comes to the same words is said once. */
export function reasonLine({ locale, zone }: { locale: Locale; zone: string }, why: readonly PlanReason[]): string {
  const t = translator(locale);
  const clock = new Intl.DateTimeFormat(locale, {
    timeZone: zone,
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  const speech = {
    locale,
    t,
    has: (key: string) => t(key) !== key,
    moment: (at: string) => clock.format(new Date(at)),
  };
  return [...new Set(why.map((reason) => reasonWords(reason, speech)))].join(locale === 'zh-CN' ? '；' : '; ');
}
