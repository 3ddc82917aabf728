/** C1: words that a spreadsheet would run are shown by it as words. */
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createStation, listStations } from '../../shared/stations.ts';
import { useApp } from '../kit/app.ts';

describe('C1 the tally as CSV', () => {
  const app = useApp();
  const names = ['=HYPERLINK("https://evil.tld","x")', '+1', '-1', '@SUM(1)', '＝1', '＋1', '"quoted", and a comma'];

  it('keeps names as they were written and marks in the export what looks like a formula', async () => {
    for (const name of names)
      await app.root.admin.does(createStation, { body: { id: randomUUID(), parentId: app.stations.root, name } });
    const { items } = await app.root.admin.does(listStations);
    expect(items.map(({ name }) => name)).toEqual(expect.arrayContaining(names));
    const day = app.clock.now().toISOString().slice(0, 10);
    const response = await app.root.manager.fetch(`/api/reports/tally.csv?from=${day}&to=${day}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/csv/);
    expect(response.headers.get('content-disposition')).toMatch(/^attachment/);
    const csv = await response.text();
    for (const name of names.slice(0, 6)) expect(csv).toContain(`'${name.replaceAll('"', '""')}`);
    // no cell begins like a formula, quoted or not, whatever the separator
    for (const cell of csv.split(/[,;\t\r\n]+/))
      expect(cell.replace(/^["\uFEFF]+/, '')).not.toMatch(/^[=+\-@＝＋－＠](?!\d+$)/);
  });
});
