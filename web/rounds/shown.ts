/** Which round or run the large map shows; lists choose it, the map draws it. */
import { type ShallowRef, shallowRef } from 'vue';

export type ShownWay = { kind: 'round' | 'run'; id: string } | null;
const way = shallowRef<ShownWay>(null);
export const shownWay: Readonly<ShallowRef<ShownWay>> = way;
/** Shows it, or with null nothing. */
export function showWay(next: ShownWay): void {
  way.value = next;
}
export const isShown = (kind: 'round' | 'run', id: string): boolean => way.value?.kind === kind && way.value.id === id;
