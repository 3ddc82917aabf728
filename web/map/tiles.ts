/** The base map under everything else: it may fail at any time, and the map then goes on with outlines. */
import * as L from 'leaflet';
import type { BaseMap } from '../../shared/tiles.ts';
import { isNight, onPalette } from './palette.ts';
import type { VectorMap } from './vector.ts';

/** How long between tries while the base map does not answer. */
const RETRY_MS = 30_000;

/** A kind of base map; it says of what it asked for whether it came. */
interface Source {
  /** asks once more for what did not come */
  retry: () => void;
  remove: () => void;
}
type Hear = (answered: boolean) => void;

function drawPictures(map: L.Map, url: string, hear: Hear): Source {
  const layer = L.tileLayer(url, { maxZoom: 19, className: 'map-tiles' });
  let missed = '';
  let came = 0;
  layer.on('loading', () => {
    missed = '';
    came = 0;
  });
  layer.on('tileload', () => {
    came += 1;
    hear(true);
  });
  layer.on('tileerror', ({ tile }) => {
    missed = tile.src;
  });
  // A single picture may be missing at the border of what the operator has; none at all is no answer.
  layer.on('load', () => {
    if (missed !== '' && came === 0) hear(false);
  });
  layer.addTo(map);
  return {
    retry: () => {
      // what is drawn stays until there is something to draw
      const probe = new Image();
      probe.addEventListener('load', () => layer.redraw());
      probe.src = missed;
    },
    remove: () => layer.remove(),
  };
}

function drawVectors(map: L.Map, url: string, hear: Hear): Source {
  let opened: Promise<VectorMap> | null = null;
  let layer: L.GridLayer | null = null;
  let gone = false;
  const draw = async (): Promise<void> => {
    try {
      opened ??= import('./vector.ts').then(({ openVectorMap }) => openVectorMap(url, hear));
      const vectors = await opened;
      if (gone) return;
      const next = vectors.layer({ night: isNight(), language: document.documentElement.lang });
      layer?.remove();
      layer = next.addTo(map);
    } catch {
      hear(false);
    }
  };
  const stopHearing = onPalette(() => void draw());
  void draw();
  return {
    retry: () => {
      // a file that was opened remembers its failures
      opened = null;
      void draw();
    },
    remove: () => {
      gone = true;
      stopHearing();
      layer?.remove();
    },
  };
}

/** Draws the base map and its attribution; answers how to take it away. `noTiles` is said, small, while it does not answer. */
export function drawTiles(map: L.Map, { kind, url, attribution }: BaseMap, noTiles: string): () => void {
  const el = map.getContainer();
  const line = document.createElement('div');
  line.className = 'map-attribution';
  line.textContent = attribution;
  const note = document.createElement('div');
  note.className = 'map-away';
  note.setAttribute('role', 'status');
  el.append(line, note);
  const hear: Hear = (answered) => {
    if (el.classList.contains('with-tiles') !== answered) el.classList.toggle('with-tiles', answered);
    const words = answered ? '' : noTiles;
    if (note.textContent !== words) note.textContent = words;
  };
  const source = (kind === 'pmtiles' ? drawVectors : drawPictures)(map, url, hear);
  const retry = (): void => {
    if (note.textContent !== '') source.retry();
  };
  const timer = setInterval(retry, RETRY_MS);
  window.addEventListener('online', retry);
  return () => {
    clearInterval(timer);
    window.removeEventListener('online', retry);
    source.remove();
    line.remove();
    note.remove();
  };
}
