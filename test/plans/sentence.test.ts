/** When a level is wanted, said in both languages; and what two editions of a plan differ in. */
import { describe, expect, it } from 'vitest';
import { translator } from '../../server/http/words.ts';
import en from '../../shared/locales/en.json' with { type: 'json' };
import type { Condition } from '../../shared/plan-conditions.ts';
import type { Locale } from '../../shared/stations.ts';
import { changed, linesOf } from '../../web/plans/compare.ts';
import { blankSpec } from '../../web/plans/edit.ts';
import { conditionWords, feasts, type Speech, steadyWords } from '../../web/plans/sentence.ts';

const catalogue: Record<string, string> = en;
const speechOf = (locale: Locale): Speech => ({ locale, t: translator(locale), has: (key) => key in catalogue });
const english = speechOf('en');
const chinese = speechOf('zh-CN');

const cold: Condition = {
  weather: {
    tests: [
      { measure: 'fall2', atLeast: 8, keep: 6 },
      { measure: 'minimum', atMost: 4 },
      { measure: 'wind', atLeast: 28.8 },
    ],
    basis: 'either',
    days: 2,
  },
};
const said: readonly [Condition, string, string][] = [
  [{ season: { from: '11-01', to: '03-31' } }, 'from Nov 1 to Mar 31 of the year', '每年11月1日至3月31日'],
  [{ season: { from: '02-29', to: '02-29' } }, 'from Feb 29 to Feb 29 of the year', '每年2月29日至2月29日'],
  [{ hours: { from: '08:00', to: '18:00' } }, 'between 08:00 and 18:00', '每日08:00至18:00'],
  [{ hours: { from: '18:00', to: '08:00' } }, 'from 18:00 to 08:00 the next day', '每日18:00至次日08:00'],
  [
    { hours: { from: '18:00', to: '08:00', days: [5, 6] } },
    'from 18:00 to 08:00 the next day, beginning on Fri or Sat',
    '每日18:00至次日08:00（周五或周六开始）',
  ],
  [{ dates: ['2026-12-24'] }, 'on Dec 24, 2026', '在2026年12月24日'],
  [{ lunar: { month: 12, day: 8, before: 0, after: 0 } }, 'on Laba Festival', '腊八节当天'],
  [
    { lunar: { month: 1, day: 1, before: 3, after: 7 } },
    'around Spring Festival (days before: 3, after: 7)',
    '春节前3天至后7天',
  ],
  [{ lunar: { month: 3, day: 3, before: 0, after: 0 } }, 'on day 3 of lunar month 3', '农历3月第3日当天'],
  [{ alert: { level: 'orange' } }, 'a warning of Orange or above is in force', '有橙色及以上的任何预警生效'],
  [
    cold,
    'on one of 2 days from today: fall of the minimum in two days at least 8 °C (stays on down to 6 °C), lowest temperature at most 4 °C, and wind at least 28.8 km/h, observed or forecast',
    '今天起2天中的某一天48小时最低气温降幅不低于8 ℃（启动后不低于6 ℃即保持）、最低气温不高于4 ℃和风速不低于28.8 公里/小时（按实况或预报）',
  ],
  [
    { weather: { tests: [{ measure: 'felt', atMost: -20.6, keep: -20 }], basis: 'forecast', hours: 16 } },
    'in the next 16 hours: lowest felt temperature at most -20.6 °C (stays on up to -20 °C), by the forecast',
    '未来16小时内最低体感温度不高于-20.6 ℃（启动后不高于-20 ℃即保持）（按预报）',
  ],
  [
    { weather: { tests: [{ measure: 'minimum', atMost: 0 }], basis: 'observed', days: 3, run: 2 } },
    'on 2 days in a row that begin within 3 days from today: lowest temperature at most 0 °C, as observed',
    '今天起3天内开始的连续2天最低气温不高于0 ℃（按实况）',
  ],
];

describe('a condition in words', () => {
  it.each(said)('%j', (node, inEnglish, inChinese) => {
    expect(conditionWords(english, node)).toBe(inEnglish);
    expect(conditionWords(chinese, node)).toBe(inChinese);
  });
  it('joins groups, and puts those within others in brackets', () => {
    const tree: Condition = {
      all: [
        { season: { from: '11-01', to: '03-31' } },
        { any: [{ alert: { level: 'red' } }, { hours: { from: '00:00', to: '06:00' } }] },
      ],
    };
    expect(conditionWords(english, tree)).toBe(
      'from Nov 1 to Mar 31 of the year and (a warning of Red or above is in force or between 00:00 and 06:00)',
    );
    expect(conditionWords(chinese, tree)).toBe(
      '每年11月1日至3月31日，且（有红色及以上的任何预警生效，或每日00:00至06:00）',
    );
    // one member needs neither word nor brackets
    expect(conditionWords(english, { all: [{ any: [{ hours: { from: '00:00', to: '06:00' } }] }] })).toBe(
      'between 00:00 and 06:00',
    );
  });
  it('has a name for every feast that is offered, and a sentence for every waiting time', () => {
    for (const feast of feasts) {
      const [month = 0, day = 0] = feast.split('-').map(Number);
      const node: Condition = { lunar: { month, day, before: 0, after: 0 } };
      for (const speech of [english, chinese])
        expect(conditionWords(speech, node)).not.toMatch(/plans\.|lunar month|农历/);
    }
    expect(steadyWords(english, { minimumOnH: 1, confirmH: 12, bridgeH: 0 })).toEqual([
      'Once the rules have raised a level it stays on for at least 1 hour.',
      'It goes down only after the rules have wanted less for 12 hours without a break.',
      'What the forecast wants again later does not keep it on.',
    ]);
  });
  it('says what one edition has and the other has not', () => {
    const before = { name: 'Cold', active: true, source: '', spec: blankSpec() };
    const after = {
      ...before,
      spec: { ...before.spec, levels: before.spec.levels.map((each) => ({ ...each, mode: 'automatic' as const })) },
    };
    const lines = (edition: typeof before): string[] => linesOf(english, edition, []);
    expect(changed(lines(before), lines(before))).toEqual({ gone: [], come: [] });
    expect(changed(lines(before), lines(after))).toEqual({
      gone: [
        'Orange asks first; goes on after 30 minutes unless refused, when a warning of Orange or above is in force',
      ],
      come: ['Orange goes on by itself, at once, when a warning of Orange or above is in force'],
    });
  });
});
