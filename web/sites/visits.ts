/** How it stands with looking at a known place: when somebody was there, and when somebody should be. Pure. */
import type { SiteRow } from '../../shared/sites.ts';
import { age, duration } from '../ui/format.ts';
import type { Look } from '../ui/statuses.ts';
import { t } from '../ui/words.ts';

export const visitStates = ['overdue', 'soon', 'ok', 'free'] as const;
/** 'free': nobody has to look there. 'soon': within the last quarter of its time. */
export type VisitState = (typeof visitStates)[number];
type Visited = Pick<SiteRow, 'visitEveryH' | 'visitedAt'>;
const HOUR_MS = 3_600_000;

/** When the next visit is due, epoch ms; -Infinity where nobody ever was, null where nobody has to. */
export const dueAtOf = ({ visitEveryH, visitedAt }: Visited): number | null =>
  visitEveryH === null ? null : visitedAt === null ? -Infinity : Date.parse(visitedAt) + visitEveryH * HOUR_MS;

export function visitState(site: Visited, now: Date): VisitState {
  const due = dueAtOf(site);
  if (due === null) return 'free';
  const left = due - now.getTime();
  if (left <= 0) return 'overdue';
  return left <= ((site.visitEveryH ?? 0) * HOUR_MS) / 4 ? 'soon' : 'ok';
}

export const visitLooks: Readonly<Record<VisitState, Look>> = {
  overdue: { shape: 'triangle', tone: 'danger', word: 'site.state.overdue' },
  soon: { shape: 'clock', tone: 'warn', word: 'site.state.soon' },
  ok: { shape: 'check', tone: 'ok', word: 'site.state.ok' },
  free: { shape: 'ring', tone: 'quiet', word: 'site.state.free' },
};

const visitedWords = ({ visitedAt }: Visited, now: Date): string =>
  visitedAt === null ? t('site.visited_never') : t('site.visited', { age: age(visitedAt, now) });
/** '' where nobody has to look. */
export function dueWords(site: Visited, now: Date): string {
  const due = dueAtOf(site);
  if (due === null) return '';
  if (due === -Infinity) return t('site.overdue_never');
  const left = due - now.getTime();
  return left > 0 ? t('site.due_in', { time: duration(left) }) : t('site.overdue', { time: duration(-left) });
}
/** Both, each on a line of its own; what the one says the other does not repeat. */
export function visitLines(site: Visited, now: Date): string[] {
  const due = dueWords(site, now);
  return site.visitedAt === null && due !== '' ? [due] : [due, visitedWords(site, now)].filter((words) => words !== '');
}
/** The most urgent first, then by name. */
export const byVisit =
  (now: Date) =>
  (a: SiteRow, b: SiteRow): number =>
    visitStates.indexOf(visitState(a, now)) - visitStates.indexOf(visitState(b, now)) ||
    (dueAtOf(a) ?? Infinity) - (dueAtOf(b) ?? Infinity) ||
    a.name.localeCompare(b.name);
