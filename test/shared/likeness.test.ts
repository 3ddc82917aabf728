/** Likeness of words, and which reports are perhaps about the same people. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { comparerOf, type DuplicateRules, isCandidate, type Nearness, scoreOf } from '../../shared/duplicates.ts';
import { bigramsOf, likeness, plainText, sharedParts } from '../../shared/likeness.ts';

const plain = fc.string({ unit: fc.constantFrom(...'东门桥下第三根灯杆 North gate,。Ｂ2'), maxLength: 20 });
const texts = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 40 }), plain);

describe('likeness of two texts', () => {
  it.each([
    ['North gate, bus stop', 'north gate bus-stop', 1],
    ['东门桥下，第三根灯杆', '东门桥下第三根灯杆。', 1],
    ['ＡＴＭ 大厅', 'atm大厅', 1],
    ['night', 'nacht', 0.25],
    ['桥', '桥', 1],
    ['桥', '门', 0],
    ['', '', 0],
    ['。。', '!!', 0],
  ])('%s and %s: %d', (a, b, expected) => {
    expect(likeness(a, b)).toBeCloseTo(expected, 6);
  });

  it('tells the same place in other words from another place', () => {
    expect(likeness('火车站东门桥下有位老人', '老人在东门的桥下，火车站')).toBeGreaterThan(0.3);
    expect(likeness('火车站东门桥下有位老人', '南湖公园北侧长椅')).toBeLessThan(0.1);
    expect(likeness('old man under the bridge at the east gate', 'man under bridge, east gate')).toBeGreaterThan(0.6);
    expect(likeness('old man under the bridge at the east gate', 'two people in the bank lobby')).toBeLessThan(0.3);
  });

  it('is the same both ways, within bounds, 1 for equal words and 0 where no pair is shared', () => {
    fc.assert(
      fc.property(texts, texts, (a, b) => {
        const alike = likeness(a, b);
        expect(alike).toBe(likeness(b, a));
        expect(alike).toBeGreaterThanOrEqual(0);
        expect(alike).toBeLessThanOrEqual(1);
        expect(likeness(a, a)).toBe(plainText(a) === '' ? 0 : 1);
        const theirs = bigramsOf(b);
        if (!bigramsOf(a).some((pair) => theirs.includes(pair))) expect(alike).toBe(0);
      }),
    );
  });

  it('names each pair once, whatever is between the letters', () => {
    fc.assert(
      fc.property(plain, (a) => {
        const pairs = bigramsOf(a);
        expect(new Set(pairs).size).toBe(pairs.length);
        expect(bigramsOf([...a].join(' · '))).toEqual(pairs);
      }),
    );
  });
});

describe('what two texts share', () => {
  const marked = (text: string, other: string): string =>
    sharedParts(text, other)
      .map((part) => (part.shared ? `[${part.text}]` : part.text))
      .join('');

  it.each([
    ['东门桥下有位老人', '老人在东门的桥下', '[东门桥下]有位[老人]'],
    ['Old man under the BRIDGE, east side', 'under the bridge', 'Old man [under the BRIDGE], east side'],
    ['bank lobby', 'a shop', 'bank lobby'],
    ['灯杆ＤＫ-0417旁', 'dk 0417', '灯杆[ＤＫ-0417]旁'],
    ['', 'x', ''],
  ])('%s against %s: %s', (text, other, expected) => {
    expect(marked(text, other)).toBe(expected);
  });

  it('joined is the text again, each shared part is in the other, and equal words are shared whole', () => {
    fc.assert(
      fc.property(plain, plain, (a, b) => {
        const parts = sharedParts(a, b);
        expect(parts.map(({ text }) => text).join('')).toBe(a);
        // neighbours may be two stretches of the other
        for (const { text, shared } of parts) if (shared) expect(likeness(text, b)).toBeGreaterThan(0);
        if ([...plainText(a)].length >= 4) expect(sharedParts(a, a).filter(({ shared }) => shared)).toHaveLength(1);
      }),
    );
  });
});

describe('perhaps the same', () => {
  const rules: DuplicateRules = { radiusM: 250, windowH: 12, likeness: 0.3 };
  const near = (over: Partial<Nearness>): Nearness => ({
    distanceM: null,
    minutesApart: 0,
    likeness: 0,
    sameCode: false,
    ...over,
  });

  it.each([
    [near({ distanceM: 250 }), true],
    [near({ distanceM: 250.1, likeness: 1, sameCode: true }), false],
    [near({ distanceM: 0, minutesApart: 720 }), true],
    [near({ distanceM: 0, minutesApart: 720.1 }), false],
    [near({ likeness: 0.3 }), true],
    [near({ likeness: 0.299 }), false],
    [near({ sameCode: true }), true],
    [near({ sameCode: true, likeness: 1, minutesApart: 721 }), false],
  ])('%o: %s', (given, expected) => {
    expect(isCandidate(given, rules)).toBe(expected);
  });

  it('takes a code for the same however it is written, and none for none', () => {
    const compare = comparerOf({ placeCode: 'dk-0417', words: [] });
    expect(compare({ placeCode: 'ＤＫ 0417', words: [] }).sameCode).toBe(true);
    expect(compare({ placeCode: null, words: [] }).sameCode).toBe(false);
    expect(comparerOf({ placeCode: null, words: [] })({ placeCode: '—', words: [] }).sameCode).toBe(false);
  });

  it('counts the two texts most alike', () => {
    const compare = comparerOf({ placeCode: null, words: ['东门桥下', 'bank lobby'] });
    expect(compare({ placeCode: null, words: ['nothing', 'Bank Lobby'] }).likeness).toBe(1);
  });

  it('scores nearer, sooner and more alike higher, each by itself', () => {
    const nearness = fc.record({
      distanceM: fc.option(fc.double({ min: 0, max: 250, noNaN: true })),
      minutesApart: fc.double({ min: 0, max: 720, noNaN: true }),
      likeness: fc.double({ min: 0, max: 1, noNaN: true }),
      sameCode: fc.boolean(),
    });
    fc.assert(
      fc.property(nearness, fc.double({ min: 0, max: 1, noNaN: true }), (given, part) => {
        const score = scoreOf(given, rules);
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(2.5);
        const better = {
          distanceM: given.distanceM === null ? 0 : given.distanceM * part,
          minutesApart: given.minutesApart * part,
          likeness: given.likeness + (1 - given.likeness) * part,
        };
        for (const [key, value] of Object.entries(better))
          expect(scoreOf({ ...given, [key]: value }, rules)).toBeGreaterThanOrEqual(score);
      }),
    );
  });
});
