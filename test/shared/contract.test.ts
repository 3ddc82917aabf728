import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { paging } from '../../shared/contract.ts';
import { idSchema, instant, text } from '../../shared/ids.ts';
import { fieldErrors } from '../../shared/problems.ts';
import { judgeObserved } from '../../shared/sightings.ts';
import { timeZone } from '../../shared/stations.ts';

describe('paging', () => {
  const schema = z.strictObject(paging);
  it.each([
    ['1', 1],
    ['500', 500],
    ['501', 500],
    ['1e9', 500],
    ['9999999999', 500],
  ])('limit=%s gives %i', (limit, wanted) => {
    expect(schema.parse({ limit }).limit).toBe(wanted);
  });
  it.each(['0', '-1', '1.5', 'x', '', '1e', ' 1', 'NaN', '0x10'])('limit=%j is refused', (limit) => {
    expect(schema.safeParse({ limit }).success).toBe(false);
  });
});

describe('ids, instants and words', () => {
  it('lower-cases a UUID of any version, and knows no nil', () => {
    expect(idSchema.parse('0198C0DE-0000-7000-8000-00000000ABCD')).toBe('0198c0de-0000-7000-8000-00000000abcd');
    for (const bad of [
      '1',
      '',
      '00000000-0000-0000-0000-000000000000',
      '0198c0de00007000800000000000abcd',
      "' or 1=1--",
    ])
      expect(idSchema.safeParse(bad).success, bad).toBe(false);
  });

  it.each([
    ['2026-01-15T13:00:00Z', '2026-01-15T13:00:00.000Z'],
    ['2026-01-15T21:00:00+08:00', '2026-01-15T13:00:00.000Z'],
    ['2026-01-15T13:00:00.123456789Z', '2026-01-15T13:00:00.123Z'],
    ['2026-01-15T13:00:00+23:59', '2026-01-14T13:01:00.000Z'],
  ])('%s is %s', (given, wanted) => {
    expect(instant.parse(given)).toBe(wanted);
  });
  it.each([
    '2026-01-15',
    '2026-02-30T00:00:00Z',
    '0000-01-01T00:00:00Z',
    '2026-01-15T25:00:00Z',
    '2026-01-15T13:00:00',
    'now',
    '',
  ])('%j is no instant', (given) => {
    expect(instant.safeParse(given).success).toBe(false);
  });

  it('trims words, and leaves no half character in them', () => {
    expect(text(10).parse('  bridge ')).toBe('bridge');
    expect(text(10).parse('a\ud800b🌉')).toBe('a\ufffdb🌉');
    expect(text(10).safeParse('   ').success).toBe(false);
    expect(text(3).safeParse('abcd').success).toBe(false);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (given) => {
        const parsed = text(1000).safeParse(given);
        if (parsed.success) expect(Buffer.from(parsed.data, 'utf8').toString('utf8')).toBe(parsed.data);
      }),
    );
  });

  it.each([
    ['Asia/Shanghai', true],
    ['Europe/London', true],
    ['UTC', true],
    ['+08:00', false],
    ['Mars/Olympus', false],
    ['', false],
  ])('time zone %s: %s', (zone, known) => {
    expect(timeZone.safeParse(zone).success).toBe(known);
  });
});

describe('field errors', () => {
  const schema = z.strictObject({
    people: z.int().check(z.gte(1), z.lte(99)),
    source: z.enum(['public', 'taxi']),
    when: z.optional(instant),
    list: z.optional(z.array(z.strictObject({ 'a/b~c': z.string() }))),
    either: z.optional(z.union([z.iso.date(), instant])),
  });
  const errorsOf = (input: unknown): string[] => {
    const result = schema.safeParse(input);
    return result.success ? [] : fieldErrors(result.error.issues, input).map(({ path, code }) => `${path} ${code}`);
  };
  const fine = { people: 1, source: 'taxi' };
  it.each([
    [fine, []],
    [{ ...fine, people: '2' }, ['/people type']],
    [{ ...fine, people: 1.5 }, ['/people type']],
    [{ ...fine, people: 0 }, ['/people range']],
    [{ ...fine, people: 100 }, ['/people range']],
    [{ source: 'taxi' }, ['/people required']],
    [{ people: 1 }, ['/source required']],
    [{ ...fine, source: 'moon' }, ['/source enum']],
    [{ ...fine, when: 'soon' }, ['/when format']],
    [{ ...fine, when: '0000-01-01T00:00:00Z' }, ['/when range']],
    [{ ...fine, role: 'admin', status: 'x' }, ['/role unknown_field', '/status unknown_field']],
    [{ ...fine, list: [{ 'a/b~c': 1 }] }, ['/list/0/a~1b~0c type']],
    [{ ...fine, list: [{ 'a/b~c': 'x', 'd/e': 1 }] }, ['/list/0/d~1e unknown_field']],
    [{ ...fine, either: 'x' }, ['/either format']],
  ])('%j: %j', (input, wanted) => {
    expect(errorsOf(input)).toEqual(wanted);
  });

  it('are rooted where they are asked', () => {
    expect(
      fieldErrors([{ code: 'invalid_type', path: ['limit'], message: 'Invalid input' }], { limit: 1 }, '/query'),
    ).toEqual([{ path: '/query/limit', code: 'type', message: 'wrong type' }]);
  });
});

describe("a phone's clock", () => {
  const now = new Date('2026-01-15T13:00:00.000Z');
  const at = (minutes: number): Date => new Date(now.getTime() + minutes * 60_000);
  it.each([
    [0, 'fine'],
    [10, 'fine'],
    [10.1, 'suspect'],
    [48 * 60, 'suspect'],
    [48 * 60 + 0.1, 'refused'],
    [-72 * 60, 'fine'],
    [-72 * 60 - 0.1, 'suspect'],
    [-365 * 24 * 60, 'suspect'],
  ])('%f minutes off is %s', (minutes, verdict) => {
    expect(judgeObserved(at(minutes), now)).toBe(verdict);
  });
  it('is refused before 2020', () => {
    expect(judgeObserved(new Date('2019-12-31T23:59:59.999Z'), now)).toBe('refused');
  });
});
