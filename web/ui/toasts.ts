/** Short messages at the edge of the page: what was done, with undo, and what failed. */
import { type ShallowRef, shallowRef } from 'vue';
import { CallProblem, Offline } from '../live/call.ts';
import { problemWords, t } from './words.ts';

export interface Toast {
  id: number;
  tone: 'done' | 'problem';
  text: string;
  action: { label: string; run: () => void } | null;
}
const list = shallowRef<readonly Toast[]>([]);
export const toasts: Readonly<ShallowRef<readonly Toast[]>> = list;
let last = 0;
const timers = new Map<number, ReturnType<typeof setTimeout>>();
/** Long enough to read and to reach undo. */
const STAYS_MS = { done: 8000, withAction: 12_000, problem: 12_000 } as const;

export function dismiss(id: number): void {
  clearTimeout(timers.get(id));
  timers.delete(id);
  list.value = list.value.filter((toast) => toast.id !== id);
}
/** Holds a toast while the pointer or the focus is on it. */
export function holdToast(id: number): void {
  clearTimeout(timers.get(id));
}
export function releaseToast(toast: Toast): void {
  clearTimeout(timers.get(toast.id));
  const stays = toast.tone === 'problem' ? STAYS_MS.problem : toast.action ? STAYS_MS.withAction : STAYS_MS.done;
  timers.set(
    toast.id,
    setTimeout(() => dismiss(toast.id), stays),
  );
}
function show(toast: Omit<Toast, 'id'>): number {
  last += 1;
  const made = { ...toast, id: last };
  list.value = [...list.value, made].slice(-4);
  releaseToast(made);
  return last;
}

/** Says that something was done; `undo` adds a button that takes it back. */
export function say(text: string, undo?: () => void): number {
  return show({ tone: 'done', text, action: undo ? { label: t('ui.undo'), run: undo } : null });
}
/** Says what stands in the way, with a way on. */
export function ask(text: string, label: string, run: () => void): number {
  return show({ tone: 'problem', text, action: { label, run } });
}
const undoable = (): Toast | undefined => list.value.findLast(({ tone, action }) => tone === 'done' && action !== null);
export const canUndo = (): boolean => undoable() !== undefined;
/** Takes back what was said last with an undo, while it is still said. */
export function undoLast(): void {
  const toast = undoable();
  if (!toast) return;
  dismiss(toast.id);
  toast.action?.run();
}
/** Words of whatever a call threw. */
export function wordsOf(error: unknown): string {
  if (error instanceof Offline) return t('problem.offline');
  if (error instanceof CallProblem) {
    const words = problemWords(error.code);
    return error.retryAfterS === null ? words : `${words} ${t('problem.wait', { count: error.retryAfterS })}`;
  }
  return t('problem.internal');
}
/** Says what failed, with a way to try again where that helps. */
export function sayProblem(error: unknown, again?: () => void): number {
  if (!(error instanceof CallProblem) && !(error instanceof Offline)) console.error(error);
  return show({
    tone: 'problem',
    text: wordsOf(error),
    action: again && error instanceof Offline ? { label: t('ui.again'), run: again } : null,
  });
}
