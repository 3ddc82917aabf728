/** Warm places: nearest first by the phone's own place, which never leaves it, a map when asked for, and a copy for when there is no network. */
import '../ui/tokens.css';
import './public.css';
import type { LonLat } from '../../shared/geo.ts';
import type { BaseMap } from '../../shared/tiles.ts';
import type { Outline } from '../map/outlines.ts';
import { allowKnownStrings } from '../ui/trusted.ts';
import { locate } from './locate.ts';
import { all, find, onDo, pageData, type PageData, showScripted, worder } from './page.ts';

interface ShelterData extends PageData {
  tiles: BaseMap | null;
}
const data = pageData<ShelterData>();
const word = worder(data.words);
showScripted();

const EARTH_M = 6_371_009; // mean radius, IUGG
/** Great-circle distance in metres; shared/geo.ts has it too, with a library that this page does without. */
function distanceM([lonA, latA]: LonLat, [lonB, latB]: LonLat): number {
  const rad = Math.PI / 180;
  const h =
    Math.sin(((latB - latA) * rad) / 2) ** 2 +
    Math.cos(latA * rad) * Math.cos(latB * rad) * Math.sin(((lonB - lonA) * rad) / 2) ** 2;
  return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(h)));
}

const status = find('.near-status');
const say = (text: string): void => {
  if (status) status.textContent = text;
};
const positionOf = (item: HTMLElement): LonLat | null => {
  const { lon, lat } = item.dataset;
  return lon === undefined || lat === undefined ? null : [Number(lon), Number(lat)];
};

function sortFrom(here: LonLat): void {
  const number = new Intl.NumberFormat(data.locale, { maximumSignificantDigits: 2 });
  for (const list of all('.places')) {
    const measured = all('.warm', list).map((item) => {
      const position = positionOf(item);
      return { item, metres: position ? distanceM(here, position) : Infinity };
    });
    measured.sort((a, b) => a.metres - b.metres);
    for (const { item, metres } of measured) {
      const place = find('.distance', item);
      const far = metres >= 1_000;
      if (place && metres < Infinity)
        place.textContent = word(far ? 'kilometres' : 'metres', { n: number.format(far ? metres / 1_000 : metres) });
    }
    list.replaceChildren(...measured.map(({ item }) => item));
  }
  // what was typed before no longer says how the list is sorted
  for (const answer of all('.asked')) answer.hidden = true;
  say(word('near'));
}

onDo('near', () => {
  say(word('locating'));
  locate().then(
    ({ lon, lat }) => {
      sortFrom([lon, lat]);
    },
    (error: unknown) => {
      say(word(error instanceof Error && error.message === 'denied' ? 'denied' : 'failed'));
    },
  );
});

const nameOf = (item: HTMLElement): HTMLElement | null => find('h2, h3', item);

let drawn = false;
async function drawMap(box: HTMLElement): Promise<void> {
  drawn = true;
  // before the map's library is loaded
  allowKnownStrings();
  const [{ showPlaces }, outlines] = await Promise.all([
    import('./places-map.ts'),
    fetch('/report/outlines').then((response) => response.json() as Promise<{ items: Outline[] }>),
  ]);
  const places = all('.warm').flatMap((item) => {
    const position = positionOf(item);
    return position ? [{ id: item.dataset['id'] ?? '', name: nameOf(item)?.textContent ?? '', position }] : [];
  });
  const words = {
    map: word('map.name'),
    zoomIn: word('map.in'),
    zoomOut: word('map.out'),
    all: word('map.all'),
    noTiles: word('map.away'),
  };
  showPlaces(box, {
    places,
    outlines: outlines.items,
    tiles: data.tiles,
    words,
    onPick: (id) => {
      const item = all('.warm').find((each) => each.dataset['id'] === id);
      item?.scrollIntoView({ block: 'center' });
      if (item) find('a', nameOf(item) ?? item)?.focus({ preventScroll: true });
    },
  });
}
onDo('map', (button) => {
  const box = find('.map');
  if (!box) return;
  box.hidden = !box.hidden;
  button.setAttribute('aria-expanded', String(!box.hidden));
  button.textContent = word(box.hidden ? 'map' : 'map.hide');
  if (drawn || box.hidden) return;
  drawMap(box).catch(() => {
    drawn = false;
    box.hidden = true;
    button.setAttribute('aria-expanded', 'false');
    button.textContent = word('map');
    say(word('map.failed'));
  });
});
window.addEventListener('offline', () => {
  say(word('offline'));
});

/** A browser that has no worker, or refuses it, has the page as it is. */
async function startWorker(): Promise<void> {
  try {
    if (!('serviceWorker' in navigator)) return;
    allowKnownStrings();
    await navigator.serviceWorker.register('/shelters/sw.js', { scope: '/shelters' });
  } catch {
    // private mode, or a policy of the phone's owner
  }
}
void startWorker();
