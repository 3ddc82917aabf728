/** Confidential places, people and where they sleep, planted with words and digits that occur nowhere else; then everything public is read. */
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { recordEncounter } from '../../shared/encounters.ts';
import type { LonLat, Point } from '../../shared/geo.ts';
import { createShelter, holdBed, updateShelter } from '../../shared/shelters.ts';
import { createSite } from '../../shared/sites.ts';
import { checkIn } from '../../shared/stays.ts';
import { useApp } from '../kit/app.ts';
import { report } from '../kit/builders.ts';

const app = useApp();

/** Digits of the places; fewer of them would still find the street. */
const hidden: LonLat = [108.987654, 34.212345];
const seen: LonLat = [108.976543, 34.243219];
const asleep: LonLat = [108.964217, 34.231957];
/** A step away: what is asked may be said again. */
const beside = { lon: '108.9881', lat: '34.2126' };
const point = (coordinates: LonLat): Point => ({ type: 'Point', coordinates });
/** Words that were planted, in either alphabet, and the places to about 10 m, in any order and spelling. */
const CANARY =
  /quillfeather|zaunkönig|金丝雀|77-8899|029-?5566-?7788|1397531864|108\.98765|34\.21234|108\.97654|34\.24321|108\.96421|34\.23195/i;

const ids = {
  shelter: randomUUID(),
  hold: randomUUID(),
  stay: randomUUID(),
  person: randomUUID(),
  site: randomUUID(),
  sighting: '',
  incident: '',
};
let version = 1;

beforeAll(async () => {
  await app.east.manager.does(createShelter, {
    body: {
      id: ids.shelter,
      name: 'Quillfeather house 金丝雀之家',
      kind: 'station',
      status: 'open',
      address: '金丝雀路77-8899号',
      position: point(hidden),
      phone: '029-5566-7788',
      contact: 'Frau Zaunkönig',
      operator: 'Quillfeather Trust',
      hours: 'Quillfeather hours',
      about: 'Quillfeather door code',
      features: ['women_and_children', 'pets'],
      confidential: true,
      capacity: { any: 40, women: 9 },
    },
  });
  const sighting = await report(app, {
    position: point(seen),
    placeText: 'Quillfeather underpass',
    placeCode: 'ZAUNKÖNIG-1',
    description: '金丝雀 coat',
    contact: '1397531864',
  });
  Object.assign(ids, { sighting: sighting.id, incident: sighting.incidentId });
  await app.east.manager.does(createSite, {
    body: { id: ids.site, name: 'Quillfeather arches', position: point(asleep), note: 'Zaunkönig sleeps here' },
  });
  await app.east.dispatcher.does(recordEncounter, {
    body: {
      id: randomUUID(),
      incidentId: ids.incident,
      position: point(seen),
      people: [
        {
          id: ids.person,
          outcome: 'brought_in',
          name: 'Zaunkönig',
          consent: 'given',
          consentScope: ['name'],
          needs: ['quillfeather'],
        },
      ],
    },
  });
  await app.east.dispatcher.does(holdBed, {
    params: { id: ids.shelter },
    body: { id: ids.hold, people: 2, for: 'Zaunkönig and son' },
  });
  await app.east.dispatcher.does(checkIn, {
    body: {
      id: ids.stay,
      shelterId: ids.shelter,
      personIds: [ids.person],
      bed: 'Quillfeather 3',
      belongings: 'a Zaunkönig in a cage',
      note: '金丝雀 medicine',
    },
  });
});

interface Answer {
  address: string;
  status: number;
  headers: string;
  body: string;
}
async function read(address: string, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await app.anyone.fetch(address, { headers });
  const told = [...response.headers].filter(([name]) => name !== 'date').map(([name, value]) => `${name}: ${value}`);
  return { address, status: response.status, headers: told.join('\n'), body: await response.text() };
}

/** Every public call that reads, with whatever might be asked of it. */
function calls(): string[] {
  const near = new URLSearchParams(beside).toString();
  const cursor = Buffer.from(ids.shelter).toString('base64url');
  return app.running.routes
    .filter(({ endpoint }) => endpoint.method === 'GET' && endpoint.who === 'public')
    .flatMap(({ endpoint: { path } }) => {
      const known = Object.values(ids).map((id) => path.replaceAll(/:\w+/g, id));
      return path.includes(':')
        ? known
        : [
            path,
            `${path}?${near}`,
            `${path}?${near}&limit=500`,
            `${path}?limit=500`,
            `${path}?per_page=100`,
            `${path}?limit=5&cursor=${cursor}`,
          ];
    });
}
const pages = (): string[] => [
  '/',
  '/report',
  '/report/outlines',
  '/shelters',
  '/shelters?lang=zh-CN',
  `/shelters?area=${app.areas.east}`,
  `/shelters?${new URLSearchParams(beside).toString()}`,
  // what was typed is shown again: it must not lead to more
  ...['house', '之家', 'underpass', 'arches', '路', 'Trust', 'KÖNIG-1'].map(
    (words) => `/shelters?near=${encodeURIComponent(words)}`,
  ),
  ...Object.values(ids).flatMap((id) => [`/shelters/${id}`, `/shelters/${id}/poster`, `/follow/${id}`, `/r/${id}`]),
  '/shelters/sw.js',
  '/crew/sw.js',
  '/crew/manifest.webmanifest',
  '/robots.txt',
  '/sitemap.xml',
  '/desk',
  '/crew',
  '/shelter',
  '/admin',
  '/admin/posters',
  '/setup',
  '/api/openapi.json',
];

/** All of these and whatever they lead to, in both languages. */
async function crawl(): Promise<Answer[]> {
  const waiting = [...pages(), ...calls()];
  const known = new Set(waiting);
  const answers: Answer[] = [];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    for (const language of ['en', 'zh-CN']) answers.push(await read(next, { 'accept-language': language }));
    const { body, headers } = answers.at(-1) ?? { body: '', headers: '' };
    if (!headers.includes('text/html')) continue;
    for (const [, link = ''] of body.matchAll(/(?:href|src)="(\/[^"#]*)/g)) {
      const address = link.replaceAll('&amp;', '&');
      if (known.has(address)) continue;
      known.add(address);
      waiting.push(address);
    }
  }
  return answers;
}

describe('what was planted', () => {
  let before: Answer[] = [];

  it('is in no public answer, header or file, whatever is asked', async () => {
    before = await crawl();
    const leaks = before.filter(({ body, headers }) => CANARY.test(body) || CANARY.test(headers));
    expect(leaks.map(({ address }) => address)).toEqual([]);
    // the ids neither, but where the one who asks sent them
    const named = before.filter(({ address, body, headers }) =>
      Object.values(ids).some((id) => !address.includes(id) && (body.includes(id) || headers.includes(id))),
    );
    expect(named.map(({ address }) => address)).toEqual([]);
    expect(app.logged.filter((line) => CANARY.test(line))).toEqual([]);
    // what was planted would be found: those who may know read it
    for (const address of ['/api/shelters', '/api/stays', '/api/incidents', '/api/sites', '/api/encounters'])
      expect(await (await app.east.manager.fetch(address)).text(), address).toMatch(CANARY);
    // it was read at all: the open house beside it is there
    const told = before.filter(({ status, body }) => status === 200 && body.includes('east shelter'));
    const shown = new Set(told.map(({ address }) => address.split('?')[0]));
    expect([...shown]).toEqual(
      expect.arrayContaining([
        '/shelters',
        `/shelters/${app.shelters.east}`,
        '/api/public/shelters',
        '/hsds/services',
        '/hsds/service_at_locations',
      ]),
    );
    expect(before.length).toBeGreaterThan(150);
  });

  it('changes no count and no other answer when the confidential place closes, fills or moves', async () => {
    const change = async (body: {
      status: 'open' | 'full' | 'closed';
      capacity?: { any: number };
      position?: Point;
    }): Promise<void> => {
      const changed = await app.east.manager.does(updateShelter, {
        params: { id: ids.shelter },
        body: { ...body, version },
      });
      version = changed.version;
    };
    const looked = [
      '/shelters',
      '/api/public/shelters?limit=500',
      `/shelters?${new URLSearchParams(beside).toString()}`,
      ...calls(),
    ].filter(
      // counts every fact there is, as the contract says
      (address) => !address.startsWith('/api/health'),
    );
    const answers = (): Promise<Answer[]> => Promise.all(looked.map((address) => read(address)));
    const open = await answers();
    await change({ status: 'closed' });
    expect(await answers()).toEqual(open);
    await change({ status: 'full', capacity: { any: 400 }, position: point([108.9, 34.2]) });
    expect(await answers()).toEqual(open);
    await change({ status: 'open', position: point(hidden) });
    expect(await answers()).toEqual(open);
  });

  it('answers for a confidential place as for one that never was', async () => {
    const nothing = randomUUID();
    const paths = [
      '/shelters/:id',
      '/shelters/:id/poster',
      ...app.running.routes
        .filter(({ endpoint }) => endpoint.method === 'GET' && endpoint.who === 'public' && endpoint.path.includes(':'))
        .map(({ endpoint }) => endpoint.path),
    ];
    for (const path of paths) {
      const [real, none] = await Promise.all([
        read(path.replaceAll(/:\w+/g, ids.shelter)),
        read(path.replaceAll(/:\w+/g, nothing)),
      ]);
      expect({ ...real, address: '' }, path).toEqual({ ...none, address: '' });
    }
    for (const near of ['', '&lon=108.98&lat=34.21']) {
      const [real, none] = await Promise.all(
        [ids.shelter, nothing].map((id) =>
          read(`/api/public/shelters?cursor=${Buffer.from(id).toString('base64url')}${near}`),
        ),
      );
      expect({ ...real, address: '' }).toEqual({ ...none, address: '' });
    }
    // one that was public and no longer is, and one that was given up
    await app.west.manager.does(updateShelter, {
      params: { id: app.shelters.west },
      body: { version: 1, confidential: true },
    });
    const [real, none] = await Promise.all([read(`/shelters/${app.shelters.west}`), read(`/shelters/${nothing}`)]);
    expect({ ...real, address: '' }).toEqual({ ...none, address: '' });
    expect((await read('/api/public/shelters')).body).not.toContain(app.shelters.west);
  });
});
