/** Reading CAP: what shapes of messages say, what is refused and where, and what words mean. No database. */
import { describe, expect, it } from 'vitest';
import { readCap } from '../../server/alerts/cap.ts';
import { codePrefix, codesOf } from '../../server/alerts/cap-area.ts';
import { type AlertWords, levelOf, typeOf } from '../../server/alerts/classify.ts';
import { Problem } from '../../shared/problems.ts';
import { box, cap, chinese, meteoalarm, nws, type Said } from './messages.ts';

const sent = '2025-12-01T16:00:00+08:00';
const NOW = new Date('2025-12-01T08:05:00.000Z');
const hours = (n: number): string => new Date(Date.parse(sent) + n * 3_600_000).toISOString();
const read = (said: Said = {}, locale = 'zh-CN') => readCap(cap({ sent, ...said }), locale, NOW);

/** Code of the problem, and of the field with its path. */
function refusal(xml: Buffer | string): string {
  try {
    readCap(xml, 'zh-CN', NOW);
  } catch (problem) {
    if (problem instanceof Problem)
      return [String(problem.status), problem.code, ...problem.errors.map(({ path, code }) => `${path} ${code}`)].join(
        ' ',
      );
    throw problem;
  }
  return 'taken';
}
const wrong = (said: Said): string => refusal(cap({ sent, ...said }));
const swapped = `<polygon>108.9,34.2 109.0,34.2 109.0,34.3 108.9,34.2</polygon>`;
const laughs = `<!DOCTYPE lolz [<!ENTITY lol "lol">${Array.from({ length: 9 }, (_, n) => `<!ENTITY lol${String(n + 1)} "${`&lol${n === 0 ? '' : String(n)};`.repeat(10)}">`).join('')}]>`;

describe('a message that is none', () => {
  it.each([
    ['billion laughs', `<?xml version="1.0"?>${laughs}<alert>&lol9;</alert>`, '422 doctype  doctype'],
    ['a file', `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><alert>&x;</alert>`, '422 doctype  doctype'],
    ['another host', `<!doctype a [<!ENTITY % x SYSTEM "http://127.0.0.1:9/"> %x;]><alert/>`, '422 doctype  doctype'],
    ['nested', '<a>'.repeat(100_000) + '</a>'.repeat(100_000), '422 bad_xml  depth'],
    ['nested and open', '<a>'.repeat(100_000), '422 bad_xml  xml'],
    ['a prototype', '<__proto__><polluted>1</polluted></__proto__>', '422 bad_xml  depth'],
    ['an open prototype', '<__proto__><polluted>1', '422 bad_xml  xml'],
    ['nothing', '', '422 bad_xml  xml'],
    ['JSON', '{}', '422 bad_xml  xml'],
    ['another encoding', Buffer.from('<?xml version="1.0" encoding="EBCDIC-US"?><alert/>'), '422 bad_xml  encoding'],
    ['half a character', Buffer.from([0x3c, 0x61, 0x3e, 0xc3, 0x3c]), '422 bad_xml  encoding'],
    ['a megabyte', `<alert>${' '.repeat(1_000_000)}</alert>`, '413 too_large'],
    ['other XML', '<rss version="2.0"/>', '422 not_cap /alert namespace'],
    ['CAP 1.0', '<alert xmlns="http://www.incident.com/cap/1.0"/>', '422 not_cap /alert namespace'],
    ['no namespace', '<alert><identifier>1</identifier></alert>', '422 not_cap /alert namespace'],
  ])('%s', (_name, xml, said) => {
    expect(refusal(xml)).toBe(said);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  const ring = (n: number): string =>
    `<polygon>${Array.from({ length: n }, (_, i) => `${(34 + Math.sin(i) / 10).toFixed(2)},108.9`).join(' ')} 34.00,108.9</polygon>`;
  it.each<[string, Said, string]>([
    ['no identifier', { identifier: '' }, '422 invalid /alert/identifier required'],
    ['a name in two words', { identifier: 'a b' }, '422 invalid /alert/identifier format'],
    ['no zone', { sent: '2025-12-01T16:00:00' }, '422 invalid /alert/sent format'],
    ['no such day', { sent: '2025-13-01T16:00:00Z' }, '422 invalid /alert/sent format'],
    ['sent tomorrow week', { sent: hours(24 * 8) }, '422 invalid /alert/sent range'],
    ['another status', { status: 'Real' }, '422 invalid /alert/status enum'],
    ['another kind', { msgType: 'constructor' }, '422 invalid /alert/msgType enum'],
    ['cancels nothing', { msgType: 'Cancel' }, '422 invalid /alert/references required'],
    ['no event', { event: ' ' }, '422 invalid /alert/info/0/event required'],
    ['over before it was sent', { expires: hours(-1) }, '422 invalid /alert/info/0/expires range'],
    ['over as it is sent', { expires: sent }, '422 invalid /alert/info/0/expires range'],
    ['lon,lat', { area: swapped }, '422 invalid /alert/info/0/area/0/polygon/0 lat_range'],
    [
      'lon,lat of a circle',
      { area: '<circle>108.9,34.2 5</circle>' },
      '422 invalid /alert/info/0/area/0/circle/0 lat_range',
    ],
    ['beyond the date line', { area: box(179, 1, 181, 2) }, '422 invalid /alert/info/0/area/0/polygon/0 lon_range'],
    ['NaN', { area: '<polygon>NaN,1 2,3 4,5 NaN,1</polygon>' }, '422 invalid /alert/info/0/area/0/polygon/0 type'],
    [
      'open',
      { area: '<polygon>1,1 1,2 2,2 2,1</polygon>' },
      '422 invalid_geometry /alert/info/0/area/0/polygon/0 invalid_geometry',
    ],
    [
      'a line',
      { area: '<polygon>1,1 1,2 1,1</polygon>' },
      '422 invalid_geometry /alert/info/0/area/0/polygon/0 invalid_geometry',
    ],
    [
      'half the Earth',
      { area: box(-90, -80, 90, 80) },
      '422 invalid_geometry /alert/info/0/area/0/polygon/0 invalid_geometry',
    ],
    [
      'as far as the Moon',
      { area: '<circle>34.2,108.9 99999</circle>' },
      '422 invalid_geometry /alert/info/0/area/0/circle/0 invalid_geometry',
    ],
    [
      '50,000 vertices',
      { area: ring(50_000) },
      '422 too_many_vertices /alert/info/0/area/0/polygon/0 too_many_vertices',
    ],
    ['a million points', { area: ring(1_000_000) }, '413 too_large'],
  ])('%s', (_name, said, refused) => {
    expect(wrong(said)).toBe(refused);
  });

  it('says of a swapped polygon that it may be swapped', () => {
    expect(() => read({ area: swapped })).toThrow(
      expect.objectContaining({
        errors: [expect.objectContaining({ message: expect.stringContaining('swapped?') as unknown })],
      }),
    );
  });
});

describe('what a message says', () => {
  it('in the language of the station, else in English, else in the first it has', () => {
    const message = (locale: string) => readCap(meteoalarm(sent, hours(9), box(10, 50, 11, 51)), locale, NOW);
    for (const locale of ['zh-CN', 'en'])
      expect(message(locale).parts).toMatchObject([
        {
          event: 'Orange Low-Temperature Warning',
          kinds: ['6; low-temperature'],
          scale: ['3; orange; Severe'],
          area: {
            codes: [],
            circles: [],
            polygons: [
              [
                [10, 50],
                [11, 50],
                [11, 51],
                [10, 51],
                [10, 50],
              ],
            ],
          },
        },
      ]);
    expect(message('de').parts[0]?.event).toBe('STRENGER FROST');
    expect(read({ language: 'fr-FR' }).parts).toHaveLength(1);
  });

  it('of several things, all of them', () => {
    const two = cap({ sent }).replace('</info>', '</info><info><language>zh-CN</language><event>大风</event></info>');
    expect(readCap(two, 'en', NOW).parts.map(({ event }) => event)).toEqual(['寒潮橙色预警', '大风']);
  });

  it('as the national system says it: with the code of the office where there is no other area', () => {
    const [part] = readCap(chinese(sent), 'zh-CN', NOW).parts;
    expect(part).toMatchObject({ codes: ['11B04'], area: { codes: ['610100'] }, expiresAt: null, onsetAt: hours(0) });
    const coded = '<geocode><valueName>行政区划代码</valueName><value>610113000000</value></geocode>';
    expect(readCap(chinese(sent, { area: coded }), 'zh-CN', NOW).parts[0]?.area.codes).toEqual(['610113']);
    const gbk = Buffer.concat([
      Buffer.from(
        '<?xml version="1.0" encoding="GBK"?><alert xmlns="urn:oasis:names:tc:emergency:cap:1.1"><identifier>1</identifier><sender>',
      ),
      Buffer.from([0xba, 0xae, 0xb3, 0xb1]),
      Buffer.from(`</sender><sent>${sent}</sent><status>Actual</status><msgType>Ack</msgType></alert>`),
    ]);
    expect(readCap(gbk, 'zh-CN', NOW)).toMatchObject({ sender: '寒潮', kind: 'ack' });
  });

  it('as the National Weather Service says it: until the event ends; codes of its counties are not ours', () => {
    const [part] = readCap(nws(sent, hours(20), hours(8), hours(40)), 'en', NOW).parts;
    expect(part).toMatchObject({ onsetAt: hours(20), expiresAt: hours(40), area: { codes: [] } });
    expect(part?.description).toBe('* WHAT...Very cold wind chills.\n* WHERE...Here & there.');
    // without the end of the event, as long as the message
    expect(read({ onset: hours(20), expires: hours(8) }).parts).toMatchObject([
      { onsetAt: hours(0), expiresAt: hours(8) },
    ]);
  });

  it('of times that are no times of this world: until it is cancelled', () => {
    expect(read({ expires: '9999-12-31T23:59:59Z' }).parts).toMatchObject([{ expiresAt: null }]);
    expect(read({ expires: '2025-12-01 18:00:00+08:00' }).parts).toMatchObject([{ expiresAt: hours(2) }]);
  });

  it('names others by sender and identifier, and an all clear only ends them', () => {
    const references = `weather@example.org,w-0,${sent}\n a,b@example.org,w-2,${sent}`;
    expect(read({ msgType: 'Update', references })).toMatchObject({
      kind: 'update',
      named: ['weather@example.org,w-0', 'a,b@example.org,w-2'],
    });
    expect(read({ msgType: 'Update', references, more: '<responseType>AllClear</responseType>' })).toMatchObject({
      kind: 'cancel',
      parts: [],
    });
    expect(read({ status: 'Exercise', event: '' })).toMatchObject({ actual: false, parts: [] });
  });

  it.each([
    ['610000', '61'],
    ['610100', '6101'],
    ['610113', '610113'],
    ['110000', '11'],
  ])('the code %s is that of all that begin with %s', (code, prefix) => {
    expect(codePrefix(code)).toBe(prefix);
  });
  it.each([
    ['61010041600000_20251201160000', ['610100']],
    ['99010041600000_20251201160000', []],
    ['urn:oid:2.49.0.1.840', []],
  ])('the identifier %s tells %j', (identifier, codes) => {
    expect(codesOf(identifier)).toEqual(codes);
  });
});

const words: AlertWords = {
  types: [
    { event: '寒潮', type: 'cold_wave' },
    { event: '11B04', type: 'cold_wave' },
    { event: '大风', type: 'gale' },
    { event: '道路结冰', type: 'road_ice' },
    { event: 'ice', type: 'road_ice' },
    { event: 'wind', type: 'gale' },
    { event: 'wind chill', type: 'cold' },
    { event: 'low temperature', type: 'low_temperature' },
  ],
  colours: [
    { word: '蓝', level: 'blue' },
    { word: '黄', level: 'yellow' },
    { word: '橙', level: 'orange' },
    { word: '红', level: 'red' },
    { word: 'yellow', level: 'yellow' },
    { word: 'amber', level: 'orange' },
    { word: 'orange', level: 'orange' },
    { word: 'red', level: 'red' },
    { word: 'Minor', level: 'blue' },
    { word: 'Severe', level: 'orange' },
  ],
};

describe('what words mean', () => {
  it.each<[string[], string | null]>([
    [['11B04', 'anything'], 'cold_wave'],
    [['Wind Chill Warning'], 'cold'],
    [['High Wind Warning'], 'gale'],
    [['Orange Low-Temperature Warning'], 'low_temperature'],
    [['寒潮橙色预警'], 'cold_wave'],
    [['暴雪和道路结冰'], 'road_ice'],
    [['寒潮大风'], null],
    [['Police notice'], null],
    [['沙尘暴'], null],
    [['unheard of', '6; low-temperature'], 'low_temperature'],
    [['constructor', ''], null],
  ])('%j warns of %s', (said, type) => {
    expect(typeOf(said, words)).toBe(type);
  });

  it.each<[Partial<Parameters<typeof levelOf>[0]>, string | null]>([
    [{ scale: ['2; yellow; Severe'] }, 'yellow'],
    [{ event: '寒潮蓝色预警', severity: 'Severe' }, 'blue'],
    [{ headline: '西安市气象台发布寒潮橙色预警', severity: 'Minor' }, 'orange'],
    // names of places that hold a colour
    [{ headline: '蓝田县发布寒潮黄色预警' }, 'yellow'],
    [{ headline: '红河州气象台发布寒潮预警', severity: 'Minor' }, 'blue'],
    [{ headline: 'Freeze Warning for Orange County', severity: 'Minor' }, 'blue'],
    [{ headline: 'Amber warning of snow' }, 'orange'],
    [{ headline: 'Status Red for Kerry' }, 'red'],
    // two colours say neither
    [{ headline: '黄色预警升级为橙色预警', severity: 'Severe' }, 'orange'],
    [{ headline: '黄色预警升级为红色预警', severity: 'Unknown' }, null],
    // a word of severity in a text is no colour
    [{ event: 'Severe weather', severity: 'Minor' }, 'blue'],
    [{ event: 'Scared', severity: null }, null],
  ])('%j is %s', (said, level) => {
    expect(levelOf({ scale: [], event: 'cold', headline: null, severity: null, ...said }, words)).toBe(level);
  });
});
