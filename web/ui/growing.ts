/** Long lists are drawn as far as one looks: the end of what is drawn, when it comes into view, asks for more. */
import { onBeforeUnmount, onMounted, type ShallowRef, shallowRef } from 'vue';

/** How many to draw now; grows by `step` whenever `end` is seen. */
export function useGrowing(end: Readonly<ShallowRef<HTMLElement | null>>, step: number): ShallowRef<number> {
  const limit = shallowRef(step);
  let watcher: IntersectionObserver | undefined;
  onMounted(() => {
    watcher = new IntersectionObserver((entries) => {
      if (entries.some(({ isIntersecting }) => isIntersecting)) limit.value += step;
    });
    if (end.value) watcher.observe(end.value);
  });
  onBeforeUnmount(() => watcher?.disconnect());
  return limit;
}
