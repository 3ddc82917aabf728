/** Questions to those who reported: who may ask, who is asked, and where the answers go (and do not). */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { rows } from '../../server/db/rows.ts';
import { closeIncident, mergeIncident, unmergeIncident } from '../../shared/incidents.ts';
import { answerQuestion, askReporter, listQuestions } from '../../shared/questions.ts';
import { readFollow } from '../../shared/sightings.ts';
import { addPerson, useApp } from '../kit/app.ts';
import { dispatch, goOut, incidentOf, report } from '../kit/builders.ts';
import { minutes } from '../kit/clock.ts';
import type { Person } from '../kit/people.ts';
import { expectReplay } from '../kit/replay.ts';

const app = useApp();
/** test/rules/replay.test.ts asks every role */
const viewers = (): Person[] => [app.east.manager, app.east.crew, app.west.dispatcher];
type Told = Awaited<ReturnType<typeof report>>;
const tokenOf = (told: Told): string => told.followUpUrl.slice(8);
const ask = async (
  incidentId: string,
  over: { kind?: string; text?: string; sightingId?: string } = {},
  by: Person = app.east.dispatcher,
) =>
  by.call(askReporter, {
    params: { id: incidentId },
    body: { id: randomUUID(), kind: 'where_exactly', ...over } as never,
  });
const answer = (told: Told, body: object) =>
  app.anyone.call(answerQuestion, { params: { token: tokenOf(told) }, body: body });
const follow = (told: Told, language = 'en') =>
  app.anyone.does(readFollow, { params: { token: tokenOf(told) }, headers: { 'accept-language': language } });
const questionOf = async (told: Told): Promise<string | null> => (await follow(told)).question;
const listed = async (incidentId: string) =>
  (await app.east.dispatcher.does(listQuestions, { params: { id: incidentId } })).items;
const now = (): string => app.clock.now().toISOString();
const code = (reply: { body: unknown }): string => (reply.body as { code: string }).code;

describe('a question', () => {
  it('is read in the language of the reader, answered, and comes back live', async () => {
    const told = await report(app, { stillThere: null });
    const { body: asked } = await expectReplay(app, () => ask(told.incidentId, { kind: 'still_there' }), viewers());
    expect(asked).toMatchObject({ incidentId: told.incidentId, kind: 'still_there', answers: [], askedAt: now() });
    expect(await follow(told)).toMatchObject({ question: 'Is the person still there?', questionId: asked.id });
    expect(await follow(told, 'zh-CN,zh;q=0.9')).toMatchObject({ question: '人还在那里吗？' });
    app.clock.advance(minutes(4));
    const reply = await expectReplay(app, () => answer(told, { stillThere: true, text: 'by the stairs' }), viewers());
    expect([reply.status, reply.body]).toMatchObject([200, { code: told.code, question: null, questionId: null }]);
    const incident = await incidentOf(app.east.dispatcher, told.incidentId);
    expect(incident).toMatchObject({ answeredAt: now(), lastSeenAt: now(), stillThere: true });
    expect(incident.timeline.slice(1).map(({ kind, actorKind, detail }) => [kind, actorKind, detail])).toEqual([
      ['asked', 'user', { questionId: asked.id, question: 'still_there' }],
      ['answered', 'public', { questionId: asked.id, sightingId: told.id, text: 'by the stairs', stillThere: true }],
    ]);
    expect(await listed(told.incidentId)).toMatchObject([
      { id: asked.id, answers: [{ sightingId: told.id, at: now(), text: 'by the stairs', stillThere: true }] },
    ]);
  });

  it('may be answered again: the second answer replaces the first, and the same one is no news', async () => {
    const told = await report(app);
    const { body: asked } = await ask(told.incidentId);
    await answer(told, { text: 'left of the door' });
    const { version } = await incidentOf(app.east.dispatcher, told.incidentId);
    const again = { questionId: asked.id, text: 'right of the door', stillThere: false };
    await answer(told, again);
    await answer(told, again);
    const incident = await incidentOf(app.east.dispatcher, told.incidentId);
    expect([incident.version, incident.stillThere]).toEqual([version + 1, false]);
    expect(incident.timeline.filter(({ kind }) => kind === 'answered').map(({ detail }) => detail['text'])).toEqual([
      'right of the door',
    ]);
    expect((await listed(told.incidentId))[0]?.answers).toMatchObject([{ text: 'right of the door' }]);
    // without a question of its own an answer has none to go to
    expect(code(await answer(told, { text: 'and more' }))).toBe('no_question');
  });

  it('goes to one report or to all, the newest first, and follows reports through a merge and back', async () => {
    const [a, b] = [await report(app), await report(app)];
    await ask(a.incidentId, { kind: 'own', text: 'Which lamp post?' });
    app.clock.advance(minutes(1));
    await ask(b.incidentId, { kind: 'own', text: 'Which gate?', sightingId: b.id });
    expect(code(await ask(a.incidentId, { sightingId: b.id }))).toBe('not_found');
    await app.east.dispatcher.does(mergeIncident, { params: { id: b.incidentId }, body: { intoId: a.incidentId } });
    // what was asked of all of the first is now asked of the second reporter too, after the newer one
    expect([await questionOf(a), await questionOf(b)]).toEqual(['Which lamp post?', 'Which gate?']);
    await answer(b, { text: 'the north gate' });
    expect(await questionOf(b)).toBe('Which lamp post?');
    expect((await listed(a.incidentId)).map(({ text, answers }) => [text, answers.map((one) => one.text)])).toEqual([
      ['Which gate?', ['the north gate']],
      ['Which lamp post?', []],
    ]);
    expect(await incidentOf(app.east.dispatcher, a.incidentId)).toMatchObject({ askedAt: now(), answeredAt: now() });
    await app.east.dispatcher.does(unmergeIncident, { params: { id: b.incidentId }, body: {} });
    expect([await questionOf(a), await questionOf(b)]).toEqual(['Which lamp post?', null]);
    expect((await listed(a.incidentId)).map(({ text }) => text)).toEqual(['Which lamp post?']);
    expect((await listed(b.incidentId)).map(({ text, answers }) => [text, answers.length])).toEqual([
      ['Which gate?', 1],
    ]);
  });

  it('is over when the incident is closed', async () => {
    const told = await report(app);
    await ask(told.incidentId);
    await app.east.dispatcher.does(closeIncident, { params: { id: told.incidentId }, body: { reason: 'found' } });
    expect(await questionOf(told)).toBeNull();
    expect([code(await answer(told, { text: 'late' })), code(await ask(told.incidentId))]).toEqual([
      'no_question',
      'incident_closed',
    ]);
  });

  it('of a crew is about its own running job, and nothing else', async () => {
    const crew = await addPerson(app, 'crew', app.stations.east);
    const patrolId = await goOut(app, [crew]);
    const [mine, other] = [await report(app), await report(app)];
    await dispatch(app, mine.incidentId, patrolId);
    expect((await ask(mine.incidentId, {}, crew)).status).toBe(201);
    expect((await ask(other.incidentId, {}, crew)).status).toBe(404);
  });
});

describe('an answer', () => {
  const hostile: [string, unknown, number, string][] = [
    ['nothing', {}, 422, 'invalid'],
    ['blank', { text: '  ' }, 422, 'invalid'],
    ['too long', { text: 'x'.repeat(1001) }, 422, 'invalid'],
    ['NUL', { text: 'a\u0000b' }, 422, 'nul_char'],
    ['a field of others', { text: 'x', stationId: randomUUID() }, 422, 'invalid'],
    ['a list', [{ text: 'x' }], 422, 'not_object'],
    ['no boolean', { stillThere: 'yes' }, 422, 'invalid'],
    ['another question', { text: 'x', questionId: randomUUID() }, 409, 'no_question'],
  ];
  it.each(hostile)('%s is refused', async (_name, body, status, problem) => {
    const told = await report(app);
    await ask(told.incidentId);
    const reply = await answer(told, body as object);
    expect([reply.status, code(reply)]).toEqual([status, problem]);
    expect((await listed(told.incidentId))[0]?.answers).toEqual([]);
  });

  it('belongs to the token: nobody answers for another report', async () => {
    const [a, b] = [await report(app), await report(app)];
    const { body: asked } = await ask(a.incidentId);
    expect(code(await answer(b, { text: 'x', questionId: asked.id }))).toBe('no_question');
    expect(
      (await app.anyone.call(answerQuestion, { params: { token: 'A'.repeat(43) }, body: { text: 'x' } })).status,
    ).toBe(404);
  });

  it('is read by staff alone: not in logs, audit, events, metrics or any public page', async () => {
    const [told, twin] = [await report(app), await report(app)];
    await app.east.dispatcher.does(mergeIncident, {
      params: { id: twin.incidentId },
      body: { intoId: told.incidentId },
    });
    await ask(told.incidentId, { kind: 'own', text: 'Which door?' });
    const canary = `canary-${randomUUID()}`;
    await answer(told, { text: canary });
    const pages = ['/follow/', '/api/follow/'].flatMap((path) => [told, twin].map((one) => path + tokenOf(one)));
    for (const path of [...pages, '/metrics', '/report', '/shelters'])
      expect(await (await app.anyone.fetch(path)).text(), path).not.toContain(canary);
    for (const table of ['audit', 'events'])
      expect(JSON.stringify(await rows(app.database.knex, `select * from ${table}`)), table).not.toContain(canary);
    expect(app.logged.join('\n')).not.toContain(canary);
    expect(app.logged.join('\n')).not.toContain(tokenOf(told));
    // and the audit says about which report it was
    expect(
      await rows(
        app.database.knex,
        `select subject_ids as ids, fields from audit where command = 'answerQuestion' order by at desc, id desc limit 1`,
      ),
    ).toEqual([{ ids: [told.id, told.incidentId], fields: ['text'] }]);
  });
});

describe('the form on the follow-up page', () => {
  const post = (told: Told, fields: Record<string, string>, headers: Record<string, string> = {}) =>
    app.anyone.fetch(`/follow/${tokenOf(told)}/answer`, {
      method: 'POST',
      body: new URLSearchParams(fields),
      headers: { 'accept-language': 'en', ...headers },
    });
  const page = async (told: Told, query = ''): Promise<string> =>
    (await app.anyone.fetch(`/follow/${tokenOf(told)}${query}`, { headers: { 'accept-language': 'en' } })).text();

  it('asks, takes the answer without JavaScript, and says thank you', async () => {
    const told = await report(app);
    expect(await page(told)).toMatch(/<section class="question"\s+hidden/);
    const { body: asked } = await ask(told.incidentId, { kind: 'own', text: '<script>alert(1)</script> Which side?' });
    const shown = await app.anyone.fetch(`/follow/${tokenOf(told)}`);
    // without a referrer a browser would send the form with `Origin: null`
    expect(shown.headers.get('referrer-policy')).toBe('strict-origin');
    const html = await shown.text();
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt; Which side?');
    expect(html).not.toContain('<script>alert');
    expect(html).toContain(`value="${asked.id}"`);
    const sent = await post(told, { questionId: asked.id, still: 'yes', text: 'NUL \u0000 is dropped\r\n<b>left</b>' });
    expect([sent.status, sent.headers.get('location')]).toEqual([303, `/follow/${tokenOf(told)}?answered=1`]);
    expect((await listed(told.incidentId))[0]?.answers).toMatchObject([
      { stillThere: true, text: 'NUL  is dropped\n<b>left</b>' },
    ]);
    expect(await page(told, '?answered=1')).toContain('Thank you. The desk has your answer.');
  });

  it('keeps what was written when it is not taken, and takes "do not know" for an answer', async () => {
    const told = await report(app);
    const { body: asked } = await ask(told.incidentId, { kind: 'still_there' });
    const empty = await post(told, { questionId: asked.id });
    expect([empty.status, await empty.text()]).toEqual([422, expect.stringContaining('Choose an answer or write')]);
    const long = await post(told, { questionId: asked.id, still: 'no', text: `${'x'.repeat(1001)}</textarea>` });
    const html = await long.text();
    expect([long.status, html.includes('1,000 characters at most')]).toEqual([422, true]);
    expect(html).toMatch(/value="no"\s+checked/);
    expect(html).toContain('x&lt;/textarea&gt;');
    expect((await post(told, { questionId: asked.id, still: 'unknown' })).status).toBe(303);
    expect((await listed(told.incidentId))[0]?.answers).toMatchObject([{ stillThere: null, text: "Don't know" }]);
    expect((await post(told, { still: 'yes' })).status).toBe(409);
    expect((await post(told, { questionId: 'nonsense', still: 'yes' })).status).toBe(409);
  });

  it('takes nothing from another site, nor by a link that is none of ours', async () => {
    const told = await report(app);
    await ask(told.incidentId);
    for (const headers of [{ origin: 'https://evil.tld' }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }])
      expect((await post(told, { still: 'yes' }, headers)).status).toBe(403);
    expect((await app.anyone.fetch(`/follow/${'A'.repeat(43)}/answer`, { method: 'POST' })).status).toBe(404);
    expect((await listed(told.incidentId))[0]?.answers).toEqual([]);
  });
});
