/** Giving a temporary place up: only when it is empty and its guests are exported; then its guests are forgotten, and no tally changes. */
import { randomUUID } from 'node:crypto';
import { read, utils } from '@e965/xlsx';
import { parse } from 'csv-parse/sync';
import { beforeAll, describe, expect, it } from 'vitest';
import { row, rows } from '../../server/db/rows.ts';
import { translator } from '../../server/http/words.ts';
import { runCommand } from '../../server/realtime/command.ts';
import { forgetGuests } from '../../server/stays/jobs.ts';
import { recordEncounter } from '../../shared/encounters.ts';
import {
  closeDownShelter,
  createShelter,
  exportGuests,
  holdBed,
  listShelters,
  releaseHold,
  type ShelterRow,
  updateShelter,
} from '../../shared/shelters.ts';
import { checkIn, extendStay, listStays, settleDue, type StayRow, updateStay } from '../../shared/stays.ts';
import { readTally } from '../../shared/tally.ts';
import { addPerson, places, useApp } from '../kit/app.ts';
import { hours } from '../kit/clock.ts';
import type { Person } from '../kit/people.ts';
import { expectReplay } from '../kit/replay.ts';

const app = useApp();
const desk = (): Person => app.east.dispatcher;
const manager = (): Person => app.east.manager;

interface House {
  id: string;
  staff: Person;
}
async function house(kind: ShelterRow['kind'] = 'warm_place'): Promise<House> {
  const id = randomUUID();
  const body = { id, name: `=1+1 ${id.slice(0, 4)}`, kind, address: '1 South Street', capacity: { any: 9 } };
  await manager().does(createShelter, { body });
  return { id, staff: await addPerson(app, 'shelter', app.stations.east, id) };
}
const close = (id: string, version = 1, by = manager()) =>
  by.call(closeDownShelter, { params: { id }, body: { version } });
const exported = (id: string, by = manager(), format: 'csv' | 'xlsx' = 'csv', language = 'en') =>
  by.fetch(`/api/shelters/${id}/exports`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'accept-language': language },
    body: JSON.stringify({ format }),
  });
const arrive = (house: House, more: object = {}): Promise<StayRow> =>
  house.staff.does(checkIn, { body: { id: randomUUID(), shelterId: house.id, ...more } });
const leave = (by: Person, stay: StayRow, more: object = {}): Promise<StayRow> =>
  by.does(updateStay, { params: { id: stay.id }, body: { version: stay.version, left: true, ...more } });
const forget = (): Promise<number> =>
  runCommand(app.service, { kind: 'system' }, { command: 'job.test', subjectIds: [], fields: [] }, forgetGuests);
async function pass(ms: number): Promise<void> {
  app.clock.advance(ms);
  await rows(app.database.knex, `update sessions set last_seen_at = :now, expires_at = :later`, {
    now: app.clock.now(),
    later: new Date(app.clock.now().getTime() + hours(24)),
  });
}

describe('a place is given up', () => {
  it('only when it is temporary, empty and exported, and is then gone from every list', async () => {
    const permanent = await house('station');
    expect((await close(permanent.id)).body).toMatchObject({ code: 'not_temporary' });
    const tent = await house();
    const viewers = [desk(), tent.staff, app.east.crew, app.east.admin, app.west.manager];
    const stay = await arrive(tent);
    const held = { id: randomUUID(), people: 1, for: 'x' };
    await desk().does(holdBed, { params: { id: tent.id }, body: held });
    expect((await close(tent.id)).body).toMatchObject({ code: 'not_empty' });
    const left = await leave(tent.staff, stay);
    expect((await close(tent.id)).body).toMatchObject({ code: 'not_empty' });
    await desk().does(releaseHold, { params: { id: tent.id, holdId: held.id } });
    expect((await close(tent.id)).body).toMatchObject({ code: 'not_exported' });
    expect((await expectReplay(app, () => exported(tent.id, tent.staff), viewers)).status).toBe(200);
    // what is written afterwards is not in the file
    await tent.staff.does(updateStay, {
      params: { id: stay.id },
      body: { version: left.version, note: 'forgot a bag' },
    });
    expect((await close(tent.id)).body).toMatchObject({ code: 'not_exported' });
    await exported(tent.id);
    expect((await close(tent.id, 7)).body).toMatchObject({ code: 'version_conflict', current: { id: tent.id } });
    expect((await close(tent.id, 1, app.west.manager)).status).toBe(404);
    const closed = await expectReplay(app, () => close(tent.id), viewers);
    expect([closed.status, closed.body]).toMatchObject([
      200,
      { status: 'closed', version: 2, closedDownAt: app.clock.now().toISOString() },
    ]);
    expect((await tent.staff.snapshot()).shelters).toEqual([]);
    expect((await tent.staff.does(listShelters)).items).toEqual([]);
    expect((await tent.staff.does(listStays, { query: { status: 'all' } })).items).toEqual([]);
    expect((await manager().does(listShelters, { query: { limit: '500' } })).items.map(({ id }) => id)).not.toContain(
      tent.id,
    );
    for (const { status } of [
      await close(tent.id, 2),
      await tent.staff.call(checkIn, { body: { id: randomUUID(), shelterId: tent.id } }),
      await manager().call(updateShelter, { params: { id: tent.id }, body: { version: 2, status: 'open' } }),
      await exported(tent.id),
    ])
      expect(status).toBe(404);
    const opening = await row<{ open: boolean }>(
      app.database.knex,
      `select bool_or(closed_at is null) as open from shelter_openings where shelter_id = cast(:id as uuid)`,
      { id: tent.id },
    );
    expect(opening).toEqual({ open: false });
    // a place where nobody ever was has nothing to export, and a hold whose time is over keeps nobody's bed
    const empty = await house('guidance');
    await desk().does(holdBed, { params: { id: empty.id }, body: { ...held, id: randomUUID() } });
    app.clock.advance(hours(1.5));
    expect((await close(empty.id)).status).toBe(200);
  });
});

describe('the file of guests', () => {
  let tent: House;
  beforeAll(async () => {
    tent = await house();
    const stay = await arrive(tent, {
      people: 2,
      bed: '12A',
      belongings: '=HYPERLINK("https://elsewhere.example")',
      note: '两个包, "蓝色"',
      unidentified: true,
    });
    await tent.staff.does(settleDue, { params: { id: stay.id }, body: { kind: 'notice', note: '+86' } });
    const extension = { id: randomUUID(), days: 5, reason: 'ill', filedWith: 'the bureau' };
    const extended = await tent.staff.does(extendStay, { params: { id: stay.id }, body: extension });
    app.clock.advance(hours(1));
    await leave(tent.staff, extended, { goingTo: '@home' });
    await arrive(tent);
  });

  it.each(['en', 'zh-CN'] as const)('is CSV in the words of the reader: %s', async (locale) => {
    const t = translator(locale);
    const response = await exported(tent.id, tent.staff, 'csv', locale);
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(response.headers.get('content-disposition')).toMatch(/^attachment; filename="warmpath-guests-[\d-]+\.csv"$/);
    expect(bytes.subarray(0, 3)).toEqual(Buffer.from([0xef, 0xbb, 0xbf]));
    const lines = parse<Record<string, string>>(bytes, { bom: true, columns: true });
    const stay = await row<{ arrivedAt: Date }>(
      app.database.knex,
      `select min(arrived_at) as "arrivedAt" from stays where shelter_id = cast(:id as uuid)`,
      { id: tent.id },
    );
    // Xi'an is 8 hours ahead
    const wall = (plus: number): string =>
      new Date((stay?.arrivedAt.getTime() ?? 0) + hours(8 + plus)).toISOString().slice(0, 16).replace('T', ' ');
    const [notice, longest] = [t('due.notice'), t('due.max_stay')];
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatchObject({
      [t('guests.arrived')]: wall(0),
      [t('guests.left')]: wall(1),
      [t('guests.people')]: '2',
      [t('guests.bed')]: '12A',
      [t('guests.unidentified')]: t('guests.yes'),
      [t('guests.belongings')]: `'=HYPERLINK("https://elsewhere.example")`,
      [t('guests.note')]: '两个包, "蓝色"',
      [t('guests.going_to')]: `'@home`,
      [t('guests.due', { due: notice })]: wall(24),
      [t('guests.done', { due: notice })]: wall(0),
      [t('guests.done.note', { due: notice })]: `'+86`,
      [t('guests.due', { due: longest })]: wall(15 * 24),
      [t('guests.done.note', { due: longest })]: t('due.ended.left'),
      [t('guests.extensions')]: t('guests.extension', { at: wall(0), days: 5, filedWith: 'the bureau', reason: 'ill' }),
    });
    expect(lines[1]).toMatchObject({ [t('guests.left')]: '', [t('guests.note')]: '' });
  });

  it('is a workbook with text that is nothing but text, and times that are times', async () => {
    const response = await exported(tent.id, manager(), 'xlsx');
    const book = read(Buffer.from(await response.arrayBuffer()), { cellDates: true });
    const sheet = book.Sheets[book.SheetNames[0] ?? ''] ?? {};
    expect(Object.values(sheet).filter((cell) => typeof cell === 'object' && cell !== null && 'f' in cell)).toEqual([]);
    const [note, heads, first] = utils.sheet_to_json<unknown[]>(sheet, { header: 1, raw: true });
    expect(String(note?.[0])).toContain('Asia/Shanghai');
    expect(heads?.slice(0, 3)).toEqual(['Arrived', 'Left', 'People']);
    expect(first).toContain('=HYPERLINK("https://elsewhere.example")');
    expect(first?.[0]).toBeInstanceOf(Date);
  });

  it('is for managers and its own staff, each taking of it written down, and says nothing to others', async () => {
    expect((await exported(tent.id, app.east.shelter)).status).toBe(404);
    expect((await exported(tent.id, app.west.manager)).status).toBe(404);
    expect((await exported(tent.id, desk())).status).toBe(403);
    const wrong = await manager().call(exportGuests, { params: { id: tent.id }, body: { format: 'pdf' } as never });
    expect([wrong.status, wrong.body]).toMatchObject([422, { errors: [{ path: '/format', code: 'enum' }] }]);
    const audit = () =>
      rows<{ actor: string }>(
        app.database.knex,
        `select actor_id as actor from audit where command = 'exportGuests' and cast(:id as uuid) = any (subject_ids) order by at, id`,
        { id: tent.id },
      );
    const before = (await audit()).length;
    await exported(tent.id, tent.staff, 'xlsx');
    expect((await audit()).slice(before)).toEqual([{ actor: tent.staff.id }]);
  });
});

describe('guests of a place that was given up', () => {
  it('are forgotten after the days of the rule, and counted as before', async () => {
    const [tent, standing] = [await house(), await house()];
    const personId = randomUUID();
    await desk().does(recordEncounter, {
      body: {
        id: randomUUID(),
        position: { type: 'Point', coordinates: places.east },
        people: [{ id: personId, outcome: 'brought_in' }],
        shelterId: tent.id,
      },
    });
    const told = { belongings: 'canary belongings', note: 'canary note', bed: 'canary 7' };
    const filed = { reason: 'canary why', filedWith: 'canary office' };
    const words = [...Object.values(told), ...Object.values(filed), 'canary to', 'canary due'];
    const fill = async (where: House, personIds: string[]): Promise<StayRow> => {
      const stay = await where.staff.does(checkIn, {
        body: {
          id: randomUUID(),
          shelterId: where.id,
          people: 2,
          personIds,
          unidentified: true,
          ...told,
        },
      });
      await where.staff.does(settleDue, { params: { id: stay.id }, body: { kind: 'notice', note: 'canary due' } });
      const extension = { id: randomUUID(), days: 5, ...filed };
      const extended = await where.staff.does(extendStay, { params: { id: stay.id }, body: extension });
      return leave(where.staff, extended, { goingTo: 'canary to' });
    };
    const stay = await fill(tent, [personId]);
    await fill(standing, []);
    const hold = { id: randomUUID(), people: 1, for: 'canary hold' };
    await desk().does(holdBed, { params: { id: tent.id }, body: hold });
    await desk().does(releaseHold, { params: { id: tent.id, holdId: hold.id } });
    await rows(
      app.database.knex,
      `insert into shelter_counts (id, shelter_id, at, source, counted, registered, held, total, note)
       values (gen_random_uuid(), cast(:id as uuid), :now, 'count', 1, 1, 0, 9, 'canary count')`,
      { id: tent.id, now: app.clock.now() },
    );
    await exported(tent.id);
    const { holds } = await desk().snapshot();
    for (const live of holds.filter(({ shelterId }) => shelterId === tent.id))
      await desk().does(releaseHold, { params: { id: tent.id, holdId: live.id } });
    expect((await close(tent.id)).status).toBe(200);

    const query = { from: '2026-01-15', to: '2026-01-16', asOf: app.clock.now().toISOString() };
    const stored = async (id: string): Promise<string> =>
      JSON.stringify(
        await rows(
          app.database.knex,
          `select to_jsonb(t) as t, (select jsonb_agg(p) from stay_people p where p.stay_id = t.id) as p, (select jsonb_agg(d) from stay_dues d where d.stay_id = t.id) as d,
             (select jsonb_agg(x) from stay_extensions x where x.stay_id = t.id) as x, (select jsonb_agg(h) from holds h where h.shelter_id = t.shelter_id) as h,
             (select jsonb_agg(c) from shelter_counts c where c.shelter_id = t.shelter_id) as c
           from stays t where t.shelter_id = cast(:id as uuid)`,
          { id },
        ),
      );
    const [tally, kept] = [await manager().does(readTally, { query }), await stored(tent.id)];
    for (const word of [...words, 'canary hold', 'canary count', personId]) expect(kept).toContain(word);

    await pass(hours(24 * 30) - 1);
    // others may be due already
    await forget();
    expect(await stored(tent.id)).toBe(kept);
    await pass(1);
    expect(await forget()).toBeGreaterThan(0);
    expect(await forget()).toBe(0);
    const left = await stored(tent.id);
    expect(left).not.toContain('canary');
    expect(left).not.toContain(personId);
    expect(await stored(standing.id)).toContain('canary belongings');
    const [shown] = (await manager().does(listStays, { query: { status: 'all', shelterId: tent.id } })).items;
    expect(shown).toMatchObject({
      id: stay.id,
      people: 2,
      kind: 'any',
      unidentified: true,
      arrivedAt: stay.arrivedAt,
      leftAt: stay.leftAt,
      ...{ personIds: [], holdId: null, bed: null, belongings: null, note: null, goingTo: null },
    });
    expect(shown?.dues.map((each) => [each.kind, each.dueAt, each.doneAt])).toEqual(
      stay.dues.map((each) => [each.kind, each.dueAt, each.doneAt]),
    );
    expect(await manager().does(readTally, { query })).toEqual(tally);
  });
});
