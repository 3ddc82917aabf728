/** What a crew is asked to look at again, and which house suits whoever comes along. */
import { describe, expect, it } from 'vitest';
import { idSchema } from '../../shared/ids.ts';
import type { RecheckRow, RecheckStatus } from '../../shared/rechecks.ts';
import { groupOf, needsOf } from '../../shared/shelter-match.ts';
import type { ShelterRow } from '../../shared/shelters.ts';
import { offersOf } from '../../web/rechecks/offers.ts';
import { ownOffers, partsOf, restOf } from '../../web/shelters/beds.ts';
import { newChoice, partId, sameChoice } from '../../web/shelters/choice.ts';
import { hasPlace, newSighting, sightingOf } from '../../web/crew/sighting.ts';
import { mapLinks } from '../../shared/map-apps.ts';
import { sightingBody } from '../../shared/sightings.ts';

const NOW = new Date('2026-01-10T20:00:00.000Z');
const at = (min: number): string => new Date(NOW.getTime() + min * 60_000).toISOString();
const row = (id: string, status: RecheckStatus, dueMin: number, patrolId: string | null = 'us'): RecheckRow => ({
  id,
  version: 1,
  stationId: 's',
  incidentId: `i-${id}`,
  encounterId: 'e',
  patrolId,
  people: 1,
  startedAt: at(-300),
  dueAt: at(dueMin),
  openToAllAt: at(dueMin + 30),
  status,
  dispatchId: null,
  endedAt: null,
  ended: null,
});

describe('re-checks on offer', () => {
  it.each([
    [
      'the own one first, then the longest due',
      [row('a', 'any_crew', -60, 'them'), row('b', 'same_crew', -1)],
      ['b', 'a'],
      [],
    ],
    ['one whose time has come while the phone was deaf', [row('a', 'waiting', -2)], ['a'], []],
    ['one whose time has not come', [row('a', 'waiting', 20), row('b', 'waiting', 5)], [], ['b', 'a']],
    ["another crew's turn", [row('a', 'same_crew', -2, 'them'), row('b', 'waiting', -2, 'them')], [], []],
    ['one that is taken or over', [row('a', 'taken', -2), { ...row('b', 'any_crew', -2), endedAt: at(-1) }], [], []],
    ['one without a crew, for all', [row('a', 'any_crew', -2, null)], ['a'], []],
  ] as const)('%s', (_what, rows, due, waiting) => {
    const offers = offersOf(rows, 'us', NOW);
    expect(offers.due.map(({ id }) => id)).toEqual(due);
    expect(offers.waiting.map(({ id }) => id)).toEqual(waiting);
  });
});

describe('a house for whoever comes along, worked out without a network', () => {
  const none = { any: 0, men: 0, women: 0, family: 0, accessible: 0, quarantine: 0 };
  const house = (id: string, lon: number, over: Partial<ShelterRow> = {}): ShelterRow => ({
    id,
    version: 1,
    stationId: 's',
    name: id,
    kind: 'warm_place',
    status: 'open',
    position: { type: 'Point', coordinates: [lon, 34.2] },
    address: '',
    phone: null,
    contact: null,
    operator: null,
    hours: '',
    opening: [],
    features: [],
    about: '',
    confidential: false,
    beds: { ...none, any: 5 },
    occupiedBeds: none,
    seats: none,
    occupiedSeats: none,
    surgeBeds: none,
    surgeOpen: false,
    countedAt: at(-10),
    exportedAt: null,
    closedDownAt: null,
    ...over,
  });
  const houses = Object.fromEntries(
    [
      house('near', 108.9, { features: ['hot_water'] }),
      house('with dogs', 109.1, { features: ['pets'] }),
      // whether the plan is that high the phone does not know; that the staff opened it, it does
      house('on cold nights', 109.2, {
        features: ['pets'],
        opening: [{ days: [1, 2, 3, 4, 5, 6, 7], from: '00:00', to: '24:00', level: 'orange' }],
      }),
      house('full', 108.9, { features: ['pets'], beds: none }),
      house('somewhere', 0, { position: null, confidential: true }),
    ].map((row) => [row.id, row]),
  );
  const man = { groups: [], needs: [] };
  it.each([
    [[man], ['near', 'with dogs', 'on cold nights', 'somewhere', '-full']],
    [[{ groups: ['pet'], needs: [] }], ['with dogs', 'on cold nights', '-near', '-full', '-somewhere']],
    [
      [man, man, man, man, man, man],
      ['-near', '-full', '-with dogs', '-on cold nights', '-somewhere'],
    ],
  ])('people %j', (people, expected) => {
    const ask = { people: groupOf(people), unit: 'bed' as const, needs: needsOf(people), together: true };
    const offers = ownOffers(houses, {}, ask, [108.9, 34.2], { now: NOW, zone: 'Asia/Shanghai' });
    const told = offers.map(({ shelter, match }) => `${match.excluded === null ? '' : '-'}${shelter.name}`);
    expect(new Set(told)).toEqual(new Set(expected));
    expect(told.filter((name) => !name.startsWith('-'))).toEqual(expected.filter((name) => !name.startsWith('-')));
    expect(offers.every(({ match }) => match.etaS === null)).toBe(true);
  });
  it('begins with the places they seem to need, and keeps a family one', () => {
    const [woman, wheelchair, child] = [
      { groups: ['woman_alone'], needs: [] },
      { groups: [], needs: ['wheelchair', 'medicine'] },
      { groups: ['minor'], needs: [] },
    ];
    expect(groupOf([woman, wheelchair, man])).toEqual({ women: 1, accessible: 1, any: 1 });
    expect(groupOf([woman, child, wheelchair])).toEqual({ family: 2, accessible: 1 });
    expect(needsOf([woman, wheelchair])).toEqual(['wheelchair', 'medical']);
    expect(needsOf([{ groups: ['disabled', 'couple', 'pet'], needs: ['injury'] }])).toEqual([
      'wheelchair',
      'pets',
      'couples',
      'medical',
    ]);
  });
  it('holds a place for each kind, known as one choice by their ids, and tells who is left', () => {
    const beds = { ...none, women: 1, any: 2 };
    expect(partsOf({ beds })).toEqual([
      { kind: 'any', people: 2 },
      { kind: 'women', people: 1 },
    ]);
    expect(restOf({ women: 2, men: 2, any: 1 }, { beds })).toEqual({ ...none, women: 1, men: 1 });
    const [one, other] = [newChoice(), newChoice()];
    const ids = [partId(one), partId(one), partId(other)] as const;
    expect(new Set(ids).size).toBe(3);
    for (const id of ids) expect(idSchema.safeParse(id).success).toBe(true);
    expect([sameChoice(ids[0], ids[1]), sameChoice(ids[0], ids[2])]).toEqual([true, false]);
  });
});

describe('a report from the street', () => {
  it.each([
    [{}, false],
    [{ placeText: '  ' }, false],
    [{ placeText: ' under the bridge ' }, true],
    [{ spot: { position: [108.9, 34.2] as [number, number], accuracyM: 12, at: at(-3) } }, true],
  ])('%j has a place: %s, and is a report that the service takes', (more, placed) => {
    const draft = { ...newSighting(), ...more };
    expect(hasPlace(draft)).toBe(placed);
    expect(sightingBody.safeParse(sightingOf(draft, NOW)).success).toBe(placed);
  });
});

describe('the way there in another app', () => {
  it.each([
    // Bell Tower of Xi'an: GCJ-02 is about half a kilometre off
    ['in China', [108.9422, 34.2611], 'to=108.9468', 'daddr=34.259', 'geo:34.2611,108.9422?'],
    ['elsewhere', [13.4, 52.52], 'to=13.4,52.52,', 'daddr=52.52,13.4&', 'geo:52.52,13.4?'],
  ] as const)('%s each has its own coordinates', (_where, [lon, lat], amap, apple, phone) => {
    const links = Object.fromEntries(mapLinks([lon, lat], 'North & gate').map(({ app, href }) => [app, href]));
    expect(links['amap']).toContain(amap);
    expect(links['amap']).toContain('coordinate=gaode');
    expect(links['apple']).toContain(apple);
    expect(links['phone']).toContain(phone);
    for (const href of Object.values(links)) expect(href).toContain('North%20%26%20gate');
  });
});
