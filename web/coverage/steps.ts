/** How the squares of the map look: five steps of time since somebody passed, and one for never. Pure. */
import type { CoverageCell } from '../../shared/coverage.ts';

/** Shares of the station's "long ago" at which a step ends; after the last one there is no next. */
const SHARES = [1 / 12, 1 / 3, 1, 3] as const;
export const coverageSteps = [0, 1, 2, 3, 4] as const;
export type CoverageStep = (typeof coverageSteps)[number] | 'never';

/** Hours at which each step ends, but the last; `longAgoH` is the rule `coverage.long_ago`. */
export const stepEnds = (longAgoH: number): number[] => SHARES.map((share) => share * longAgoH);

/** The step of so many hours; -1 is never. */
export function stepOf(hours: number, ends: readonly number[]): CoverageStep {
  if (hours < 0) return 'never';
  const at = ends.findIndex((end) => hours <= end);
  return (at === -1 ? 4 : at) as CoverageStep;
}

/** How much calls to a square: its outline is the stronger the more. */
export const callLevels = ['none', 'some', 'much'] as const;
export type CallLevel = (typeof callLevels)[number];
/** Squares from this weight on are among those that call most: about three past meetings or one open sighting. */
const MUCH = 3;
export const callOf = (weight: number): CallLevel => (weight <= 0 ? 'none' : weight < MUCH ? 'some' : 'much');

/** Cells by how they are painted, so that each look is one stroke of the pen. */
export function byLook(
  cells: readonly CoverageCell[],
  ends: readonly number[],
): { fills: Map<CoverageStep, CoverageCell[]>; calls: Map<Exclude<CallLevel, 'none'>, CoverageCell[]> } {
  const fills = new Map<CoverageStep, CoverageCell[]>();
  const calls = new Map<Exclude<CallLevel, 'none'>, CoverageCell[]>();
  const put = <K>(map: Map<K, CoverageCell[]>, key: K, cell: CoverageCell): void => {
    const group = map.get(key);
    if (group) group.push(cell);
    else map.set(key, [cell]);
  };
  for (const cell of cells) {
    const [, , hours, weight] = cell;
    const step = stepOf(hours, ends);
    // never seen, and nothing calls there: that is the rest of the world
    if (step !== 'never' || weight > 0) put(fills, step, cell);
    const call = callOf(weight);
    if (call !== 'none') put(calls, call, cell);
  }
  return { fills, calls };
}
