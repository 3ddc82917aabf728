/** What stands in the desk's address, and how the palette finds. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deskParts, formatAddress, mapLayers, parseAddress, plainAddress, views } from '../../web/desk/address.ts';
import { commands, keysOnly } from '../../web/desk/commands.ts';
import { best, likeness } from '../../web/desk/finding.ts';
import { initials } from '../../web/desk/initials.ts';
import { filters } from '../../web/incidents/queue.ts';

const ID = '0199f3a0-0000-7000-8000-00000000000a';

describe('the address', () => {
  it('of the plain desk is plain', () => {
    expect(formatAddress(plainAddress)).toBe('');
    expect(parseAddress('')).toEqual(plainAddress);
  });

  it('says what it showed, for everything that it can show', () => {
    fc.assert(
      fc.property(
        fc.record({
          view: fc.constantFrom(...views),
          filter: fc.constantFrom(...filters),
          own: fc.boolean(),
          part: fc.constantFrom(...deskParts),
          incidentId: fc.option(fc.uuid()),
          layers: fc.subarray([...mapLayers]),
        }),
        (address) => {
          expect(parseAddress(formatAddress(address))).toEqual(address);
        },
      ),
    );
  });

  it.each([
    ['?view=ceiling&filter=drop%20table&part=', plainAddress],
    ['?incident=../../etc/passwd&own=yes', plainAddress],
    ['?layers=', { ...plainAddress, layers: [] }],
    ['?layers=patrols,clouds', { ...plainAddress, layers: ['patrols'] }],
    [`?incident=${ID.toUpperCase()}&search=under+the+bridge`, { ...plainAddress, incidentId: ID }],
    ['?%E0%A4%A', plainAddress],
  ])('%s is read as far as it is known', (search, address) => {
    expect(parseAddress(search)).toEqual(address);
    expect(formatAddress(parseAddress(search))).not.toContain('bridge');
  });
});

describe('the palette', () => {
  it('finds by beginning before middle before slip, and nothing for nothing alike', () => {
    const names = ['Print the open queue', 'Wall view or work view', 'W-0012', 'Wu Xing', 'show on the map'];
    const named = (query: string): string[] => best(names, query, (name) => name, 5);
    expect(named('w-0012')).toEqual(['W-0012']);
    expect(named('w')[0]).toBe('Wall view or work view');
    expect(named('queue print')).toEqual(['Print the open queue']);
    expect(named('wal viev')[0]).toBe('Wall view or work view');
    expect(named('zzzz')).toEqual([]);
    expect(best(['大屏视图', '打印未结事件清单'], '清单', (name) => name, 5)).toEqual(['打印未结事件清单']);
    expect(likeness('', 'anything')).toBeGreaterThan(0);
  });

  it('gives every key to one command only, and offers none that only makes sense as a key', () => {
    const keys = commands.map(({ key }) => key).filter((key: string) => key !== '');
    expect(new Set(keys).size).toBe(keys.length);
    expect(new Set(commands.map(({ id }) => id)).size).toBe(commands.length);
    for (const id of keysOnly) expect(commands.find((command) => command.id === id)?.key).not.toBe('');
  });
});

it.each([
  ['Li Wei', 'LW'],
  ['Dispatcher', 'D'],
  ['Anna Maria Lopez', 'AL'],
  ['王小明', '小明'],
  ['', ''],
])('%s is marked %s', (name, mark) => {
  expect(initials(name)).toBe(mark);
});
