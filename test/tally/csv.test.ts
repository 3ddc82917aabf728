import { describe, expect, it } from 'vitest';
import { formulaSafe } from '../../server/http/spreadsheet.ts';

describe('text for a spreadsheet', () => {
  it.each(['=HYPERLINK("x")', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '＝1', '＋1', '－1', '＠SUM'])(
    '%j is shown, not run',
    (text) => {
      expect(formulaSafe(text)).toBe(`'${text}`);
    },
  );
  it.each(['', 'Beilin', '碑林区', '1+1', "'quoted", ' =1'])('%j is left alone', (text) => {
    expect(formulaSafe(text)).toBe(text);
  });
});
