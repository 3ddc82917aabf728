/**
 * Squares painted on one canvas under everything else: each look is one stroke of the pen, so that twenty thousand squares take a
 * few milliseconds. While a zoom is under way the picture is stretched; the end paints it sharp.
 */
import * as L from 'leaflet';
import type { LonLat } from '../../shared/geo.ts';
import { onSquare } from './dots.ts';
import { onPalette } from './palette.ts';

/** South-west and north-east corner. */
export type Square = readonly [LonLat, LonLat];
/** How a group of squares is painted; colours are names of tokens, read as the page is now. */
export interface SquareLook {
  fill?: { token: string; alpha: number };
  /** what stands on the fill: so many dots, or lines across */
  mark?: { token: string; dots: number } | { token: string; hatch: true };
  stroke?: { token: string; width: number };
  /** pixels that a square has at least on the screen, so that from afar it does not vanish */
  leastPx: number;
}
export interface SquareGroup {
  squares: readonly Square[];
  look: SquareLook;
}
export interface Squares {
  /** Paints these groups, the later ones above, at the next frame. */
  draw: (groups: readonly SquareGroup[]) => void;
  remove: () => void;
}
/** How much more than the view is painted on each side, so that a drag shows no bare edge. */
const PAD = 0.2;
/** Side of the tile that marks repeat in. */
const TILE = 14;

function tokenOf(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
/** The mark as something to fill with; null where the browser makes none. */
function patternOf(pen: CanvasRenderingContext2D, mark: NonNullable<SquareLook['mark']>): CanvasPattern | null {
  const tile = document.createElement('canvas');
  tile.width = TILE;
  tile.height = TILE;
  const ink = tile.getContext('2d');
  if (!ink) return null;
  ink.fillStyle = tokenOf(mark.token);
  ink.strokeStyle = ink.fillStyle;
  if ('hatch' in mark) {
    ink.lineWidth = 1.5;
    ink.beginPath();
    for (const shift of [-TILE, 0, TILE]) {
      ink.moveTo(shift, TILE);
      ink.lineTo(shift + TILE, 0);
    }
    ink.stroke();
  } else {
    for (let dot = 0; dot < mark.dots; dot += 1)
      ink.fillRect(2 + (dot % 2) * (TILE / 2), 2 + Math.floor(dot / 2) * (TILE / 2), 2, 2);
  }
  return pen.createPattern(tile, 'repeat');
}

/** A layer of squares on `map`, above the areas and below every sign. */
export function createSquares(map: L.Map): Squares {
  const pane = map.getPane('squares') ?? map.createPane('squares');
  pane.style.zIndex = '405';
  pane.style.pointerEvents = 'none';
  const canvas = document.createElement('canvas');
  canvas.className = 'map-squares leaflet-zoom-animated';
  canvas.setAttribute('aria-hidden', 'true');
  pane.append(canvas);
  const pen = canvas.getContext('2d');
  let groups: readonly SquareGroup[] = [];
  let origin = L.point(0, 0);
  let frame = 0;

  const paint = (): void => {
    frame = 0;
    if (!pen) return;
    const view = map.getSize();
    const size = view.multiplyBy(1 + 2 * PAD).round();
    if (canvas.width !== size.x || canvas.height !== size.y) {
      canvas.width = size.x;
      canvas.height = size.y;
    }
    origin = map.containerPointToLayerPoint(view.multiplyBy(-PAD)).round();
    L.DomUtil.setPosition(canvas, origin);
    pen.clearRect(0, 0, size.x, size.y);
    const zero = map.getPixelOrigin().add(origin);
    // pixels of the whole world
    const world = 256 * 2 ** map.getZoom();
    for (const { squares, look } of groups) {
      pen.beginPath();
      for (const [low, high] of squares) {
        const [west, south] = onSquare(low);
        const [east, north] = onSquare(high);
        const [x, y] = [west * world - zero.x, north * world - zero.y];
        const wide = Math.max(look.leastPx, (east - west) * world);
        const tall = Math.max(look.leastPx, (south - north) * world);
        if (x + wide < 0 || y + tall < 0 || x > size.x || y > size.y) continue;
        // whole pixels, or neighbours would show seams
        const left = Math.round(x);
        const top = Math.round(y);
        const inset = look.stroke && wide > 8 ? look.stroke.width : 0;
        pen.rect(
          left + inset / 2,
          top + inset / 2,
          Math.round(x + wide) - left - inset,
          Math.round(y + tall) - top - inset,
        );
      }
      if (look.fill) {
        pen.globalAlpha = look.fill.alpha;
        pen.fillStyle = tokenOf(look.fill.token);
        pen.fill();
        pen.globalAlpha = 1;
      }
      const pattern = look.mark && patternOf(pen, look.mark);
      if (pattern) {
        pen.fillStyle = pattern;
        pen.fill();
      }
      if (look.stroke) {
        pen.lineWidth = look.stroke.width;
        pen.strokeStyle = tokenOf(look.stroke.token);
        pen.stroke();
      }
    }
  };
  const later = (): void => {
    frame ||= requestAnimationFrame(paint);
  };
  const stretch = (event: L.ZoomAnimEvent): void => {
    const corner = map.layerPointToLatLng(origin);
    const shift = L.DomUtil.getPosition(map.getPane('mapPane') ?? pane);
    const newOrigin = map.project(event.center, event.zoom).subtract(map.getSize().divideBy(2)).add(shift).round();
    L.DomUtil.setTransform(canvas, map.project(corner, event.zoom).subtract(newOrigin), map.getZoomScale(event.zoom));
  };
  map.on('moveend zoomend viewreset resize', later);
  map.on('zoomanim', stretch);
  const stopPalette = onPalette(later);
  return {
    draw: (next) => {
      groups = next;
      later();
    },
    remove: () => {
      cancelAnimationFrame(frame);
      map.off('moveend zoomend viewreset resize', later);
      map.off('zoomanim', stretch);
      stopPalette();
      canvas.remove();
    },
  };
}
