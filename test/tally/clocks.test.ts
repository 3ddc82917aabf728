/** How long the steps take: when a shift began, which times the night keeps, and the report against a naive count. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rows } from '../../server/db/rows.ts';
import {
  type ClockName,
  clockNames,
  clockOf,
  type ClockRow,
  incidentClocks,
  readClocks,
  shiftStart,
  targetOf,
  toldAt,
} from '../../shared/clocks.ts';
import { stepDispatch } from '../../shared/dispatches.ts';
import { recordEncounter } from '../../shared/encounters.ts';
import type { IncidentRow } from '../../shared/incidents.ts';
import { holdBed } from '../../shared/shelters.ts';
import { checkIn } from '../../shared/stays.ts';
import { listRules } from '../../shared/stations.ts';
import { addPerson, places, useApp } from '../kit/app.ts';
import { dispatch, goOut, incidentOf, report } from '../kit/builders.ts';
import { minutes } from '../kit/clock.ts';
import { expectReplay } from '../kit/replay.ts';

describe('a shift', () => {
  const day = ['08:00', '20:00'];
  it.each([
    ['Asia/Shanghai', day, '2026-01-15T13:00:00Z', '2026-01-15T12:00:00Z', 'in the evening'],
    ['Asia/Shanghai', day, '2026-01-15T12:00:00Z', '2026-01-15T12:00:00Z', 'at its first moment'],
    ['Asia/Shanghai', day, '2026-01-15T11:59:59Z', '2026-01-15T00:00:00Z', 'a second before'],
    ['Asia/Shanghai', day, '2026-01-15T17:30:00Z', '2026-01-15T12:00:00Z', 'after midnight'],
    ['Asia/Shanghai', ['23:30'], '2026-01-15T15:29:00Z', '2026-01-14T15:30:00Z', 'of a whole day'],
    ['Asia/Shanghai', ['20:00', '08:00', '14:00'], '2026-01-15T07:00:00Z', '2026-01-15T06:00:00Z', 'in any order'],
    ['Europe/Berlin', day, '2026-03-29T05:00:00Z', '2026-03-28T19:00:00Z', 'over the lost hour'],
    ['Europe/Berlin', day, '2026-03-29T06:00:00Z', '2026-03-29T06:00:00Z', 'after the lost hour'],
    ['Europe/Berlin', ['02:30'], '2026-03-29T01:29:00Z', '2026-03-28T01:30:00Z', 'before a start that is skipped'],
    ['Europe/Berlin', ['02:30'], '2026-03-29T01:30:00Z', '2026-03-29T01:30:00Z', 'that starts in the lost hour'],
    ['Europe/Berlin', ['02:30'], '2026-10-25T00:29:00Z', '2026-10-24T00:30:00Z', 'before a start that comes twice'],
    ['Europe/Berlin', ['02:30'], '2026-10-25T01:45:00Z', '2026-10-25T00:30:00Z', 'that came twice'],
    ['America/New_York', day, '2026-11-01T12:59:00Z', '2026-11-01T00:00:00Z', 'over the hour that comes twice'],
  ])('%s %j at %s began at %s, %s', (zone, starts, now, began) => {
    expect(shiftStart(starts, zone, new Date(now)).toISOString()).toBe(new Date(began).toISOString());
  });
});

const app = useApp();
const at = (ms: number): string => new Date(ms).toISOString();
const read = (query: Record<string, string> = {}) => app.east.dispatcher.call(readClocks, { query });

describe('the times of an incident', () => {
  const position = { type: 'Point' as const, coordinates: places.east };

  it('are when things happened, in whatever order they arrive', async () => {
    const crews = [await addPerson(app, 'crew', app.stations.east), await addPerson(app, 'crew', app.stations.east)];
    const { incidentId } = await report(app);
    const [first = '', second = ''] = [
      await dispatch(app, incidentId, await goOut(app, [crews[0]!])),
      await dispatch(app, incidentId, await goOut(app, [crews[1]!])),
    ];
    const sent = app.clock.now().getTime();
    app.clock.advance(minutes(30));
    const step = (crew: number, id: string, status: 'accepted' | 'on_scene', minute: number) =>
      crews[crew]!.does(stepDispatch, { params: { id }, body: { status, at: at(sent + minutes(minute)) } });
    await step(0, first, 'accepted', 9);
    await step(0, first, 'on_scene', 20);
    // the second crew was faster, and had no signal
    await step(1, second, 'accepted', 2);
    await step(1, second, 'on_scene', 12);
    const meet = (minute: number, outcomes: string[], dispatchId = second) =>
      crews[1]!.does(recordEncounter, {
        body: {
          id: randomUUID(),
          dispatchId,
          position,
          at: at(sent + minutes(minute)),
          people: outcomes.map((outcome) => ({ outcome })) as never,
        },
      });
    await meet(14, ['refused', 'refused', 'brought_in']);
    expect(await incidentOf(app.east.dispatcher, incidentId)).toMatchObject({
      acceptedAt: at(sent + minutes(2)),
      arrivedAt: at(sent + minutes(12)),
      safeAt: null,
      refusals: 2,
    });
    await meet(25, ['guided']);
    await meet(18, ['took_items', 'refused']);
    expect(await incidentOf(app.east.dispatcher, incidentId)).toMatchObject({
      safeAt: at(sent + minutes(18)),
      refusals: 3,
    });
  });

  it('say safe when the first one who came along has a bed', async () => {
    const crew = await addPerson(app, 'crew', app.stations.east);
    const { incidentId } = await report(app);
    const dispatchId = await dispatch(app, incidentId, await goOut(app, [crew]));
    const hold = async (): Promise<string> =>
      (
        await crew.does(holdBed, {
          params: { id: app.shelters.east },
          body: { id: randomUUID(), people: 1, for: 'somebody', dispatchId },
        })
      ).id;
    const [one, two] = [await hold(), await hold()];
    const arrive = (holdId: string) =>
      app.east.shelter.does(checkIn, { body: { id: randomUUID(), shelterId: app.shelters.east, holdId } });
    app.clock.advance(minutes(40));
    const safeAt = app.clock.now().toISOString();
    const { dispatcher, shelter } = app.east;
    await expectReplay(app, () => arrive(one), [dispatcher, shelter, crew]);
    app.clock.advance(minutes(5));
    await arrive(two);
    expect(await incidentOf(app.east.dispatcher, incidentId)).toMatchObject({ safeAt });
  });
});

describe('the report', () => {
  it('is about the running shift unless said, and about the one before when its end is', async () => {
    // 21:00 and later in Xi'an
    const { body } = await read();
    expect([body.from, body.to]).toEqual(['2026-01-15T12:00:00.000Z', app.clock.now().toISOString()]);
    expect(body.items.map(({ clock }) => clock)).toEqual(clockNames);
    const { body: before } = await read({ to: body.from });
    expect([before.from, before.to]).toEqual(['2026-01-15T00:00:00.000Z', body.from]);
    expect(before.items.every(({ count, running, p50S, within }) => count + running === 0 && p50S === within)).toBe(
      true,
    );
  });

  it('refuses what is no range, and stations elsewhere', async () => {
    const asked = async (query: Record<string, string>): Promise<number> => (await read(query)).status;
    expect(await asked({ from: at(2e12), to: at(1e12) })).toBe(422);
    expect(await asked({ from: at(1e12), to: at(2e12) })).toBe(422);
    expect(await asked({ from: 'yesterday' })).toBe(422);
    expect(await asked({ station: app.stations.west })).toBe(404);
  });

  const step = fc.option(fc.integer({ min: -60, max: 7200 }), { nil: null, freq: 3 });
  const history = fc.record({
    west: fc.boolean(),
    priority: fc.constantFrom('life_risk', 'urgent', 'normal'),
    opened: fc.integer({ min: -600, max: 4200 }),
    seen: step,
    dispatched: step,
    accepted: step,
    arrived: step,
    safe: step,
    asked: step,
    answered: step,
    closed: step,
    merged: fc.boolean(),
    met: fc.array(fc.integer({ min: 0, max: 7200 }), { maxLength: 3 }),
  });
  const callHistory = fc.record({
    west: fc.boolean(),
    rang: step,
    answered: fc.integer({ min: -600, max: 4200 }),
    talked: fc.integer({ min: 0, max: 400 }),
    outcome: fc.constantFrom('report', 'advice'),
  });
  type History = typeof history extends fc.Arbitrary<infer T> ? T : never;
  type CallHistory = typeof callHistory extends fc.Arbitrary<infer T> ? T : never;
  interface Took {
    clock: ClockName;
    tookS: number | null;
    targetS: number;
  }

  /** What percentile_cont says of sorted numbers: linear between the two nearest. */
  function percentile(values: readonly number[], part: number): number | null {
    if (values.length === 0) return null;
    const sorted = [...values].sort((a, b) => a - b);
    const place = part * (sorted.length - 1);
    const [low, high] = [sorted[Math.floor(place)]!, sorted[Math.ceil(place)]!];
    return low + (high - low) * (place - Math.floor(place));
  }
  function naive(all: readonly Took[], clock: ClockName, targetS: number): ClockRow {
    const mine = all.filter((one) => one.clock === clock);
    const ended = mine.filter((one): one is Took & { tookS: number } => one.tookS !== null);
    const values = ended.map(({ tookS }) => tookS);
    return {
      clock,
      count: ended.length,
      running: mine.length - ended.length,
      p50S: percentile(values, 0.5),
      p90S: percentile(values, 0.9),
      targetS,
      within: ended.length === 0 ? null : ended.filter((one) => one.tookS <= one.targetS).length / ended.length,
    };
  }

  /** Windows of an hour, each with a history of its own. */
  let hour = Date.parse('2025-01-01T00:00:00Z');
  const nextHour = (): number => (hour += 3 * 3_600_000);
  /** the one that merged ones went into, in another window */
  let into = '';

  async function plant(
    base: number,
    incidents: readonly History[],
    calls: readonly CallHistory[],
  ): Promise<IncidentRow[]> {
    const time = (opened: number, seconds: number | null): string | null =>
      seconds === null ? null : at(base + (opened + seconds) * 1000);
    const planted = incidents.map((one) => {
      const told = one.met.map((second) => time(one.opened, second));
      return {
        id: randomUUID(),
        station_id: one.west ? app.stations.west : app.stations.east,
        priority: one.priority,
        opened_at: time(one.opened, 0),
        seen_at: time(one.opened, one.seen),
        first_dispatched_at: time(one.opened, one.dispatched),
        accepted_at: time(one.opened, one.accepted),
        arrived_at: time(one.opened, one.arrived),
        safe_at: time(one.opened, one.safe),
        asked_at: time(one.opened, one.asked),
        answered_at: time(one.opened, one.answered),
        closed_at: time(one.opened, one.closed ?? (one.merged ? 0 : null)),
        merged: one.merged,
        told,
      };
    });
    const db = app.database.knex;
    const input = JSON.stringify(planted);
    await rows(
      db,
      `insert into incidents (id, code, station_id, lane, status, priority, people, signs, source, verified, opened_at, last_reported_at, last_seen_at,
         seen_at, first_dispatched_at, accepted_at, arrived_at, safe_at, asked_at, answered_at, closed_at)
       select id, left(id::text, 9), station_id, 'unplaced', case when closed_at is null then 'open' else 'closed' end, priority, 1, '{}', 'public', false,
         opened_at, opened_at, opened_at, seen_at, first_dispatched_at, accepted_at, arrived_at, safe_at, asked_at, answered_at, closed_at
       from jsonb_to_recordset(cast(:input as jsonb)) as x (id uuid, station_id uuid, priority text, opened_at timestamptz, seen_at timestamptz,
         first_dispatched_at timestamptz, accepted_at timestamptz, arrived_at timestamptz, safe_at timestamptz, asked_at timestamptz,
         answered_at timestamptz, closed_at timestamptz)`,
      { input },
    );
    await rows(
      db,
      `update incidents i set merged_into = cast(:into as uuid), merged_at = i.closed_at from jsonb_to_recordset(cast(:input as jsonb)) as x (id uuid, merged boolean)
       where x.id = i.id and x.merged`,
      { input, into },
    );
    await rows(
      db,
      `insert into encounters (id, station_id, incident_id, position, at, recorded_at, set_by_desk, not_found_reason)
       select gen_random_uuid(), x.station_id, x.id, st_setsrid(st_makepoint(108.97, 34.26), 4326)::geography, t.at::timestamptz, t.at::timestamptz, false, 'gone'
       from jsonb_to_recordset(cast(:input as jsonb)) as x (id uuid, station_id uuid, told jsonb) cross join jsonb_array_elements_text(x.told) as t (at)`,
      { input },
    );
    await rows(
      db,
      `insert into calls (id, station_id, rang_at, answered_at, ended_at, outcome)
       select gen_random_uuid(), station_id, rang_at, answered_at, ended_at, outcome
       from jsonb_to_recordset(cast(:input as jsonb)) as x (station_id uuid, rang_at timestamptz, answered_at timestamptz, ended_at timestamptz, outcome text)`,
      {
        input: JSON.stringify(
          calls.map(({ west, rang, answered, talked, outcome }) => ({
            station_id: west ? app.stations.west : app.stations.east,
            rang_at: time(answered, rang === null ? null : -Math.abs(rang)),
            answered_at: time(answered, 0),
            ended_at: time(answered, talked),
            outcome,
          })),
        ),
      },
    );
    return planted.map(
      (one) =>
        ({
          openedAt: one.opened_at,
          seenAt: one.seen_at,
          firstDispatchedAt: one.first_dispatched_at,
          acceptedAt: one.accepted_at,
          arrivedAt: one.arrived_at,
          safeAt: one.safe_at,
          askedAt: one.asked_at,
          answeredAt: one.answered_at,
          closedAt: one.closed_at,
          status: one.closed_at === null ? 'open' : 'closed',
          priority: one.priority,
        }) as IncidentRow,
    );
  }

  it('agrees with a count by hand, whatever the night was like', async () => {
    into = (await report(app)).incidentId;
    await rows(
      app.database.knex,
      `insert into rules (key, station_id, value, unit, source) values ('targets.seen', cast(:east as uuid), '600', 's', 'test')`,
      { east: app.stations.east },
    );
    const { items } = await app.root.dispatcher.does(listRules);
    const targetAt = (west: boolean, rule: string): number => {
      const found =
        items.find(({ key, stationId }) => key === rule && !west && stationId === app.stations.east) ??
        items.find(({ key, stationId }) => key === rule && stationId === null);
      return found?.value as number;
    };
    await fc.assert(
      fc.asyncProperty(
        fc.array(history, { maxLength: 12 }),
        fc.array(callHistory, { maxLength: 6 }),
        async (incidents, calls) => {
          const base = nextHour();
          const planted = await plant(base, incidents, calls);
          const took: (Took & { west: boolean })[] = [];
          incidents.forEach((one, n) => {
            const row = planted[n]!;
            if (one.merged || one.opened < 0 || one.opened >= 3600) return;
            const told = toldAt(
              row,
              one.met.map((second) => ({ at: at(base + (one.opened + second) * 1000) })),
            );
            for (const clock of incidentClocks) {
              const found = clockOf(clock, row, told);
              if (!found) continue;
              const { rule, unitS } = targetOf(clock, row);
              const tookS = found.toAt === null ? null : (Date.parse(found.toAt) - Date.parse(found.fromAt)) / 1000;
              took.push({
                clock,
                west: one.west,
                tookS: tookS === null ? null : Math.max(0, tookS),
                targetS: targetAt(one.west, rule) * unitS,
              });
            }
          });
          for (const { west, rang, answered, talked, outcome } of calls) {
            if (answered < 0 || answered >= 3600) continue;
            const target = (name: ClockName): number => targetAt(west, targetOf(name, { priority: 'normal' }).rule);
            if (rang !== null)
              took.push({ clock: 'call_answered', west, tookS: Math.abs(rang), targetS: target('call_answered') });
            if (outcome === 'report')
              took.push({ clock: 'call_processed', west, tookS: talked, targetS: target('call_processed') });
          }
          for (const [who, mine] of [
            [app.east.dispatcher, took.filter(({ west }) => !west)],
            [app.root.dispatcher, took],
          ] as const) {
            const { items: found } = await who.does(readClocks, {
              query: { from: at(base), to: at(base + 3_600_000) },
            });
            const own = who === app.root.dispatcher;
            for (const line of found) {
              const { rule, unitS } = targetOf(line.clock, { priority: 'normal' });
              const expected = naive(mine, line.clock, targetAt(own, rule) * unitS);
              expect({ ...line, p50S: null, p90S: null, within: null }).toEqual({
                ...expected,
                p50S: null,
                p90S: null,
                within: null,
              });
              for (const name of ['p50S', 'p90S', 'within'] as const) {
                const value = expected[name];
                if (value === null) expect(line[name]).toBeNull();
                else expect(line[name]).toBeCloseTo(value, 6);
              }
            }
          }
        },
      ),
      { numRuns: 20 },
    );
  });
});
