/** A list of shelters from a file, in the browser: what is wrong by line, then what would be written, then written. */
import { randomUUID } from 'node:crypto';
import { utils, write } from '@e965/xlsx';
import { describe, expect, it } from 'vitest';
import { listShelters } from '../../shared/shelters.ts';
import { violationsOn } from '../kit/axe.ts';
import { phone, useCity, wide } from './kit.ts';

const workbook = (table: readonly (readonly (string | number)[])[]): Buffer => {
  const book = utils.book_new();
  utils.book_append_sheet(book, utils.aoa_to_sheet(table.map((line) => [...line])), 'list');
  return write(book, { type: 'buffer', bookType: 'xlsx' }) as Buffer;
};
const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

describe('a list of shelters', () => {
  const city = useCity();

  it.each([
    ['en', wide, 'light'],
    ['zh-CN', phone, 'dark'],
  ] as const)('is judged, mended and written in %s', async (locale, viewport, colorScheme) => {
    const manager = await city.visitor({ locale, viewport, colorScheme });
    const { page, t } = manager;
    await manager.signIn('manager', '/admin#/shelters/import');
    await manager.sees(t('admin.house_list.about'));
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      manager.press(t('admin.house_list.template')),
    ]);
    expect(download.suggestedFilename()).toBe('shelters.csv');
    const names = [randomUUID().slice(0, 8), randomUUID().slice(0, 8)];
    const file = page.locator('input[type=file]');
    const head = ['name', 'kind', 'address', 'lon', 'lat', 'features', 'beds', 'seats'];
    const choose = (kinds: readonly string[], lat: number): Promise<void> =>
      file.setInputFiles({
        name: 'list.xlsx',
        mimeType: XLSX,
        buffer: workbook([
          head,
          ...names.map((name, n) => [name, kinds[n] ?? '', '1 South Street', 108.95, lat, 'pets', 4, 10]),
        ]),
      });
    await choose(['palace', t('shelter.kind.station')], 134.2);
    await manager.sees(t('admin.house_list.wrong', { count: 3 }));
    await manager.sees(t('admin.error.lat_range'));
    await manager.picture(`shelter-list-wrong-${locale}`);
    expect(await manager.button(t('admin.house_list.go', { count: 2 })).count()).toBe(0);
    await choose([t('shelter.kind.warm_place'), t('shelter.kind.station')], 34.2);
    await manager.sees(t('admin.house_list.good'));
    await manager.picture(`shelter-list-good-${locale}`);
    const violations = await violationsOn(page);
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
    await manager.press(t('admin.house_list.go', { count: 2 }));
    await manager.sees(t('admin.house_list.done', { count: 2 }));
    const staff = await city.staff('manager');
    const { items } = await staff.does(listShelters, { query: { limit: '500' } });
    expect(items.filter(({ name }) => names.includes(name)).map(({ capacity }) => capacity.total)).toEqual([4, 4]);
    expect(manager.complaints).toEqual([]);
  });
});
