/** What the service says is wrong with a plan, each at the field it belongs to; what has no field is said above the form. */
import {
  computed,
  type ComputedRef,
  inject,
  type InjectionKey,
  onScopeDispose,
  provide,
  reactive,
  type ShallowRef,
  shallowRef,
  watch,
} from 'vue';
import type { FieldError } from '../../shared/problems.ts';
import { CallProblem } from '../live/call.ts';
import { hasWord, problemWords, t } from '../ui/words.ts';
import { homeOf } from './edit.ts';

export interface PlanErrors {
  all: ShallowRef<readonly FieldError[]>;
  /** paths that have a place on the page, and how many places */
  places: Map<string, number>;
  /** errors that belong nowhere on the page */
  homeless: ComputedRef<readonly FieldError[]>;
  at: (path: string) => readonly FieldError[];
  take: (problem: unknown) => void;
  clear: () => void;
}
const KEY: InjectionKey<PlanErrors> = Symbol('errors');

export function provideErrors(): PlanErrors {
  const all = shallowRef<readonly FieldError[]>([]);
  const places = reactive(new Map<string, number>());
  const homes = computed(() => new Map(all.value.map((error) => [error, homeOf(error.path, places.keys())])));
  const errors: PlanErrors = {
    all,
    places,
    homeless: computed(() => all.value.filter((error) => homes.value.get(error) === null)),
    at: (path) => all.value.filter((error) => homes.value.get(error) === path),
    take: (problem) => {
      all.value = problem instanceof CallProblem ? problem.errors : [];
    },
    clear: () => {
      all.value = [];
    },
  };
  provide(KEY, errors);
  return errors;
}
/** The errors of one path, kept as long as its field is on the page; a step that moves has another path. */
export function useErrorsAt(path: () => string): ComputedRef<readonly string[]> {
  const errors = inject(KEY, null);
  if (!errors) return computed(() => []);
  const count = (at: string, by: 1 | -1): void => {
    const left = (errors.places.get(at) ?? 0) + by;
    if (left > 0) errors.places.set(at, left);
    else errors.places.delete(at);
  };
  watch(
    path,
    (next, before) => {
      if (before !== undefined) count(before, -1);
      count(next, 1);
    },
    { immediate: true, flush: 'sync' },
  );
  onScopeDispose(() => count(path(), -1));
  return computed(() => errors.at(path()).map(errorWords));
}
/** Whether anything is wrong at or below a path, so that what is folded opens. */
export function useWrongBelow(path: () => string): ComputedRef<boolean> {
  const errors = inject(KEY, null);
  return computed(() => errors?.all.value.some((error) => homeOf(error.path, [path()]) !== null) === true);
}
/** What is wrong, in words where there are any. */
export const errorWords = (error: FieldError): string =>
  hasWord(`admin.error.${error.code}`)
    ? t(`admin.error.${error.code}`)
    : hasWord(`problem.${error.code}`)
      ? problemWords(error.code)
      : error.message;
