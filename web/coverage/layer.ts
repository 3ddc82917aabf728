/** Where nobody has looked, on the map: squares by the time since a patrol passed. */
import type * as L from 'leaflet';
import type { CoverageCell, CoverageGrid } from '../../shared/coverage.ts';
import { cornersOf } from '../../shared/coverage-grid.ts';
import { createSquares, type Square, type SquareGroup, type SquareLook } from '../map/squares.ts';
import { byLook, type CallLevel, coverageSteps, type CoverageStep } from './steps.ts';

export interface CoverageLayer {
  draw: (grid: CoverageGrid, cells: readonly CoverageCell[], ends: readonly number[]) => void;
  clear: () => void;
  /** Tells of each new view; answers how to stop. */
  onView: (moved: () => void) => () => void;
  /** west,south,east,north of the view with a rim, so that a small drag shows no bare edge. */
  box: () => string;
  remove: () => void;
}
/** The longer ago, the stronger the colour and the more dots stand on it; hatched is never. */
const passed = (step: number, alpha: number): SquareLook => ({
  fill: { token: `coverage-${String(step)}`, alpha },
  ...(step === 0 ? {} : { mark: { token: 'coverage-ink', dots: step } }),
  leastPx: 2,
});
const stepLooks: Readonly<Record<CoverageStep, SquareLook>> = {
  0: passed(0, 0.45),
  1: passed(1, 0.5),
  2: passed(2, 0.55),
  3: passed(3, 0.6),
  4: passed(4, 0.65),
  never: {
    fill: { token: 'coverage-never', alpha: 0.12 },
    mark: { token: 'coverage-never', hatch: true },
    leastPx: 8,
  },
};
const callLooks: Readonly<Record<Exclude<CallLevel, 'none'>, SquareLook>> = {
  some: { stroke: { token: 'coverage-call', width: 1 }, leastPx: 6 },
  much: { stroke: { token: 'coverage-call', width: 3 }, leastPx: 8 },
};

export function createCoverageLayer(map: L.Map): CoverageLayer {
  const squares = createSquares(map);
  return {
    draw: (grid, cells, ends) => {
      const square = ([x, y]: CoverageCell): Square => cornersOf(grid, x, y);
      const { fills, calls } = byLook(cells, ends);
      const groups: SquareGroup[] = [];
      for (const step of [...coverageSteps, 'never'] as const)
        groups.push({ squares: (fills.get(step) ?? []).map(square), look: stepLooks[step] });
      for (const level of ['some', 'much'] as const)
        groups.push({ squares: (calls.get(level) ?? []).map(square), look: callLooks[level] });
      squares.draw(groups.filter((group) => group.squares.length > 0));
    },
    clear: () => squares.draw([]),
    onView: (moved) => {
      map.on('moveend', moved);
      return () => map.off('moveend', moved);
    },
    box: () => {
      const view = map.getBounds().pad(0.2);
      const clamp = (value: number, most: number): string => Math.max(-most, Math.min(most, value)).toFixed(5);
      return [
        clamp(view.getWest(), 180),
        clamp(view.getSouth(), 90),
        clamp(view.getEast(), 180),
        clamp(view.getNorth(), 90),
      ].join();
    },
    remove: () => squares.remove(),
  };
}
