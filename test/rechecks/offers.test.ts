/** What a crew is asked to look at again, and which house suits whoever comes along. */
import { describe, expect, it } from 'vitest';
import type { RecheckRow, RecheckStatus } from '../../shared/rechecks.ts';
import type { ShelterRow } from '../../shared/shelters.ts';
import { offersOf } from '../../web/rechecks/offers.ts';
import { bedOffers, wantsOf } from '../../web/shelters/beds.ts';
import { hasPlace, newSighting, sightingOf } from '../../web/crew/sighting.ts';
import { mapLinks } from '../../web/dispatches/navigation.ts';
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

describe('a house for whoever comes along', () => {
  const none = { any: 0, men: 0, women: 0, family: 0, accessible: 0, quarantine: 0 };
  const house = (id: string, features: string[], lon: number, any = 5): ShelterRow => ({
    id,
    version: 1,
    stationId: 's',
    name: id,
    kind: 'warm_place',
    status: 'open',
    position: { type: 'Point', coordinates: [lon, 34.2] },
    address: '',
    phone: null,
    hours: '',
    features,
    confidential: false,
    beds: { ...none, any },
    occupiedBeds: none,
    countedAt: at(-10),
  });
  const houses = [
    house('near', ['热水'], 108.9),
    house('near with dog', ['热水', '可带宠物'], 108.901),
    house('far with dog', ['Pets welcome'], 109.1),
    house('full', ['可带宠物'], 108.9, 0),
  ];
  it.each([
    [[], ['near', 'near with dog', 'far with dog', 'full']],
    [[{ groups: ['pet'], needs: [] }], ['near with dog', 'near', 'far with dog', 'full']],
  ])('people %j', (people, expected) => {
    const offers = bedOffers(houses, [], NOW, { kind: 'any', people: 1, from: [108.9, 34.2], wants: wantsOf(people) });
    expect(offers.map(({ shelter }) => shelter.name)).toEqual(expected);
    expect(offers.at(-1)?.fits).toBe(false);
  });
  it('says what a house has told of, and what has to be asked', () => {
    const wants = wantsOf([{ groups: ['disabled'], needs: ['pet', 'couple', 'medicine'] }]);
    expect(wants).toEqual(['wheelchair', 'pet', 'couple', 'medical']);
    const [offer] = bedOffers([house('a', ['无障碍', '医务室'], 108.9)], [], NOW, {
      kind: 'any',
      people: 1,
      from: null,
      wants,
    });
    expect(offer).toMatchObject({ has: ['wheelchair', 'medical'], untold: ['pet', 'couple'] });
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
