/** The squares of what is looked at: fetched for the view, again after a move, and every minute. */
import { onScopeDispose, shallowRef, watch, type Ref } from 'vue';
import { readCoverage } from '../../shared/coverage.ts';
import { call } from '../live/call.ts';
import { ruleOf } from '../ui/boot.ts';
import type { CoverageLayer } from './layer.ts';
import { stepEnds } from './steps.ts';

/** Hours that count as long where this page was not told the station's own. */
const USUAL_LONG_AGO_H = 24;
const SETTLE_MS = 250;
const EVERY_MS = 60_000;

/** Keeps the layer true while `on`; ends with its scope. */
export function useCoverage(layer: CoverageLayer, on: Ref<boolean>) {
  const ends = stepEnds(ruleOf('coverage.long_ago') ?? USUAL_LONG_AGO_H);
  const failed = shallowRef(false);
  const more = shallowRef(false);
  const empty = shallowRef(false);
  const upTo = shallowRef<string | null>(null);
  let abort: AbortController | null = null;
  let settling: ReturnType<typeof setTimeout> | undefined;
  let timer: ReturnType<typeof setInterval> | undefined;
  let stopView: (() => void) | null = null;

  const load = async (): Promise<void> => {
    // an answer about a view that is gone is of no use
    abort?.abort();
    const own = new AbortController();
    abort = own;
    try {
      const found = await call(readCoverage, { query: { bbox: layer.box() }, signal: own.signal });
      if (own.signal.aborted) return;
      layer.draw(found.grid, found.cells, ends);
      failed.value = false;
      more.value = found.more;
      empty.value = found.cells.length === 0;
      upTo.value = found.upTo;
    } catch {
      // what was drawn stays, and the legend says that it is old
      if (!own.signal.aborted) failed.value = true;
    }
  };
  const soon = (): void => {
    clearTimeout(settling);
    settling = setTimeout(() => void load(), SETTLE_MS);
  };
  const stop = (): void => {
    abort?.abort();
    clearTimeout(settling);
    clearInterval(timer);
    stopView?.();
    stopView = null;
  };
  watch(
    on,
    (wanted) => {
      stop();
      if (!wanted) {
        layer.clear();
        return;
      }
      stopView = layer.onView(soon);
      timer = setInterval(() => {
        if (document.visibilityState === 'visible') void load();
      }, EVERY_MS);
      void load();
    },
    { immediate: true },
  );
  onScopeDispose(stop);
  return { ends, failed, more, empty, upTo };
}
