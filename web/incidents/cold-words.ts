/** How the cold clock looks and reads. Its words round down: nobody is told more time than there is. */
import type { ColdClock, ColdLevel } from '../../shared/cold-clock.ts';
import { number } from '../ui/format.ts';
import type { Look } from '../ui/statuses.ts';
import { t } from '../ui/words.ts';

export interface ClockLook extends ColdClock {
  level: ColdLevel;
}
export const levelLooks: Readonly<Record<ColdLevel, Look>> = {
  danger: { word: 'cold.level.danger', shape: 'octagon', tone: 'danger' },
  soon: { word: 'cold.level.soon', shape: 'half', tone: 'warn' },
  later: { word: 'cold.level.later', shape: 'clock', tone: 'quiet' },
};

/** Longer than this nobody can tell; it is never said to be safe. */
const LONG = 240;
const downTo = (step: number, value: number): number => Math.floor(value / step) * step;

/** now, ≈ 12 min, ≈ 40 min, ≈ 2.5 h, > 4 h */
export function timeLeft(minutes: number): string {
  if (minutes < 1) return t('cold.now');
  if (minutes < 15) return t('cold.minutes', { minutes: Math.floor(minutes) });
  if (minutes < 100) return t('cold.minutes', { minutes: downTo(5, minutes) });
  if (minutes < LONG) return t('cold.hours', { hours: number(downTo(30, minutes) / 60) });
  return t('cold.long', { hours: LONG / 60 });
}
/** Level and time together, e.g. Danger ≈ 12 min. */
export const clockWords = ({ level, minutes }: ClockLook): string =>
  t('cold.left', { level: t(levelLooks[level].word), left: timeLeft(minutes) });

/** Its reasons in words, what tells most first. */
export const reasonWords = ({ reasons }: ColdClock): string[] =>
  reasons.map(({ code, values }) => t(`cold.reason.${code}`, values));
