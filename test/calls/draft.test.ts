/** What a call becomes: a report that the service takes, and a record whose times are in order. */
import { expect, it, test } from 'vitest';
import { judgeCall, recordCall } from '../../shared/calls.ts';
import { signs, sightingBody } from '../../shared/sightings.ts';
import { type CallDraft, callOf, hasWords, lacksPlace, newDraft, sightingOf } from '../../web/calls/draft.ts';

const line = { hotline: 'XA-12345', rangAt: '2026-11-22T20:00:00.000Z', caller: '13800000000' };
const full = (): CallDraft => ({
  ...newDraft(line, 'XA-OLD'),
  answeredAt: '2026-11-22T20:00:06.000Z',
  words: ' an old man, shivers ',
  placeWords: 'north side',
  place: { position: [108.9422, 34.2611], accuracyM: 5, code: 'ZL-0042', name: 'Lamp post ZL-0042' },
  people: 2,
  signs: [...signs],
  spoken: true,
  wantsHelp: false,
});
const end = new Date('2026-11-22T20:00:40.000Z');

it('becomes a whole report', () => {
  const body = sightingOf(full(), end);
  expect(sightingBody.parse(body)).toEqual({
    ...body,
    source: 'hotline',
    informantCode: 'XA-12345',
    observedAt: end.toISOString(),
    position: { type: 'Point', coordinates: [108.9422, 34.2611] },
    accuracyM: 5,
    placeCode: 'ZL-0042',
    placeText: 'north side',
    description: 'an old man, shivers',
    contact: '13800000000',
    people: 2,
    spoken: true,
    wantsHelp: false,
    stillThere: null,
  });
});

it('leaves out what was not said', () => {
  const draft = { ...newDraft(null, ''), placeWords: 'the old bridge' };
  const body = sightingOf(draft, end);
  expect(sightingBody.safeParse(body).success).toBe(true);
  for (const field of ['informantCode', 'position', 'accuracyM', 'placeCode', 'description', 'contact'])
    expect(body).not.toHaveProperty(field);
  const byHand = { position: [108.9, 34.2] as [number, number], accuracyM: null, code: null, name: '' };
  expect(sightingOf({ ...draft, place: byHand }, end)).not.toHaveProperty('accuracyM');
});

it('has no report without a place, and nothing to lose before a word', () => {
  const draft = newDraft(line, '');
  expect([lacksPlace(draft), hasWords(draft)]).toEqual([true, false]);
  expect(lacksPlace({ ...draft, placeWords: ' ' })).toBe(true);
  for (const said of [
    { words: 'x' },
    { placeWords: 'x' },
    { people: 2 },
    { spoken: false },
    { signs: ['wet' as const] },
  ])
    expect(hasWords({ ...draft, ...said })).toBe(true);
});

test.each([
  ['as they were', full(), 'report' as const, { rangAt: line.rangAt }],
  [
    'rang later than answered, by another clock',
    { ...full(), rangAt: '2026-11-22T20:00:09.000Z' },
    'report' as const,
    {},
  ],
  ['a clock that went back', { ...full(), answeredAt: '2026-11-22T20:00:50.000Z' }, 'broken_off' as const, {}],
])('the times of a record are in order: %s', (_, draft, outcome, more) => {
  const body = callOf(draft, outcome, end);
  expect(recordCall.body.parse(body)).toEqual(body);
  expect(judgeCall(body, end)).toBeNull();
  expect(body).toMatchObject({ ...more, outcome, hotline: 'XA-12345' });
  expect('sightingId' in body).toBe(outcome === 'report');
});
