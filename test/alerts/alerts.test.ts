/** The life of warnings: taken once, replaced, taken back, late, over; whom they cover; and what a person must still say. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { alertJobs } from '../../server/alerts/jobs.ts';
import { activeAlerts } from '../../server/alerts/queries.ts';
import { one, rows } from '../../server/db/rows.ts';
import { beat } from '../../server/jobs/run.ts';
import { type AlertRow, listAlerts, postAlert, updateAlert } from '../../shared/alerts.ts';
import { createStation, updateStation } from '../../shared/stations.ts';
import { createToken } from '../../shared/users.ts';
import { useApp } from '../kit/app.ts';
import { hours, minutes } from '../kit/clock.ts';
import { type Person, person } from '../kit/people.ts';
import { expectReplay } from '../kit/replay.ts';
import { box, cap, chinese, meteoalarm, nws, type Said } from './messages.ts';

const app = useApp();
const at = (ms: number): string => new Date(app.clock.now().getTime() + ms).toISOString();
/** For whom the picture must agree: below, beside, above, and who hears no tasks. */
const replayed = <T>(command: () => Promise<T>): Promise<T> =>
  expectReplay(app, command, [app.east.dispatcher, app.west.crew, app.root.manager, app.root.admin]);
let names = 0;
/** A message about the east station, of its own name unless said. */
const said = (more: Said = {}): Said & { sent: string } => ({
  identifier: `w-${String((names += 1))}`,
  sent: at(0),
  area: box(108.96, 34.21, 109.04, 34.29),
  ...more,
});
interface Posted {
  status: number;
  replay: boolean;
  body: AlertRow & { ignored?: string; code?: string };
}
async function post(who: Person, xml: string, type = 'application/cap+xml', query = ''): Promise<Posted> {
  const answer = await who.fetch(`/api/alerts${query}`, {
    method: 'POST',
    body: xml,
    headers: { 'content-type': type },
  });
  const body = (await answer.json()) as Posted['body'];
  return { status: answer.status, replay: answer.headers.get('idempotent-replay') === 'true', body };
}
const takes = async (more: Said = {}, who: Person = app.root.manager): Promise<AlertRow> => {
  const answer = await post(who, cap(said(more)));
  expect([answer.status, answer.body]).toEqual([201, expect.anything()]);
  return answer.body;
};
const stored = (id: string): Promise<{ state: string; endedAt: Date | null; replacedBy: string | null }> =>
  one(
    app.database.knex,
    `select state, ended_at as "endedAt", replaced_by as "replacedBy" from alerts where id = cast(:id as uuid)`,
    { id },
  );
const byName = (identifier: string): Promise<{ id: string; state: string }[]> =>
  rows(app.database.knex, `select id, state from alerts where identifier = :identifier order by sent_at, part`, {
    identifier,
  });
const tasksOf = async (id: string): Promise<unknown[]> =>
  (await app.root.manager.snapshot()).tasks.filter(({ subject }) => subject['alertId'] === id);
const SENDER = 'weather@example.org';
const naming = ({ identifier, sentAt }: AlertRow): string => `${SENDER},${identifier},${sentAt}`;

describe('a message', () => {
  it('is a warning once, whoever sends it again, and is heard below, above and beside', async () => {
    const xml = cap(said({ expires: at(hours(12)) }));
    const answer = await replayed(() => post(app.root.manager, xml));
    expect(answer).toMatchObject({
      status: 201,
      replay: false,
      body: {
        stationId: app.stations.root,
        covers: [app.stations.east],
        type: 'cold_wave',
        level: 'orange',
        state: 'active',
        needs: [],
        source: 'cap',
        onsetAt: at(0),
        expiresAt: at(hours(12)),
      },
    });
    // again, by another hand, another type, and from a station below: the same row
    for (const [who, type] of [
      [app.root.admin, 'application/xml'],
      [app.east.manager, 'text/xml; charset=utf-8'],
      [app.root.manager, 'application/cap+xml'],
    ] as const)
      expect(await post(who, xml, type)).toEqual({ status: 200, replay: true, body: answer.body });
    expect(await byName(answer.body.identifier)).toHaveLength(1);
    for (const who of [app.east.crew, app.west.dispatcher, app.root.inspector])
      expect((await who.snapshot()).alerts.map(({ id }) => id)).toContain(answer.body.id);
    // twenty at once
    const storm = cap(said());
    const all = await Promise.all(Array.from({ length: 20 }, () => post(app.root.manager, storm)));
    expect(all.map(({ status }) => status).sort()).toEqual([...Array<number>(19).fill(200), 201]);
    expect(new Set(all.map(({ body }) => body.id)).size).toBe(1);
  });

  it('of another medium, of a stranger or for another station is refused, and nothing is kept', async () => {
    const xml = cap(said());
    expect(await post(app.root.manager, xml, 'text/plain')).toMatchObject({ status: 415 });
    expect(await post(app.root.dispatcher, xml)).toMatchObject({ status: 403 });
    expect(await post(app.anyone, xml)).toMatchObject({ status: 401 });
    expect(await post(app.east.manager, xml, 'text/xml', `?stationId=${app.stations.west}`)).toMatchObject({
      status: 404,
    });
    const forged = await fetch(`${app.url}/api/alerts`, {
      method: 'POST',
      body: xml,
      headers: { cookie: app.root.manager.cookie ?? '', 'content-type': 'text/xml' },
    });
    expect(forged.status).toBe(403);
    for (const [hostile, refused] of [
      ['<!DOCTYPE a [<!ENTITY b "c">]><alert>&b;</alert>', { status: 422, body: { code: 'doctype' } }],
      ['<a>'.repeat(100_000), { status: 422, body: { code: 'bad_xml' } }],
      [`<alert>${' '.repeat(1_000_001)}</alert>`, { status: 413, body: { code: 'too_large' } }],
      [xml.replace('cap:1.2', 'cap:9'), { status: 422, body: { code: 'not_cap' } }],
    ] as const)
      expect(await post(app.root.manager, hostile)).toMatchObject(refused);
    expect(
      await rows(app.database.knex, `select 1 from alert_messages where identifier = :name`, {
        name: `w-${String(names)}`,
      }),
    ).toEqual([]);
  });

  it('that is a test, a receipt, or takes back what nobody knows makes no warning and says so', async () => {
    for (const status of ['Test', 'Exercise', 'System', 'Draft'])
      expect(await post(app.root.manager, cap(said({ status })))).toMatchObject({
        status: 200,
        body: { ignored: 'test' },
      });
    for (const msgType of ['Ack', 'Error'])
      expect(await post(app.root.manager, cap(said({ msgType, references: 'a,b,c' })))).toMatchObject({
        status: 200,
        body: { ignored: 'receipt' },
      });
    const unknown = await post(
      app.root.manager,
      cap(said({ msgType: 'Cancel', references: `${SENDER},nobody,${at(0)}` })),
    );
    expect(unknown).toMatchObject({ status: 200, body: { ignored: 'unknown' } });
    expect(app.logged.filter((line) => line.includes('"why":"unknown"'))).toHaveLength(1);
    expect(
      (await app.root.manager.snapshot()).alerts.some(({ identifier }) => identifier === `w-${String(names)}`),
    ).toBe(false);
  });
});

it('comes from other systems by their token', async () => {
  const token = { id: randomUUID(), stationId: app.stations.root, name: 'Weather service', role: 'manager' as const };
  const made = await app.root.admin.does(createToken, { body: token });
  const machine = person(app.url, { id: '', role: 'manager', stationId: '', cookie: null, bearer: made.token });
  expect(await post(machine, cap(said()))).toMatchObject({ status: 201, body: { covers: [app.stations.east] } });
});

describe('its life', () => {
  it('is to be replaced by an update, which another one replaces, until it is taken back', async () => {
    const first = await takes();
    app.clock.advance(minutes(5));
    const second = await replayed(() => takes({ msgType: 'Update', references: naming(first), event: '寒潮红色预警' }));
    expect(second).toMatchObject({ level: 'red', state: 'active' });
    expect(await stored(first.id)).toMatchObject({ state: 'replaced', replacedBy: second.id });
    app.clock.advance(minutes(5));
    const taken = await replayed(() =>
      post(app.root.manager, cap(said({ msgType: 'Cancel', references: `${naming(first)} ${naming(second)}` }))),
    );
    expect(taken).toMatchObject({ status: 200, body: { id: second.id, state: 'cancelled', endedAt: at(0) } });
    // what was replaced stays so; the same cancellation again changes nothing
    expect(await stored(first.id)).toMatchObject({ state: 'replaced', replacedBy: second.id });
    const live = (await app.east.dispatcher.snapshot()).alerts.map(({ id }) => id);
    expect(live).not.toContain(first.id);
    expect(live).not.toContain(second.id);
  });

  it('does not begin when what ends it came before it', async () => {
    const late = said();
    const later = said();
    const name = ({ identifier, sent }: Said & { sent: string }): string => `${SENDER},${String(identifier)},${sent}`;
    app.clock.advance(minutes(1));
    const update = await takes({ msgType: 'Update', references: name(late) });
    await post(app.root.manager, cap(said({ msgType: 'Cancel', references: name(later) })));
    const since = at(0);
    app.clock.advance(minutes(1));
    const born = await replayed(() => post(app.root.manager, cap(late)));
    expect(born).toMatchObject({ status: 201, body: { state: 'replaced', endedAt: since } });
    expect(await stored(born.body.id)).toMatchObject({ replacedBy: update.id });
    expect(await post(app.root.manager, cap(later))).toMatchObject({
      status: 201,
      body: { state: 'cancelled', endedAt: since },
    });
    expect(await stored(update.id)).toMatchObject({ state: 'active' });
    // both ends at the same moment: whatever comes first, it is over
    const raced = said();
    await Promise.all([
      post(app.root.manager, cap(raced)),
      post(app.root.manager, cap(said({ msgType: 'Cancel', references: name(raced) }))),
    ]);
    expect(await byName(String(raced.identifier))).toMatchObject([{ state: 'cancelled' }]);
  });

  it('is over at its own time, to the second, also when it was over before it came', async () => {
    const over = await takes({ sent: at(-hours(5)), expires: at(-hours(1)), event: 'never heard of' });
    expect(over).toMatchObject({ state: 'expired', endedAt: at(-hours(1)), needs: ['type'] });
    expect(await tasksOf(over.id)).toEqual([]);
    const short = await takes({ expires: at(minutes(10)), event: 'never heard of' });
    const open = await takes({ expires: '9999-12-31T23:59:59Z' });
    expect(open.expiresAt).toBeNull();
    expect(await tasksOf(short.id)).toHaveLength(1);
    app.clock.advance(minutes(12));
    await replayed(() => beat(app.service, alertJobs, 'Asia/Shanghai'));
    expect(await stored(short.id)).toEqual({
      state: 'expired',
      endedAt: new Date(short.expiresAt ?? ''),
      replacedBy: null,
    });
    expect(await tasksOf(short.id)).toEqual([]);
    expect(await stored(open.id)).toMatchObject({ state: 'active' });
  });

  it('ends only what it may: a district cannot take back what the city received, the city can take back both', async () => {
    const city = await takes();
    const mine = await takes({}, app.east.manager);
    const both = `${naming(city)} ${naming(mine)}`;
    app.clock.advance(minutes(1));
    await post(app.west.manager, cap(said({ msgType: 'Cancel', references: both })));
    expect(await stored(city.id)).toMatchObject({ state: 'active' });
    await post(app.root.manager, cap(said({ msgType: 'Cancel', references: both })));
    for (const { id } of [city, mine]) expect(await stored(id)).toMatchObject({ state: 'cancelled' });
  });
});

describe('whom it covers', () => {
  const covers = async (xml: string): Promise<[string[], string[]]> => {
    const { status, body } = await post(app.root.manager, xml);
    expect([status, body]).toEqual([201, expect.anything()]);
    const name = Object.entries(app.stations);
    return [body.covers.map((id) => name.find(([, known]) => known === id)?.[0] ?? id).sort(), body.needs];
  };

  it('is told by outlines, circles and codes; what they do not tell, a person does', async () => {
    const shape = (area: string): Promise<[string[], string[]]> => covers(cap(said({ area })));
    const { root, east, west } = app.stations;
    expect(await shape(box(108.86, 34.21, 109.04, 34.29))).toEqual([['east', 'west'], []]);
    // it ends at the border of west and east, and a little beyond
    expect(await shape(box(108.85, 34.2, 108.9501, 34.3))).toEqual([['west'], []]);
    expect(await shape('<circle>34.25,108.9 1</circle>')).toEqual([['west'], []]);
    expect(await shape('<circle>34.25,109.0 0</circle>')).toEqual([['east'], []]);
    expect(await shape('<circle>30,100 5</circle>')).toEqual([[], ['area']]);
    expect(await shape(box(100, 30, 101, 31))).toEqual([[], ['area']]);
    // a bow-tie that reaches into the east
    expect(await shape('<polygon>34.2,108.96 34.3,109.04 34.2,109.04 34.3,108.96 34.2,108.96</polygon>')).toEqual([
      ['east'],
      [],
    ]);
    const code = (value: string): string =>
      `<geocode><valueName>GB/T 2260</valueName><value>${value}</value></geocode>`;
    expect(await shape(code('610113'))).toEqual([[], ['area']]);
    for (const [id, areaCode] of [
      [root, '610100'],
      [east, '610113'],
      [west, '610102'],
    ] as const)
      await app.root.admin.does(updateStation, { params: { id }, body: { version: 1, areaCode } });
    expect(await shape(code('610113'))).toEqual([['east'], []]);
    expect(await shape(code('610100'))).toEqual([['root'], []]);
    expect(await shape(code('610000'))).toEqual([['root'], []]);
    expect(await shape(code('620000'))).toEqual([[], ['area']]);
    expect(await shape(code('610114'))).toEqual([[], ['area']]);
    // an outline and a code: both
    expect(await shape(box(108.86, 34.21, 108.9, 34.29) + code('610113000000'))).toEqual([['east', 'west'], []]);
    // from below, only what is below
    const { body } = await post(app.east.manager, cap(said({ area: box(108.86, 34.21, 109.04, 34.29) })));
    expect(body).toMatchObject({ stationId: east, covers: [east] });
  });

  it('in the shapes that services send', async () => {
    app.clock.advance(minutes(1));
    expect(await covers(chinese(at(0)))).toEqual([['root'], []]);
    // codes of other tables, though they look the same
    expect(await covers(meteoalarm(at(0), at(hours(9))))).toEqual([[], ['area']]);
    expect(await covers(nws(at(0), at(hours(2)), at(hours(1)), at(hours(9))))).toEqual([[], ['area']]);
    const { items } = await app.root.inspector.does(listAlerts, { query: { limit: '3' } });
    expect(items.map(({ type, level, headline }) => [type, level, headline])).toEqual(
      expect.arrayContaining([
        ['cold_wave', 'orange', '西安市气象台发布寒潮橙色预警[II级/严重]'],
        ['low_temperature', 'orange', 'Official WARNING of severe frost'],
        ['cold', 'orange', 'Wind Chill Warning issued for Orange County'],
      ]),
    );
  });

  it('counts a station by the code it was made with, and by its very name where nothing else is said', async () => {
    const id = randomUUID();
    await app.root.admin.does(createStation, {
      body: { id, parentId: app.stations.root, name: '北郊镇救助管理站', areaCode: '610115' },
    });
    expect(await covers(cap(said({ area: '', areaDesc: '北郊镇、别处' })))).toEqual([[id], []]);
    expect(await covers(cap(said({ area: '', areaDesc: 'East; elsewhere' })))).toEqual([['east'], []]);
    expect(await covers(cap(said({ area: '', areaDesc: '郊镇, Eastern hills' })))).toEqual([[], ['area']]);
    // a code goes before a name
    expect(await covers(cap(said({ areaDesc: 'East', area: '<geocode><value>610115</value></geocode>' })))).toEqual([
      [id],
      [],
    ]);
    expect(
      (await post(app.root.manager, cap(said({ area: '<geocode><value>610115</value></geocode>' })))).body.covers,
    ).toEqual([id]);
  });
});

describe('what nobody here knows', () => {
  it('waits for one person, is never guessed, and is remembered for what follows it', async () => {
    const made = await takes({ event: '沙尘暴', severity: 'Unknown', area: '' });
    expect(made).toMatchObject({
      type: null,
      level: null,
      covers: [],
      needs: ['type', 'level', 'area'],
      state: 'active',
    });
    expect(await tasksOf(made.id)).toMatchObject([
      { kind: 'alert_unknown', stationId: app.stations.root, doneAt: null },
    ]);
    const say = (who: Person, version: number, more: object) =>
      who.call(updateAlert, { params: { id: made.id }, body: { version, ...more } });
    expect(await say(app.east.manager, 1, { level: 'blue' })).toMatchObject({ status: 404 });
    const half = await replayed(() => say(app.root.manager, 1, { type: 'dust', level: 'yellow' }));
    expect(half).toMatchObject({ status: 200, body: { needs: ['area'], version: 2 } });
    expect(await tasksOf(made.id)).toHaveLength(1);
    expect(await say(app.root.manager, 1, { type: 'fog' })).toMatchObject({
      status: 409,
      body: { code: 'version_conflict', current: { version: 2 } },
    });
    expect(await say(app.root.manager, 2, { covers: [randomUUID()] })).toMatchObject({
      status: 404,
      body: { errors: [{ path: '/covers/0' }] },
    });
    const whole = await replayed(() => say(app.root.manager, 2, { covers: [app.stations.west, app.stations.root] }));
    expect(whole.body).toMatchObject({ needs: [], covers: [app.stations.root] });
    expect(await tasksOf(made.id)).toEqual([]);
    // the same words in an update need no person again; other words do
    app.clock.advance(minutes(1));
    const next = await takes({
      msgType: 'Update',
      references: naming(made),
      event: '沙尘暴',
      severity: 'Unknown',
      area: '',
    });
    expect(next).toMatchObject({ type: 'dust', level: 'yellow', covers: [app.stations.root], needs: [] });
    app.clock.advance(minutes(1));
    const other = await takes({ msgType: 'Update', references: naming(next), event: '扬沙', severity: 'Unknown' });
    expect(other).toMatchObject({ type: null, needs: ['type', 'level'] });
    // ended by hand, with its task
    const ended = await replayed(() =>
      app.root.admin.call(updateAlert, {
        params: { id: other.id },
        body: { version: other.version, end: 'sent in error' },
      }),
    );
    expect(ended).toMatchObject({ status: 200, body: { state: 'cancelled', endedAt: at(0) } });
    expect(await tasksOf(other.id)).toEqual([]);
    expect(
      await app.root.admin.call(updateAlert, { params: { id: other.id }, body: { version: 2, type: 'fog' } }),
    ).toMatchObject({ status: 409, body: { code: 'conflict' } });
  });

  it('may be typed in, and the words of a person count like those of a service', async () => {
    const body = { id: randomUUID(), event: '寒潮红色预警', expiresAt: at(hours(6)) };
    const kept = await replayed(() => app.east.manager.call(postAlert, { body }));
    expect(kept).toMatchObject({
      status: 201,
      body: { id: body.id, type: 'cold_wave', level: 'red', covers: [app.stations.east], source: 'desk', needs: [] },
    });
    const again = await app.east.manager.call(postAlert, { body });
    expect([again.status, again.headers.get('idempotent-replay'), again.body]).toEqual([200, 'true', kept.body]);
    expect(await app.east.manager.call(postAlert, { body: { ...body, event: 'fog' } })).toMatchObject({
      status: 409,
      body: { code: 'key_reuse' },
    });
    const bad = async (more: object): Promise<unknown> =>
      (await app.east.manager.call(postAlert, { body: { id: randomUUID(), event: 'fog', ...more } })).body;
    expect(await bad({ expiresAt: at(-1) })).toMatchObject({ errors: [{ path: '/expiresAt', code: 'range' }] });
    expect(await bad({ covers: [app.stations.west] })).toMatchObject({
      code: 'not_found',
      errors: [{ path: '/covers/0' }],
    });
    expect(await bad({ level: 'green' })).toMatchObject({ errors: [{ path: '/level', code: 'enum' }] });
    expect(await bad({ type: 'Fog!' })).toMatchObject({ errors: [{ path: '/type' }] });
    expect(await bad({ severity: 'x' })).toMatchObject({ errors: [{ path: '/severity', code: 'unknown_field' }] });
  });
});

describe('who asks', () => {
  it('a plan hears of what covers its station or one above, in force or lately over, and of nothing else', async () => {
    const path = [app.stations.root, app.stations.west];
    const heard = async (days?: number): Promise<string[]> =>
      (await activeAlerts(app.database.knex, path, app.clock.now(), days)).map(({ id }) => id);
    const area = box(108.86, 34.21, 108.94, 34.29);
    const west = await takes({ area, expires: at(hours(30)) });
    const east = await takes();
    const nowhere = await takes({ area: '' });
    const short = await takes({ area, expires: at(hours(1)) });
    expect(await heard()).toEqual(expect.arrayContaining([west.id, short.id]));
    expect(await heard()).not.toEqual(expect.arrayContaining([east.id]));
    expect(await heard()).not.toEqual(expect.arrayContaining([nowhere.id]));
    app.clock.advance(hours(2));
    // over, though no job has said so yet
    expect((await activeAlerts(app.database.knex, path, app.clock.now())).find(({ id }) => id === short.id)).toEqual({
      id: short.id,
      type: 'cold_wave',
      level: 'orange',
      from: Date.parse(short.onsetAt),
      until: Date.parse(short.expiresAt ?? ''),
    });
    expect(await heard(0)).not.toContain(short.id);
    expect(await heard(0)).toContain(west.id);
  });

  it('a list goes page by page, the last first, in one state or all', async () => {
    const all: AlertRow[] = [];
    let cursor: string | null = null;
    do {
      const page: { items: AlertRow[]; nextCursor: string | null } = await app.west.crew.does(listAlerts, {
        query: { limit: '5', ...(cursor === null ? {} : { cursor }) },
      });
      all.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    expect(all.map(({ sentAt }) => sentAt)).toEqual(
      all
        .map(({ sentAt }) => sentAt)
        .sort()
        .reverse(),
    );
    // the east station's own are not seen from the west
    expect(all.every(({ stationId }) => stationId === app.stations.root)).toBe(true);
    const { items } = await app.root.manager.does(listAlerts, { query: { state: 'cancelled' } });
    expect(items.length).toBeGreaterThan(2);
    expect(items.every(({ state }) => state === 'cancelled')).toBe(true);
  });
});
