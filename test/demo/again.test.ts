/** The playing night's desk sends somebody again to whoever refused, in the night's own time. */
import { expect, it } from 'vitest';
import { lookAgain } from '../../server/demo/night/again.ts';
import { Play } from '../../server/demo/night/play.ts';
import type { Night } from '../../server/demo/night/stage.ts';
import { chanceOf } from '../../server/demo/random.ts';
import type { Person } from '../../server/demo/http.ts';
import { takeRecheck } from '../../shared/rechecks.ts';

it('not at once, once at a time, and again when nobody was met', async () => {
  const sent: { id: string; patrolId: string | undefined }[] = [];
  const desk: Person = {
    does: (endpoint, asked) => {
      expect([endpoint.name, asked?.params]).toEqual([takeRecheck.name, { id: 'refused' }]);
      sent.push(asked?.body as (typeof sent)[number]);
      return Promise.resolve({} as never);
    },
  };
  const recheck = { id: 'refused', incidentId: 'there', status: 'waiting' };
  const incident = { id: 'there', code: 'A1', patrolIds: [] as string[] };
  const play = new Play(1, 0);
  const state = { rechecks: { refused: recheck }, incidents: { there: incident } };
  const night = { play, picture: { state }, cast: { desk }, chance: chanceOf(1) } as unknown as Night;
  let free: string | undefined = 'patrol';
  const chore = lookAgain(night, () => Promise.resolve(free));
  const at = async (minute: number): Promise<boolean> => {
    await play.until(minute * 60);
    return chore();
  };
  expect([await at(0), await at(34)]).toEqual([false, false]);
  free = undefined;
  expect(await at(75)).toBe(false);
  free = 'patrol';
  expect([await at(75.5), await at(77)]).toEqual([false, true]);
  recheck.status = 'taken';
  expect(await at(80)).toBe(false);
  recheck.status = 'waiting';
  incident.patrolIds = ['patrol'];
  expect(await at(83)).toBe(false);
  incident.patrolIds = [];
  expect(await at(86)).toBe(true);
  expect(sent.map(({ patrolId }) => patrolId)).toEqual(['patrol', 'patrol']);
  expect(new Set(sent.map(({ id }) => id)).size).toBe(2);
});
