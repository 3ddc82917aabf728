/** Why a plan is on or off, as the page says it. */
import type { PlanReason } from '../../shared/plan-engine.ts';
import { reasonWords, type ReasonSpeech } from '../../shared/plan-words.ts';
import { boot } from '../ui/boot.ts';
import { moment } from '../ui/format.ts';
import { hasWord, t } from '../ui/words.ts';

const speech = (now: Date): ReasonSpeech => ({
  locale: boot.locale,
  t,
  has: hasWord,
  moment: (at) => moment(at, now),
});
/** One reason, in words. */
export const reasonWord = (reason: PlanReason, now: Date): string => reasonWords(reason, speech(now));
/** All of them, the weightiest first; what comes to the same words is said once. */
export const whyWords = (why: readonly PlanReason[], now: Date): string[] => [
  ...new Set(why.map((reason) => reasonWord(reason, now))),
];
