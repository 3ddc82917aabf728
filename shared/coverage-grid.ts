/**
 * The squares of a city on a plane of its own: metres east and north of an origin, both by the scale at the origin's latitude.
 * Good to 1 % within a degree of it, which is wider than a city. Server, browser and tests all count by what stands here.
 */
import type { CoverageGrid } from './coverage.ts';
import { type LonLat, round6 } from './geo.ts';

/** Metres of one degree along the equator (WGS 84). */
const METRES_A_DEGREE = 111_320;
const RADIANS = Math.PI / 180;
/** Near the poles a degree of longitude has no length to divide by. */
const LEAST_SHARE = 0.01;

/** Metres on the plane of one degree of longitude and of latitude. */
export function metresADegree([, lat]: Readonly<LonLat>): { x: number; y: number } {
  return { x: METRES_A_DEGREE * Math.max(LEAST_SHARE, Math.cos(lat * RADIANS)), y: METRES_A_DEGREE };
}

/** The numbers by which SQL puts a position on the plane: x = (lon - lon0) * mx, y = (lat - lat0) * my, cell = floor(x / cellM). */
export function gridNumbers({ origin, cellM }: CoverageGrid): {
  lon0: number;
  lat0: number;
  mx: number;
  my: number;
  cellM: number;
} {
  const { x, y } = metresADegree(origin.coordinates);
  const [lon0, lat0] = origin.coordinates;
  return { lon0, lat0, mx: x, my: y, cellM };
}

/** Metres east and north of the origin. */
export function onPlane({ origin }: Pick<CoverageGrid, 'origin'>, [lon, lat]: Readonly<LonLat>): [number, number] {
  const { x, y } = metresADegree(origin.coordinates);
  return [(lon - origin.coordinates[0]) * x, (lat - origin.coordinates[1]) * y];
}

/** The position of metres east and north of the origin. */
export function fromPlane({ origin }: Pick<CoverageGrid, 'origin'>, [x, y]: readonly [number, number]): LonLat {
  const scale = metresADegree(origin.coordinates);
  return [round6(origin.coordinates[0] + x / scale.x), round6(origin.coordinates[1] + y / scale.y)];
}

/** The cell a position lies in. */
export function cellOf(grid: CoverageGrid, position: Readonly<LonLat>): [x: number, y: number] {
  const [x, y] = onPlane(grid, position);
  return [Math.floor(x / grid.cellM), Math.floor(y / grid.cellM)];
}

/** South-west and north-east corner of a cell. */
export function cornersOf(grid: CoverageGrid, x: number, y: number): [LonLat, LonLat] {
  return [
    fromPlane(grid, [x * grid.cellM, y * grid.cellM]),
    fromPlane(grid, [(x + 1) * grid.cellM, (y + 1) * grid.cellM]),
  ];
}

/** The middle of a cell. */
export const middleOf = (grid: CoverageGrid, x: number, y: number): LonLat =>
  fromPlane(grid, [(x + 0.5) * grid.cellM, (y + 0.5) * grid.cellM]);
