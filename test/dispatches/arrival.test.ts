import { describe, expect, it } from 'vitest';
import { arrivalAt, type Trip } from '../../server/dispatches/arrival.ts';
import type { LonLat } from '../../shared/geo.ts';

const now = new Date('2026-01-15T13:00:00.000Z');
/** 0.01 degrees of latitude are 1112 m; at 10 m/s and no detour 111 s. */
const pace = { mps: 10, walkMps: 1, detour: 1 };
const [fix, scene, house]: LonLat[] = [
  [108.9, 34.2],
  [108.9, 34.21],
  [108.9, 34.23],
];
const trip = (over: Partial<Trip>): Trip => ({
  status: 'en_route',
  onSceneAt: null,
  fix: fix ?? null,
  scene: scene ?? null,
  house: house ?? null,
  walks: false,
  onSceneMin: 20,
  ...over,
});
const ago = (minutes: number): Date => new Date(now.getTime() - minutes * 60_000);
/** whole seconds from now */
const inS = (some: Partial<Trip>): number | null => {
  const eta = arrivalAt(trip(some), pace, now);
  return eta === null ? null : Math.round((eta.getTime() - now.getTime()) / 1000);
};

describe('a patrol should be at the warm place', () => {
  it.each([
    ['by the scene, with the time that takes, while it is on its way there', {}, 334 + 1200],
    ['the same before it has accepted', { status: 'dispatched' }, 334 + 1200],
    ['straight from where it is once it has people with it', { status: 'transporting' }, 334],
    ['from the scene where it has been for five minutes', { status: 'on_scene', onSceneAt: ago(5) }, 222 + 900],
    ['at once from a scene that takes longer than usual', { status: 'on_scene', onSceneAt: ago(50) }, 222],
    ['at the pace of a crew on foot', { status: 'transporting', walks: true }, 3336],
    ['from the scene when nobody knows where it is now', { status: 'transporting', fix: null }, 222],
    ['and without a scene by the straight way', { scene: null }, 334 + 1200],
    ['or nobody can say, without its position', { fix: null }, null],
    ['or nobody can say, without the place of the house', { house: null }, null],
  ] as const)('%s', (_name, some, seconds) => {
    expect(inS(some)).toBe(seconds);
  });
});
