/** Asks the service which shelters suit people on the way, again as things change; while it cannot be asked, this device answers. */
import { onScopeDispose, type Ref, shallowRef, watch } from 'vue';
import type { LonLat } from '../../shared/geo.ts';
import { point } from '../../shared/geo.ts';
import { type Ask, matchShelters, sizeOf } from '../../shared/shelter-match.ts';
import type { HoldRow, ShelterRow } from '../../shared/shelters.ts';
import { call } from '../live/call.ts';
import { boot } from '../ui/boot.ts';
import { useNow } from '../ui/ticking.ts';
import { type BedOffer, offersOf, ownOffers } from './beds.ts';

interface Parts {
  /** null: nothing is asked for now */
  ask: Readonly<Ref<Ask | null>>;
  shelters: () => Readonly<Record<string, ShelterRow>>;
  holds: () => Readonly<Record<string, HoldRow>>;
  live: () => boolean;
  /** where they are, else the job whose patrol knows */
  from: () => LonLat | null;
  dispatchId: () => string | null;
}
/** Taps come in runs. */
const PAUSE_MS = 250;
/** Between two looks for the sake of what changed. */
const MOMENT_MS = 2_000;
/** Longer nobody stands in the cold before a list. */
const PATIENCE_MS = 4_000;
/** Nearer, later, and holds run out: asked again without a reason. */
const AGAIN_MS = 60_000;

/** Ends with its scope. */
export function useBedOffers({ ask, shelters, holds, live, from, dispatchId }: Parts) {
  const offers = shallowRef<readonly BedOffer[]>([]);
  /** who answered last; null before there is an answer */
  const by = shallowRef<'service' | 'device' | null>(null);
  /** something else was asked for than is shown */
  const asking = shallowRef(false);
  const now = useNow(AGAIN_MS);
  let timer: ReturnType<typeof setTimeout> | null = null;
  let under: AbortController | null = null;
  let outdated = false;

  async function answer(wish: Ask, signal: AbortSignal): Promise<{ offers: BedOffer[]; by: 'service' | 'device' }> {
    const at = from();
    const job = dispatchId();
    try {
      if (!live()) throw new Error('no network');
      const { items } = await call(matchShelters, {
        body: {
          people: wish.people,
          unit: wish.unit,
          needs: [...wish.needs],
          together: wish.together,
          ...(at ? { from: point(...at) } : {}),
          ...(job ? { dispatchId: job } : {}),
        },
        signal,
      });
      return { offers: offersOf(items, shelters()), by: 'service' };
    } catch {
      const clock = { now: now.value, zone: boot.timeZone };
      return { offers: ownOffers(shelters(), holds(), wish, at, clock), by: 'device' };
    }
  }
  async function look(): Promise<void> {
    timer = null;
    const wish = ask.value;
    if (!wish || sizeOf(wish.people) === 0) return;
    const mine = new AbortController();
    under = mine;
    outdated = false;
    const late = setTimeout(() => mine.abort(), PATIENCE_MS);
    const found = await answer(wish, mine.signal);
    clearTimeout(late);
    if (under !== mine) return;
    under = null;
    offers.value = found.offers;
    by.value = found.by;
    asking.value = false;
    if (outdated) refresh();
  }
  /** At once, whatever was under way. */
  function anew(pauseMs: number): void {
    if (timer !== null) clearTimeout(timer);
    under?.abort();
    under = null;
    timer = setTimeout(() => void look(), pauseMs);
  }
  /** In a moment: however much happens in the city, an answer is let come. */
  function refresh(): void {
    if (under !== null) outdated = true;
    else timer ??= setTimeout(() => void look(), MOMENT_MS);
  }
  watch(
    ask,
    (wish) => {
      asking.value = wish !== null && sizeOf(wish.people) > 0;
      anew(by.value === null ? 0 : PAUSE_MS);
    },
    { immediate: true },
  );
  watch(live, () => anew(0));
  // what is shown stays in use meanwhile: nothing is taken from under a thumb
  watch([shelters, holds, now], refresh);
  onScopeDispose(() => {
    if (timer !== null) clearTimeout(timer);
    under?.abort();
    under = null;
  });
  return { offers, by, asking };
}
