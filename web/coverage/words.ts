/** Why to look at a place, in words. */
import type { LookHere } from '../../shared/coverage.ts';
import { age, duration } from '../ui/format.ts';
import type { Look } from '../ui/statuses.ts';
import { hasWord, t } from '../ui/words.ts';

/** What it is called; a square has no name of its own, but it may lie in an area that has one. */
export const lookName = ({ name, kind }: LookHere, area: string | null = null): string =>
  name ?? (kind === 'cell' && area !== null ? t('coverage.kind.cell_in', { area }) : t(`coverage.kind.${kind}`));
/** When somebody was last there; '' for a square that nobody ever passed, which is its reason already. */
export function lastWords({ lastAt, kind }: LookHere, now: Date): string {
  if (lastAt !== null) return t(kind === 'site' ? 'site.visited' : 'coverage.passed', { age: age(lastAt, now) });
  return kind === 'site' ? t('site.visited_never') : '';
}
/** Each reason by itself; when a visit is due it says by how much. A reason of a newer server stands as it is. */
export const reasonWords = ({ kind, reasons, dueAt, lastAt }: LookHere, now: Date): string[] =>
  // a place says by itself when it was last visited
  reasons
    .filter((code) => kind === 'cell' || (code !== 'never' && code !== 'long_ago'))
    .map((code) => {
      if (code === 'visit_due' && dueAt !== null && lastAt !== null) {
        const late = now.getTime() - Date.parse(dueAt);
        return late > 0 ? t('site.overdue', { time: duration(late) }) : t('site.due_in', { time: duration(-late) });
      }
      return hasWord(`coverage.reason.${code}`) ? t(`coverage.reason.${code}`) : code;
    });
export function lookLook({ reasons, dueAt }: LookHere, now: Date): Look {
  if (dueAt !== null && Date.parse(dueAt) <= now.getTime())
    return { shape: 'triangle', tone: 'danger', word: 'coverage.look.due' };
  if (reasons.includes('never')) return { shape: 'diamond', tone: 'warn', word: 'coverage.look.never' };
  return { shape: 'clock', tone: 'quiet', word: 'coverage.look.long' };
}
