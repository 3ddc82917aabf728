/** A night that plays itself against a real service, in its own time: what must happen, what a visitor takes over, and that it comes out the same. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { staffMember } from '../../server/demo/http.ts';
import { nightDesk } from '../../server/demo/night/cast.ts';
import { type NightOptions, prepareNight } from '../../server/demo/night/night.ts';
import type { Play } from '../../server/demo/night/play.ts';
import type { Night } from '../../server/demo/night/stage.ts';
import { kerbOf } from '../../server/demo/night/streets.ts';
import { patrolId, shelterId } from '../../server/demo/place-city.ts';
import { chanceOf } from '../../server/demo/random.ts';
import { openDemo, teamOf } from '../../server/demo/seed.ts';
import { createDemoAccounts } from '../../server/users/demo.ts';
import { listDispatches, sendPatrol, stepDispatch } from '../../shared/dispatches.ts';
import { listEncounters } from '../../shared/encounters.ts';
import type { Change } from '../../shared/events.ts';
import { distanceM } from '../../shared/geo.ts';
import { listIncidents, noteIncident, readIncident } from '../../shared/incidents.ts';
import { readChanges } from '../../shared/live.ts';
import { readTrack } from '../../shared/positions.ts';
import { checkIn, listStays } from '../../shared/stays.ts';
import { listRules } from '../../shared/stations.ts';
import { createClock } from '../kit/clock.ts';
import { DATABASE_HOOK_MS } from '../kit/database.ts';
import { type EmptyService, startEmpty } from './service.ts';

const MINUTE_S = 60;
/** An hour of the night is some eight thousand calls. */
const PLAY_MS = 300_000;
const SEED = 1;

interface City {
  started: EmptyService;
  errors: string[];
  /** opens the night at the service's time and plays whole minutes of it */
  begin(options: NightOptions): Promise<{ night: Night; play: Play; minutes(count: number): Promise<void> }>;
  stop(): Promise<void>;
}

async function openCity(env: Record<string, string> = {}): Promise<City> {
  const clock = createClock(new Date().toISOString());
  const errors: string[] = [];
  const heard = (fields: object, message: string): void => {
    errors.push(`${message} ${JSON.stringify(fields)}`);
  };
  const started = await startEmpty(createDemoAccounts, clock.now, heard, env);
  const { origin } = started;
  await openDemo({ origin, seed: SEED, fresh: true, say: () => undefined });
  // what was made before the night lies behind it
  const moveTo = (ms: number): void => {
    clock.advance(Math.max(0, ms - clock.now().getTime()));
  };
  moveTo(Date.now() + 2_000);
  return {
    started,
    errors,
    async begin(options) {
      const line = { origin };
      const place = { team: teamOf(line), chance: chanceOf(SEED) };
      const { play, night } = await prepareNight(line, place, options, () => clock.now().getTime());
      return {
        play,
        night,
        minutes: (count) =>
          play.until(play.now + count * MINUTE_S, () => {
            moveTo(play.wall());
          }),
      };
    },
    stop: () => started.stop(),
  };
}

const changesSince = async (origin: string, since: number): Promise<Change[]> => {
  const { changes } = await staffMember({ origin }, 'manager').does(readChanges, { query: { since: String(since) } });
  return changes as unknown as Change[];
};

describe('a night', () => {
  let city: City;
  let played: Awaited<ReturnType<City['begin']>>;
  let manager: ReturnType<typeof staffMember>;
  let first = 0;
  beforeAll(async () => {
    city = await openCity();
    manager = staffMember({ origin: city.started.origin }, 'manager');
    played = await city.begin({ speed: 3, crews: 'play', nights: 1 });
    first = played.night.picture.state.seq;
    await played.minutes(66);
  }, PLAY_MS);
  afterAll(() => city.stop(), DATABASE_HOOK_MS);

  it('reports, merges, sends, arrives, and closes with a reason', async () => {
    const facts = await changesSince(city.started.origin, first);
    const count = (type: string): number => facts.filter((fact) => fact.type === type).length;
    expect(count('sighting.reported')).toBeGreaterThan(15);
    expect(count('incident.merged')).toBeGreaterThan(1);
    expect(count('dispatch.sent')).toBeGreaterThan(10);
    const { items } = await manager.does(listDispatches, { query: { status: 'all', limit: '500' } });
    const worked = items.filter(({ status, setByDesk }) => status === 'done' && !setByDesk);
    expect(worked.length).toBeGreaterThan(8);
    for (const { acceptedAt, onSceneAt, endedAt, dispatchedAt } of worked.slice(0, 8)) {
      const times = [dispatchedAt, acceptedAt, onSceneAt, endedAt].map((at) => Date.parse(String(at)));
      expect(times).toEqual([...times].sort((a, b) => a - b));
    }
    const closed = await manager.does(listIncidents, { query: { status: 'closed', limit: '200' } });
    const ended = closed.items.filter(({ mergedInto }) => mergedInto === null);
    expect(ended.length).toBeGreaterThan(12);
    for (const { closeReason } of ended) expect(closeReason).toMatch(/\S{4,}/);
  });

  it('meets people who come along, who refuse, and nobody', async () => {
    const { items } = await manager.does(listEncounters, { query: { limit: '500' } });
    const tonight = items.filter(({ dispatchId, setByDesk }) => dispatchId !== null && !setByDesk);
    const outcomes = new Set(tonight.flatMap(({ people }) => people.map(({ outcome }) => outcome)));
    for (const outcome of ['brought_in', 'took_items', 'refused'] as const) expect(outcomes).toContain(outcome);
    expect(tonight.some(({ notFoundReason }) => notFoundReason === 'gone')).toBe(true);
    expect(tonight.some(({ notFoundReason }) => notFoundReason === 'place_unclear')).toBe(true);
    expect(tonight.some(({ handouts }) => handouts.length > 0)).toBe(true);
    const stays = await manager.does(listStays, { query: { status: 'all', limit: '500' } });
    expect(stays.items.filter(({ holdId }) => holdId !== null).length).toBeGreaterThan(2);
    const facts = await changesSince(city.started.origin, first);
    const boards = facts.flatMap(({ payload }) => payload.shelters ?? []);
    expect(boards.some(({ status, occupiedBeds }) => status === 'full' && occupiedBeds.any > 0)).toBe(true);
  });

  it('goes to danger first', async () => {
    const { items } = await manager.does(listIncidents, { query: { status: 'all', limit: '500' } });
    const began = played.play.wall() - played.play.now * (1000 / played.play.speed);
    const waits = (priority: string): number[] =>
      items
        .filter(
          (row) => row.priority === priority && row.firstDispatchedAt !== null && Date.parse(row.openedAt) > began,
        )
        .map((row) => Date.parse(String(row.firstDispatchedAt)) - Date.parse(row.openedAt));
    expect(waits('life_risk').length).toBeGreaterThan(0);
    // a visitor can always be first
    for (const wait of [...waits('life_risk'), ...waits('urgent'), ...waits('normal')])
      expect(wait * played.play.speed).toBeGreaterThan(55_000);
    expect(Math.max(...waits('life_risk')) * played.play.speed).toBeLessThan(6 * 60_000);
  });

  it('drives along streets at believable speeds; one tracker falls silent and comes back', async () => {
    const rules = await manager.does(listRules);
    const most = Number(rules.items.filter(({ key }) => key === 'positions.max_speed').at(-1)?.value);
    const chance = chanceOf(SEED);
    for (let n = 0; n < 6; n += 1) {
      const { items } = await manager.does(readTrack, { params: { id: patrolId(chance, n) } });
      expect(items.filter(({ marks }) => marks.length > 0)).toEqual([]);
      const moving = items.filter(({ speedMps }) => (speedMps ?? 0) > 0.5);
      const onStreet = moving.filter(({ position }) => kerbOf(position.coordinates).metres < 40);
      if (n !== 4) expect(moving.length).toBeGreaterThan(80);
      expect(onStreet.length).toBeGreaterThanOrEqual(moving.length * 0.8);
      for (const { speedMps } of moving) expect((speedMps ?? 0) * 3.6 * played.play.speed).toBeLessThan(most);
      items.slice(1).forEach(({ at, position }, m) => {
        const before = items[m];
        if (!before) return;
        const seconds = (Date.parse(at) - Date.parse(before.at)) / 1000;
        // the noise of two fixes aside
        const metres = Math.max(0, distanceM(before.position.coordinates, position.coordinates) - 15);
        expect(metres / Math.max(0.5, seconds)).toBeLessThan(most / 3.6);
      });
      const gaps = items.slice(1).map(({ at }, m) => (Date.parse(at) - Date.parse(items[m]?.at ?? at)) / 1000);
      if (n === 1) expect(Math.max(...gaps)).toBeGreaterThan(600);
    }
  });

  it('leaves the desk to a visitor who acts there, and the patrol to whoever takes its steps', async () => {
    const { origin } = city.started;
    const visitor = staffMember({ origin }, 'dispatcher');
    const { items } = await visitor.does(listIncidents, { query: { status: 'open', limit: '100' } });
    const [open] = items.filter(({ position, lane }) => position !== null && lane === null);
    expect(open).toBeDefined();
    const id = open?.id ?? '';
    await visitor.does(noteIncident, { params: { id }, body: { text: '我来处理' } });
    await played.minutes(0.5);
    const since = played.night.picture.state.seq;
    await played.minutes(8);
    const quiet = await changesSince(origin, since);
    const ofTheDesk = (type: string): boolean => /^incident\.(seen|merged|closed|changed)|^dispatch\.sent/.test(type);
    expect(quiet.some(({ type }) => type === 'sighting.reported')).toBe(true);
    expect(quiet.filter(({ type }) => ofTheDesk(type))).toEqual([]);
    // what it sees again is not forgotten: the desk goes on when the visitor does not
    await played.minutes(6);
    const later = await changesSince(origin, since);
    expect(later.some(({ type }) => ofTheDesk(type))).toBe(true);
    const detail = await manager.does(readIncident, { params: { id } });
    const seenBy = detail.timeline.filter(({ kind }) => kind === 'noted').map(({ actorName }) => actorName);
    expect(seenBy).not.toContain(undefined);

    // the first patrol gets a job from the visitor's desk, and the visitor's crew takes it
    const own = patrolId(chanceOf(SEED), 0);
    const busy = Object.values(played.night.picture.state.dispatches).find(({ patrolId: by }) => by === own);
    if (busy)
      await visitor.does(stepDispatch, { params: { id: busy.id }, body: { status: 'recalled', reason: '换我来' } });
    const still = await visitor.does(listIncidents, { query: { status: 'open', limit: '100' } });
    const [next] = still.items.filter(({ position, lane }) => position !== null && lane === null);
    const job = chanceOf(99).id('a visitor sends');
    await visitor.does(sendPatrol, { body: { id: job, incidentId: next?.id ?? '', patrolId: own } });
    await staffMember({ origin }, 'crew').does(stepDispatch, { params: { id: job }, body: { status: 'accepted' } });
    await played.minutes(6);
    const { items: jobs } = await visitor.does(listDispatches, { query: { patrolId: own, status: 'active' } });
    expect(jobs).toMatchObject([{ id: job, status: 'accepted' }]);
    await visitor.does(stepDispatch, { params: { id: job }, body: { status: 'recalled', reason: '试完了' } });
  });

  it('leaves a house to a visitor who opens its door', async () => {
    const { origin } = city.started;
    const visitor = staffMember({ origin }, 'shelter');
    const house = shelterId(chanceOf(SEED), 0);
    const { id } = await visitor.does(checkIn, {
      body: { id: chanceOf(99).id('a visitor lets in'), shelterId: house, note: '访客登记' },
    });
    await played.minutes(0.5);
    const since = played.night.picture.state.seq;
    await played.minutes(8);
    const facts = await changesSince(origin, since);
    const stays = facts.flatMap(({ payload }) => payload.stays ?? []).filter(({ shelterId: at }) => at === house);
    // those with a crew before the door are not left in the cold
    expect(stays.filter((stay) => stay.id !== id && stay.holdId === null)).toEqual([]);
    expect(
      facts.filter(({ type, payload }) => type === 'shelter.changed' && payload.shelters?.[0]?.id === house),
    ).toEqual([]);
  });

  it("comes back to a kept city as another night; crews that are the visitor's accept nothing and stand still", async () => {
    const again = await city.begin({ speed: 3, crews: 'manual', nights: 2 });
    const since = again.night.picture.state.seq;
    const before = new Map(again.night.picture.fixes);
    await again.minutes(14);
    const facts = await changesSince(city.started.origin, since);
    expect(facts.some(({ type }) => type === 'sighting.reported')).toBe(true);
    expect(facts.some(({ type }) => type === 'dispatch.sent')).toBe(true);
    // the desk may call one back for a danger to life; nobody takes a step
    const steps = facts.filter(({ type }) => type === 'dispatch.stepped').flatMap(({ payload }) => payload.dispatches);
    expect(steps.filter((row) => row?.status !== 'recalled')).toEqual([]);
    for (const [num, { position }] of again.night.picture.fixes)
      expect(distanceM(position, before.get(num)?.position ?? [0, 0])).toBeLessThan(5);
  });

  it('never made the service fail', () => {
    expect(city.errors).toEqual([]);
  });

  it('acts under its own names', async () => {
    const { items } = await manager.does(listIncidents, { query: { status: 'closed', limit: '5' } });
    const details = await Promise.all(items.map(({ id }) => manager.does(readIncident, { params: { id } })));
    const names = details.flatMap(({ timeline }) => timeline.map(({ actorName }) => actorName));
    expect(names).toContain(nightDesk.name);
    expect(names).not.toContain('站长');
  });
});

describe('the same seed', () => {
  it(
    'comes out the same on a real service: who is sent where, when, and what they meet',
    async () => {
      const script = async (): Promise<string[]> => {
        // what the service does by itself it does by true time, however fast the night plays
        const city = await openCity({ ROLES: 'http,relay' });
        try {
          const played = await city.begin({ speed: 8, crews: 'play', nights: 1 });
          // the rule was laid over: beyond 180 km/h of real time nobody would believe their tracks
          expect(played.night.mostKmh * 8).toBeGreaterThan(300);
          const since = played.night.picture.state.seq;
          const began = played.play.wall();
          await played.minutes(11);
          const names = new Map(Object.values(played.night.picture.state.patrols).map(({ id, name }) => [id, name]));
          return (await changesSince(city.started.origin, since)).map(({ type, at, payload }) => {
            const seconds = Math.round(((Date.parse(at) - began) / 1000) * 8);
            const who = (payload.dispatches ?? []).map(
              ({ patrolId: id, status }) => `${names.get(id) ?? ''} ${status}`,
            );
            const where = (payload.incidents ?? [])
              .map(({ placeText, status }) => `${placeText ?? ''} ${status}`)
              .sort();
            return [String(seconds), type, ...who, ...where].join(' | ');
          });
        } finally {
          await city.stop();
        }
      };
      const one = await script();
      expect(one.length).toBeGreaterThan(20);
      expect(await script()).toEqual(one);
    },
    PLAY_MS,
  );
});
