/** Only tonight's work of this crew lies on the phone, and nothing of where anybody is while it is locked. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Noun, nouns } from '../../shared/events.ts';
import { emptyState, type State } from '../../shared/state.ts';
import { lockedView, tonightsWork } from '../../web/live/tonight.ts';

const ME = 'me';
const OWN = 'patrol-own';
const OTHER = 'patrol-other';
type Rows = Partial<Record<Noun, Record<string, Record<string, unknown>>>>;
const stateOf = (rows: Rows): State => ({ ...emptyState, seq: 7, ...rows }) as unknown as State;
const kept = (state: State): Record<string, string[]> =>
  Object.fromEntries(
    nouns.map((noun) => [noun, Object.keys(state[noun]).sort()] as const).filter(([, ids]) => ids.length > 0),
  );

/** One of everything that is ours, and of everything that is not; `secret` must never lie on the phone. */
function night(secret: string): State {
  const people = { position: { type: 'Point', coordinates: [108, 34] } };
  return stateOf({
    stations: { s: { id: 's' } },
    weather: { w: { id: 'w' } },
    items: { i: { id: 'i' } },
    patrols: { [OWN]: { id: OWN, crew: [ME, 'mate'] }, [OTHER]: { id: OTHER, crew: ['else'], name: secret } },
    dispatches: {
      d1: { id: 'd1', patrolId: OWN, incidentId: 'in-own', reason: 'said aloud' },
      d2: { id: 'd2', patrolId: OTHER, incidentId: 'in-other', reason: secret },
    },
    incidents: {
      'in-own': { id: 'in-own', placeText: 'ours', ...people },
      'in-offered': { id: 'in-offered', placeText: 'offered', ...people },
      'in-other': { id: 'in-other', placeText: secret },
      'in-open': { id: 'in-open', description: secret },
      'in-taken': { id: 'in-taken', placeText: secret },
    },
    rechecks: {
      r1: { id: 'r1', patrolId: OTHER, status: 'any_crew', incidentId: 'in-offered' },
      r2: { id: 'r2', patrolId: OTHER, status: 'taken', incidentId: 'in-taken' },
    },
    shelters: {
      open: { id: 'open', confidential: false, address: 'a street' },
      shut: { id: 'shut', confidential: true, position: secret, address: secret, phone: secret },
    },
    holds: {
      h1: { id: 'h1', patrolId: OWN, for: 'the man at the bridge', shelter: { name: 'bound there' } },
      h2: { id: 'h2', patrolId: OTHER, for: secret, shelter: { name: secret }, dispatchId: secret, people: 2 },
    },
    stays: { y: { id: 'y', note: secret } },
    stock: {
      k1: { id: 'k1', place: { kind: 'patrol', id: OWN }, quantity: 4 },
      k2: { id: 'k2', place: { kind: 'patrol', id: OTHER }, quantity: secret },
      k3: { id: 'k3', place: { kind: 'shelter', id: OWN }, quantity: secret },
    },
    tasks: { t: { id: 't', subject: secret } },
    sites: { z: { id: 'z', name: secret } },
    rounds: { q: { id: 'q', stops: [secret] } },
    runs: { u1: { id: 'u1', patrolId: OWN, stops: ['own stop'] }, u2: { id: 'u2', patrolId: OTHER, stops: [secret] } },
    alerts: { l: { id: 'l' } },
    plans: { n: { id: 'n' } },
    activations: {
      a: {
        id: 'a',
        level: 'orange',
        reason: 'said aloud',
        why: ['said aloud'],
        steps: [
          {
            id: 'loud',
            alarm: true,
            title: { en: 'said aloud' },
            words: { en: 'go to the bridge' },
            note: 'said aloud',
          },
          { id: 'quiet', alarm: false, title: { en: 'said aloud' }, words: null, note: null },
        ],
      },
    },
    shifts: { f: { id: 'f', people: [secret] } },
    checks: { c: { id: 'c', askedBy: secret } },
    panics: {
      p1: { id: 'p1', patrolId: OWN, position: 'where we are', endReason: null },
      p2: { id: 'p2', patrolId: OTHER, position: secret },
    },
  });
}

test('own work stays, and the work of others goes', () => {
  const secret = 'canary';
  const own = tonightsWork(night(secret), ME);
  expect(JSON.stringify(own)).not.toContain(secret);
  expect(own.seq).toBe(7);
  expect(kept(own)).toEqual({
    stations: ['s'],
    weather: ['w'],
    alerts: ['l'],
    plans: ['n'],
    activations: ['a'],
    items: ['i'],
    patrols: [OWN],
    dispatches: ['d1'],
    incidents: ['in-offered', 'in-own'],
    rechecks: ['r1'],
    shelters: ['open', 'shut'],
    holds: ['h1', 'h2'],
    stock: ['k1'],
    runs: ['u1'],
    panics: ['p1'],
  });
  expect(own.holds['h1']).toMatchObject({ for: 'the man at the bridge', shelter: { name: 'bound there' } });
  // how many beds are taken is needed to choose one
  expect(own.holds['h2']).toMatchObject({ people: 2, for: null, shelter: null });
});

test('whoever is not out has no work on the phone', () => {
  const none = kept(tonightsWork(night('canary'), 'somebody at home'));
  expect(Object.keys(none).sort()).toEqual([
    'activations',
    'alerts',
    'holds',
    'items',
    'plans',
    'shelters',
    'stations',
    'weather',
  ]);
});

test('a locked phone knows that it is out and that a job waits, and no place', () => {
  const locked = lockedView(night('canary'), ME);
  expect(kept(locked)).toEqual({ patrols: [OWN], dispatches: ['d1'], panics: ['p1'], activations: ['a'] });
  // that a plan alarms, not what it says
  expect(locked.activations['a']?.steps.map(({ id, words }) => [id, words])).toEqual([['loud', null]]);
  for (const told of ['ours', 'bridge', 'coordinates', 'said aloud', 'where we are', 'own stop'])
    expect(JSON.stringify(locked)).not.toContain(told);
});

test('whatever the picture holds, nothing of another crew is kept, and cutting twice is cutting once', () => {
  const owner = fc.constantFrom(OWN, OTHER, null);
  const incident = fc.constantFrom('a', 'b', 'c', 'd');
  const table = <T>(row: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T & { id: string }>> =>
    fc
      .array(row, { maxLength: 6 })
      .map((rows) => Object.fromEntries(rows.map((each, at) => [`r${at}`, { ...each, id: `r${at}` }])));
  const picture = fc.record({
    out: fc.boolean(),
    dispatches: table(fc.record({ patrolId: owner, incidentId: incident })),
    rechecks: table(
      fc.record({
        patrolId: owner,
        incidentId: incident,
        status: fc.constantFrom('waiting', 'same_crew', 'any_crew', 'taken'),
      }),
    ),
    runs: table(fc.record({ patrolId: owner })),
    panics: table(fc.record({ patrolId: owner })),
    holds: table(fc.record({ patrolId: owner, for: fc.constant('words') })),
  });
  fc.assert(
    fc.property(picture, ({ out, ...rows }) => {
      const patrols = { [OWN]: { id: OWN, crew: out ? [ME] : ['mate'] } };
      const incidents = Object.fromEntries(['a', 'b', 'c', 'd'].map((id) => [id, { id }]));
      const cut = tonightsWork(stateOf({ ...rows, patrols, incidents }), ME);
      const own = (row: { patrolId: string | null }): boolean => out && row.patrolId === OWN;
      for (const noun of ['dispatches', 'runs', 'panics'] as const)
        expect(Object.values(cut[noun]).every(own)).toBe(true);
      for (const row of Object.values(cut.rechecks)) expect(own(row) || (out && row.status === 'any_crew')).toBe(true);
      for (const hold of Object.values(cut.holds)) expect(own(hold) || hold.for === null).toBe(true);
      const reasons = [...Object.values(cut.dispatches), ...Object.values(cut.rechecks)].map((row) => row.incidentId);
      expect(Object.keys(cut.incidents).sort()).toEqual([...new Set(reasons)].sort());
      expect(tonightsWork(cut, ME)).toEqual(cut);
    }),
  );
});
