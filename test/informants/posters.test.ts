/** Posters: one sheet an informant, with a code that leads to its own way of reporting, and nothing that is nobody's business. */
import { randomUUID } from 'node:crypto';
import { toString as qrCode } from 'qrcode';
import { describe, expect, it } from 'vitest';
import { createInformant, type InformantRow, updateInformant } from '../../shared/informants.ts';
import { setRule } from '../../shared/stations.ts';
import { places, useApp } from '../kit/app.ts';
import type { Person } from '../kit/people.ts';

const app = useApp();
const register = (over: object = {}, by: Person = app.east.manager): Promise<InformantRow> =>
  by.does(createInformant, {
    body: { id: randomUUID(), organisation: 'Bus company', source: 'bus', label: 'Line 5', ...over } as never,
  });
async function posters(by: Person, query: Record<string, string> | string = {}, headers: Record<string, string> = {}) {
  const response = await by.fetch(`/admin/posters?${new URLSearchParams(query).toString()}`, { headers });
  const html = await response.text();
  const sheets = html.split('<article class="sheet">').slice(1);
  return { status: response.status, headers: response.headers, html, sheets };
}
const qrOf = (sheet: string): string => /<img\s+src="([^"]+)"/.exec(sheet)?.[1] ?? '';

describe('posters', () => {
  it('lead from a code to the own way of reporting, at the address phones have', async () => {
    const organisation = `公交公司 ${randomUUID()}`;
    const one = await register({ organisation, label: '5 路 <b>末班</b> & co' });
    const { status, html, sheets, headers } = await posters(app.east.manager, { organisation });
    expect([status, sheets.length]).toEqual([200, 1]);
    expect(headers.get('cache-control')).toBe('no-store');
    const [sheet = ''] = sheets;
    const address = `${app.url}/r/${one.code}`;
    const drawing = await qrCode(address, { type: 'svg', errorCorrectionLevel: 'Q', margin: 4 });
    expect(decodeURIComponent(qrOf(sheet).replace('data:image/svg+xml,', ''))).toBe(drawing);
    expect(sheet).toContain(`${address.replace('http://', '')}</figcaption>`);
    expect(sheet).toContain(`<b>${one.code}</b>`);
    expect(sheet).toContain('5 路 &lt;b&gt;末班&lt;/b&gt; &amp; co');
    expect(html).not.toContain('<b>末班');
    expect((await app.anyone.fetch(new URL(address).pathname)).status).toBe(200);
    // both languages, whatever the reader's
    for (const words of ['看到有人露宿受冻？', 'Someone out in the cold?', '急救', 'Ambulance', 'east'])
      expect(sheet).toContain(words);
    expect((await posters(app.east.manager, { organisation, lang: 'zh-CN' })).html).toContain('<html lang="zh-CN">');
  });

  it('show the numbers of the station that the informant belongs to', async () => {
    const one = await register();
    await app.east.admin.does(setRule, {
      params: { key: 'emergency.numbers' },
      body: { version: 0, value: [{ number: '12345', service: 'city' }] },
    });
    const { sheets } = await posters(app.east.manager, { code: one.code.toLowerCase() });
    expect(sheets).toHaveLength(1);
    expect(sheets[0]).toContain('<b>12345</b>');
    expect(sheets[0]).not.toContain('<b>120</b>');
    const west = await register({}, app.west.manager);
    expect((await posters(app.root.manager, { code: west.code })).sheets[0]).toContain('<b>120</b>');
  });

  it('are of those in use in the own subtree, and name no place', async () => {
    const organisation = `Sanitation ${randomUUID()}`;
    const canary = `canary ${randomUUID()}`;
    const kept = await register({
      organisation,
      label: 'Crew 1',
      place: { type: 'Point', coordinates: places.east },
      placeText: canary,
    });
    const retired = await register({ organisation, label: 'Crew 2' });
    await app.east.manager.does(updateInformant, { params: { id: retired.id }, body: { version: 1, active: false } });
    const foreign = await register({ organisation, label: 'Crew 3' }, app.west.manager);
    const { html, sheets } = await posters(app.east.manager, { organisation });
    expect(sheets).toHaveLength(1);
    for (const gone of [canary, String(places.east[0]), retired.code, foreign.code, foreign.id, kept.id, 'of the test'])
      expect(html).not.toContain(gone);
    expect((await posters(app.root.admin, { organisation })).sheets).toHaveLength(2);
    for (const code of [retired.code, foreign.code, 'NOBODY', "'; drop table informants; --"])
      expect(await posters(app.east.manager, { code })).toMatchObject({ status: 404, sheets: [] });
    expect(app.logged.join('\n')).not.toContain(organisation);
  });

  it('are for managers and administrators; others are shown the way in', async () => {
    const { code } = await register();
    for (const who of [app.anyone, app.east.dispatcher, app.east.inspector, app.east.partner, app.east.crew]) {
      const { status, headers, html } = await posters(who, { code });
      expect([status, headers.get('location')]).toEqual([302, '/admin']);
      expect(html).not.toContain(code);
    }
    expect((await posters(app.east.admin, { code })).status).toBe(200);
  });

  it('are 200 on a page at most, and say so', async () => {
    const organisation = `Many ${randomUUID()}`;
    for (let batch = 0; batch < 21; batch += 1)
      await Promise.all(
        Array.from({ length: 10 }, (_, n) => register({ organisation, label: `${String(batch)}-${String(n)}` })),
      );
    const { html, sheets } = await posters(app.east.manager, { organisation }, { 'accept-language': 'en' });
    expect(sheets).toHaveLength(200);
    expect(new Set(sheets.map(qrOf)).size).toBe(200);
    expect(html).toContain('These are the first 200.');
  });
});

describe('posters of a service with an address of its own', () => {
  const known = useApp({ config: { publicOrigin: 'https://warmpath.example.org' } });

  it('lead there, wherever they were printed', async () => {
    const { code } = await known.east.manager.does(createInformant, {
      body: { id: randomUUID(), organisation: 'Bus company', source: 'bus', label: 'Line 5' },
    });
    const { sheets, html } = await posters(known.east.manager, { code });
    expect(sheets[0]).toContain(`warmpath.example.org/r/${code}</figcaption>`);
    expect(html).not.toContain('127.0.0.1');
  });
});
