/** What a crew writes down, and the body it becomes: pure. */
import { describe, expect, it } from 'vitest';
import { recordEncounter } from '../../shared/encounters.ts';
import { point } from '../../shared/geo.ts';
import {
  bodyOf,
  comingAlong,
  type Draft,
  facesAllowed,
  isComplete,
  needsDoctor,
  newDraft,
  newPerson,
  pathsOf,
  type PersonDraft,
  usuallyTo,
  withColdAid,
} from '../../web/encounters/draft.ts';
import { sendable } from '../../web/encounters/photos.ts';
import { correctedStamp } from '../../web/encounters/stamps.ts';

const at = '2026-11-22T20:00:00.000Z';
const around = { position: point(116.4, 39.9), at };
const somebody = (part: Partial<PersonDraft>): PersonDraft => ({ ...newPerson(), ...part });
const draftOf = (...people: Partial<PersonDraft>[]): Draft => ({ ...newDraft(), people: people.map(somebody) });
/** the people of the body, which the server's own schema takes */
function sent(...people: Partial<PersonDraft>[]) {
  const body = bodyOf(draftOf(...people), around);
  expect(recordEncounter.body.safeParse(body).error).toBeUndefined();
  return body.people;
}

describe('a draft of a meeting', () => {
  it('of the common case says an outcome and that nobody was asked, nothing else', () => {
    const draft = draftOf({ outcome: 'took_items' });
    const [person] = draft.people;
    expect(bodyOf({ ...draft, handouts: { a: 0, b: 2 } }, around)).toEqual({
      ...around,
      id: draft.id,
      people: [{ id: person?.id, outcome: 'took_items', needs: [], groups: [], consent: 'not_asked' }],
      handouts: [{ itemId: 'b', quantity: 2 }],
    });
  });

  it('is complete with an outcome for each, or with why nobody was met', () => {
    const half = draftOf({ outcome: 'refused' }, {});
    expect(isComplete(half)).toBe(false);
    expect(isComplete(draftOf({ outcome: 'refused' }, { outcome: 'brought_in' }))).toBe(true);
    expect(isComplete({ ...half, nobody: true })).toBe(false);
    const nobody: Draft = { ...half, nobody: true, notFoundReason: 'gone' };
    expect(isComplete(nobody)).toBe(true);
    expect(bodyOf(nobody, around)).toMatchObject({ people: [], notFoundReason: 'gone' });
    expect(comingAlong({ ...draftOf({ outcome: 'brought_in' }), nobody: true })).toEqual([]);
  });

  it.each<[Partial<PersonDraft>, { consentScope?: string[]; name?: string }]>([
    [{ consent: 'not_asked', consentScope: ['name'], name: 'Li' }, {}],
    [{ consent: 'refused', consentScope: ['name', 'photo'], name: 'Li' }, {}],
    [{ consent: 'given', consentScope: ['photo'], name: 'Li' }, { consentScope: ['photo'] }],
    [
      { consent: 'given', consentScope: ['contact_again', 'name'], name: ' Li ' },
      { consentScope: ['name', 'contact_again'], name: 'Li' },
    ],
    [{ consent: 'given', consentScope: ['name'], name: '  ' }, { consentScope: ['name'] }],
    [{ consent: 'given' }, {}],
  ])('keeps of %o only what was agreed to', (part, kept) => {
    const [person] = sent({ outcome: 'guided', ...part });
    expect({ consentScope: person?.consentScope, name: person?.name }).toEqual({
      consentScope: undefined,
      name: undefined,
      ...kept,
    });
    expect(person?.consent).toBe(part.consent);
  });

  it('tells why somebody refused and what might change it, and only of a refusal', () => {
    const said = {
      refusal: { picked: ['Prefers to stay here', 'Waiting for someone'], own: ' a friend ' },
      mightChange: { picked: [], own: 'x'.repeat(600) },
    };
    expect(sent({ outcome: 'refused', ...said })[0]).toMatchObject({
      refusal: 'Prefers to stay here · Waiting for someone · a friend',
      mightChange: 'x'.repeat(500),
    });
    const [other] = sent({ outcome: 'took_items', ...said });
    expect(other).not.toHaveProperty('refusal');
    expect(other).not.toHaveProperty('mightChange');
    expect(sent({ outcome: 'refused' })[0]).not.toHaveProperty('refusal');
  });

  it.each<[Partial<PersonDraft>, string[], string | null]>([
    [{ outcome: 'brought_in' }, [], null],
    [{ outcome: 'medical' }, ['medical'], 'ambulance'],
    [{ outcome: 'police' }, ['police'], 'police'],
    [{ outcome: 'family' }, [], 'family'],
    // whatever the outcome
    [{ outcome: null, groups: ['minor'] }, ['child'], 'child_protection'],
    [{ outcome: 'refused', groups: ['minor'] }, ['child'], 'child_protection'],
    [{ outcome: 'medical', groups: ['minor'] }, ['medical', 'child'], 'ambulance'],
  ])('%o goes the way %o, usually to %s', (part, paths, to) => {
    const person = somebody(part);
    expect(pathsOf(person)).toEqual(paths);
    expect(usuallyTo(person)).toBe(to);
  });

  it('records the hand-over with what is known of it, and not one that no longer applies', () => {
    const handover = { to: null, reference: ' car 7 ', calledAt: at, takenOverAt: null };
    expect(sent({ outcome: 'medical', handover })[0]?.handover).toEqual({
      to: 'ambulance',
      reference: 'car 7',
      calledAt: at,
    });
    expect(sent({ outcome: 'medical', handover: { ...handover, to: 'hospital' } })[0]?.handover?.to).toBe('hospital');
    expect(sent({ outcome: 'guided', handover })[0]).not.toHaveProperty('handover');
    expect(sent({ outcome: 'police' })[0]).not.toHaveProperty('handover');
    expect(sent({ outcome: 'guided', groups: ['minor'], handover })[0]?.handover?.to).toBe('child_protection');
  });

  it('lets the cold aid choose the doctor, and a mild stage change nothing', () => {
    const person = somebody({ outcome: 'brought_in' });
    expect(withColdAid(person, { stage: 'ht2', ambulance: true, advice: [] }, null)).toMatchObject({
      outcome: 'medical',
      coldStage: 'ht2',
    });
    // a step back in the questions takes back what they chose
    const mild = withColdAid(
      somebody({ outcome: 'medical' }),
      { stage: 'ht1', ambulance: false, advice: [] },
      'brought_in',
    );
    expect(mild).toMatchObject({ outcome: 'brought_in', coldStage: 'ht1' });
    expect(sent(mild)[0]?.coldStage).toBe('ht1');
  });

  it.each<[Partial<PersonDraft>, boolean]>([
    [{ groups: ['mental_distress'] }, true],
    [{ needs: ['injury'], outcome: 'took_items' }, true],
    [{ needs: ['injury'], outcome: 'medical' }, false],
    [{ groups: ['elderly'], needs: ['medicine'] }, false],
  ])('of %o says that a doctor comes first: %s', (part, expected) => {
    expect(needsDoctor(somebody(part))).toBe(expected);
  });

  it('sends a face only while somebody agrees to it', () => {
    const photo = { id: 'a', url: '', bytes: 1, showsFace: false };
    const face = { ...photo, id: 'b', showsFace: true };
    const agreed = draftOf({ outcome: 'guided', consent: 'given', consentScope: ['photo'] });
    expect(facesAllowed(agreed)).toBe(true);
    expect(facesAllowed({ ...agreed, nobody: true })).toBe(false);
    expect(facesAllowed(draftOf({ consent: 'refused', consentScope: ['photo'] }))).toBe(false);
    expect(sendable([photo, face], true)).toEqual([photo, face]);
    expect(sendable([photo, face], false)).toEqual([photo]);
  });

  it.each([
    // an hour back, over midnight back, never into the future
    ['2026-11-22T20:10:00.000Z', '04:10', '03:10', '2026-11-22T19:10:00.000Z'],
    ['2026-11-22T16:05:00.000Z', '00:05', '23:50', '2026-11-22T15:50:00.000Z'],
    ['2026-11-22T20:10:00.000Z', '04:10', '04:40', '2026-11-21T20:40:00.000Z'],
    ['2026-11-22T15:50:00.000Z', '23:50', '00:10', '2026-11-22T16:10:00.000Z'],
    ['2026-11-22T20:10:00.000Z', '04:10', '', '2026-11-22T20:10:00.000Z'],
  ])('moves a stamp of %s from %s to %s', (stamp, from, to, moved) => {
    expect(correctedStamp(stamp, from, to, new Date('2026-11-22T20:15:00.000Z'))).toBe(moved);
  });
});
