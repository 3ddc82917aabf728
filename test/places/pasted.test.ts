/** Every form in which people paste coordinates: what is read, in which system, how exactly. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { convert, distanceM, type LonLat } from '../../shared/geo.ts';
import { hasShortLink, withoutLinks } from '../../shared/map-links.ts';
import { inChina, type Pasted, pastedPlaces, readPasted } from '../../shared/pasted.ts';

const bell: LonLat = [108.9422, 34.2611];
const bellGcj: LonLat = [108.94686, 34.25951];
const dms: LonLat = [108.942222, 34.261111];
const sydney: LonLat = [151.2093, -33.8688];
const unknown = { crs: 'unknown', swapped: false } as const;
const turned = { crs: 'unknown', swapped: true } as const;
const gcj = { crs: 'gcj02', swapped: false } as const;
const wgs = { crs: 'wgs84', swapped: false } as const;

const forms: readonly (readonly [text: string, position: LonLat, rest: Partial<Pasted>])[] = [
  // decimal pairs
  ['34.2611, 108.9422', bell, unknown],
  ['34.2611,108.9422', bell, unknown],
  ['34.2611，108.9422', bell, unknown],
  ['34.2611；108.9422', bell, unknown],
  ['34.2611;108.9422', bell, unknown],
  ['34.2611 108.9422', bell, unknown],
  ['34.2611、108.9422', bell, unknown],
  ['３４．２６１１，１０８．９４２２', bell, unknown],
  ['(34.2611, 108.9422)', bell, unknown],
  ['+34.2611, +108.9422', bell, unknown],
  ['108.9422, 34.2611', bell, turned],
  ['108.9422 34.2611', bell, turned],
  ['87.6168, 43.8256', [87.6168, 43.8256], turned],
  ['-33.8688, 151.2093', sydney, unknown],
  ['151.2093,-33.8688', sydney, turned],
  ['−33.8688, 151.2093', sydney, unknown],
  ['51.5072, -0.1276', [-0.1276, 51.5072], unknown],
  ['人在 34.26110, 108.94220 这里', bell, unknown],
  ['"coordinates":[108.9422,34.2611]', bell, unknown],
  // letters and words
  ['N34.2611 E108.9422', bell, unknown],
  ['N34.2611E108.9422', bell, unknown],
  ['34.2611N 108.9422E', bell, unknown],
  ['34.2611N108.9422E', bell, unknown],
  ['34.2611°N 108.9422°E', bell, unknown],
  ['34.2611° N, 108.9422° E', bell, unknown],
  ['E108.9422, N34.2611', bell, unknown],
  ['33.8688 S, 151.2093 E', sydney, unknown],
  ['S33.8688 E151.2093', sydney, unknown],
  ['51.5072N 0.1276W', [-0.1276, 51.5072], unknown],
  ['N108.9422 E34.2611', bell, turned],
  ['北纬34.2611° 东经108.9422°', bell, unknown],
  ['东经108.9422，北纬34.2611', bell, unknown],
  ['北纬34.2611度，东经108.9422度', bell, unknown],
  ['南纬33.8688 东经151.2093', sydney, unknown],
  ['纬度：34.2611 经度：108.9422', bell, unknown],
  ['经度108.9422,纬度34.2611', bell, unknown],
  ['经度:34.2611 纬度:108.9422', bell, turned],
  ['lat: 34.2611, lon: 108.9422', bell, unknown],
  ['latitude=34.2611&longitude=108.9422', bell, unknown],
  ['{"lat":34.2611,"lng":108.9422}', bell, unknown],
  ['lng 108.9422 lat 34.2611', bell, unknown],
  // minutes and seconds
  [`34°15'40"N 108°56'32"E`, dms, unknown],
  [`34°15′40″N, 108°56′32″E`, dms, unknown],
  [`34º15’40”N 108º56’32”E`, dms, unknown],
  [`34°15''40''N`.replace("''", "'") + ` 108°56'32''E`, dms, unknown],
  [`N34°15'40" E108°56'32"`, dms, unknown],
  [`34° 15' 40" 108° 56' 32"`, dms, unknown],
  [`108°56'32" 34°15'40"`, dms, turned],
  ['北纬34度15分40秒，东经108度56分32秒', dms, unknown],
  ['东经108°56′32″ 北纬34°15′40″', dms, unknown],
  ['34 15 40 N 108 56 32 E', dms, unknown],
  ['34:15:40N 108:56:32E', dms, unknown],
  [`34°15.6667'N 108°56.5333'E`, dms, unknown],
  [`N 34° 15.6667 E 108° 56.5333`, dms, unknown],
  ['34 15.6667 N, 108 56.5333 E', dms, unknown],
  [`33°52'7.68"S 151°12'33.48"E`, sydney, unknown],
  // words that name the system
  ['高德 34.25951,108.94686', bellGcj, gcj],
  ['微信定位：34.25951,108.94686', bellGcj, gcj],
  ['GCJ-02 108.94686,34.25951', bellGcj, { crs: 'gcj02', swapped: true }],
  ['腾讯地图 34.25951 108.94686', bellGcj, gcj],
  ['百度坐标 34.265, 108.953', [108.953, 34.265], { crs: 'bd09', swapped: false }],
  ['WGS84 34.2611,108.9422', bell, wgs],
  ['GPS: 34.2611,108.9422', bell, wgs],
  // AMap
  ['https://uri.amap.com/marker?position=108.94686,34.25951&name=x', bellGcj, gcj],
  ['https://uri.amap.com/marker?position=108.94686%2C34.25951', bellGcj, gcj],
  ['https://uri.amap.com/marker?position=34.25951,108.94686', bellGcj, { crs: 'gcj02', swapped: true }],
  ['https://uri.amap.com/marker?position=108.9422,34.2611&coordinate=wgs84', bell, wgs],
  ['https://uri.amap.com/navigation?from=116.3,39.9,a&to=108.94686,34.25951,钟楼&mode=car', bellGcj, gcj],
  ['https://www.amap.com/?q=34.25951,108.94686,%E9%92%9F%E6%A5%BC', bellGcj, gcj],
  ['https://wb.amap.com/?p=B001D088Z5,34.25951,108.94686,钟楼,碑林区', bellGcj, gcj],
  ['https://ditu.amap.com/regeo?lng=108.94686&lat=34.25951&name=x', bellGcj, gcj],
  ['androidamap://viewMap?sourceApplication=x&poiname=y&lat=34.25951&lon=108.94686&dev=0', bellGcj, gcj],
  // Tencent, WeChat
  ['https://apis.map.qq.com/uri/v1/marker?marker=coord:34.25951,108.94686;title:钟楼', bellGcj, gcj],
  ['https://apis.map.qq.com/uri/v1/geocoder?coord=34.25951,108.94686&referer=x', bellGcj, gcj],
  ['qqmap://map/routeplan?type=drive&tocoord=34.25951,108.94686', bellGcj, gcj],
  ['https://map.qq.com/?type=marker&pointx=108.94686&pointy=34.25951', bellGcj, gcj],
  ['<msg><location x="34.25951" y="108.94686" scale="16" label="钟楼"/></msg>', bellGcj, gcj],
  // Baidu
  ['https://api.map.baidu.com/marker?location=34.265,108.953&title=x', [108.953, 34.265], { crs: 'bd09' }],
  ['https://api.map.baidu.com/marker?location=34.2611,108.9422&coord_type=wgs84', bell, wgs],
  ['https://api.map.baidu.com/geocoder?location=34.25951,108.94686&coord_type=gcj02', bellGcj, gcj],
  ['baidumap://map/direction?destination=latlng:34.265,108.953|name:x', [108.953, 34.265], { crs: 'bd09' }],
  // Google, Apple, OpenStreetMap, geo:
  ['https://www.google.com/maps/@34.2611,108.9422,17z', bell, unknown],
  ['https://www.google.com/maps/place/x/@34.2,108.9,15z/data=!3m1!4b1!4m5!3m4!8m2!3d34.2611!4d108.9422', bell, unknown],
  ['https://maps.google.com/?q=34.2611,108.9422', bell, unknown],
  ['https://www.google.com/maps/search/?api=1&query=-33.8688%2C151.2093', sydney, unknown],
  ['https://www.google.cn/maps?q=34.25951,108.94686', bellGcj, gcj],
  ['https://maps.apple.com/?ll=34.2611,108.9422&q=Pin', bell, unknown],
  ['https://maps.apple.com/place?coordinate=-33.8688,151.2093&name=Pin', sydney, unknown],
  ['https://www.openstreetmap.org/#map=19/34.2611/108.9422', bell, wgs],
  ['https://www.openstreetmap.org/?mlat=34.2611&mlon=108.9422#map=12/34.0/108.0', bell, wgs],
  ['geo:34.2611,108.9422', bell, wgs],
  ['geo:34.2611,108.9422;u=35', bell, { ...wgs, accuracyM: 35 + 111_320e-4 }],
  ['geo:0,0?q=34.2611,108.9422(Bell%20Tower)', bell, wgs],
  ['https://www.bing.com/maps?cp=-33.8688~151.2093&lvl=17', sydney, unknown],
  // plus codes
  ['7FG49QCJ+2V', [2.7821875, 20.3700625], wgs],
  ['4VCPPQGP+Q9 Wellington', [174.7859375, -41.2730625], wgs],
];

test.each(forms)('%s', (text, [lon, lat], rest) => {
  const read = readPasted(text);
  expect(read).toHaveLength(1);
  expect(read[0]).toMatchObject(rest);
  expect(read[0]?.position[0]).toBeCloseTo(lon, 4);
  expect(read[0]?.position[1]).toBeCloseTo(lat, 4);
});

test.each([
  '',
  'Bell Tower',
  '95.0, 200.5',
  '200.5',
  '34, 108',
  '解放路 12 号 3 楼',
  '3 人, 2 个孩子',
  '电话 13812345678, 02987654321',
  '2026-01-15 21:30:05',
  'LD-0231 12.5',
  '10.5, 12.5 元',
  `34°75'40"N 108°56'32"E`,
  'N34.2611 N108.9422',
  '7W6R+CV',
  'https://surl.amap.com/abcDEF1',
  'https://example.org/34/108',
  '%E0%A4%A',
  '°'.repeat(300),
  '1 '.repeat(500),
])('nothing in %j', (text) => {
  expect(readPasted(text)).toEqual([]);
});

test('two places in one text are two', () => {
  expect(readPasted('从 34.26110,108.94220 到 34.25951,108.94686').map(({ position }) => position)).toEqual([
    bell,
    bellGcj,
  ]);
});

test.each([
  ['34.2, 108.9', 11_132],
  ['34.26, 108.94', 1_114],
  ['34.261, 108.942', 112],
  ['34.2611, 108.9422', 12],
  ['34.261112, 108.942203', 10],
  [`34°15'N 108°56'E`, 1_856],
  [`34°15'40"N 108°56'32"E`, 31],
  [`34°15'40.5"N 108°56'32.1"E`, 10],
])('as exact as it is written: %s', (text, metres) => {
  expect(Math.ceil(readPasted(text)[0]?.accuracyM ?? 0)).toBe(metres);
});

test('the middle of a picture is no pin', () => {
  const [near, far] = [17, 12].map(
    (zoom) => readPasted(`https://www.google.com/maps/@34.26112,108.94221,${String(zoom)}z`)[0],
  );
  expect(near?.accuracyM).toBeGreaterThan(150);
  expect(far?.accuracyM).toBeGreaterThan(20 * (near?.accuracyM ?? 0));
});

describe('on our map', () => {
  it('takes the Bell Tower of AMap to where it is', () => {
    const [only, ...more] = pastedPlaces('https://uri.amap.com/marker?position=108.94686,34.25951');
    expect([only?.notes, more]).toEqual([['gcj02'], []]);
    expect(distanceM(only?.position.coordinates ?? [0, 0], bell)).toBeLessThan(5);
  });
  it('reads a bare pair in China both ways, each with room for the other', () => {
    const [asIs, shifted, ...more] = pastedPlaces('34.25951,108.94686');
    expect([asIs?.notes, shifted?.notes, more]).toEqual([[], ['maybe_gcj02'], []]);
    expect(asIs?.position.coordinates).toEqual(bellGcj);
    expect(distanceM(shifted?.position.coordinates ?? [0, 0], bell)).toBeLessThan(5);
    for (const each of [asIs, shifted]) expect(each?.accuracyM).toBeGreaterThan(distanceM(bell, bellGcj));
  });
  it('reads it one way where maps are not shifted', () => {
    for (const text of [
      '-33.8688, 151.2093',
      '37.5665, 126.9780',
      '21.0285, 105.8542',
      '25.0330, 121.5654',
      '35.6762, 139.6503',
    ])
      expect(pastedPlaces(text).map(({ notes, accuracyM }) => [notes, accuracyM])).toEqual([[[], 12]]);
  });
  it('says what was turned round', () => {
    expect(pastedPlaces('WGS84 108.9422, 34.2611')).toEqual([
      { position: { type: 'Point', coordinates: bell }, accuracyM: 12, notes: ['swapped'] },
    ]);
  });
  it.each([
    ['Harbin', [126.64, 45.76]],
    ['Urumqi', [87.62, 43.82]],
    ['Lhasa', [91.13, 29.65]],
    ['Haikou', [110.33, 20.03]],
    ['Shanghai', [121.47, 31.23]],
    ['Kashgar', [75.99, 39.47]],
    ['Mohe', [122.53, 52.97]],
    ['Dalian', [121.62, 38.92]],
  ] as const)('%s is in China', (_name, position) => {
    expect(inChina([...position])).toBe(true);
  });
});

describe('short links', () => {
  it.each([
    'https://surl.amap.com/abcDEF1',
    'https://j.map.baidu.com/ab/c',
    'https://maps.app.goo.gl/xY9',
    '高德 https://surl.amap.com/1a',
  ])('%s says nothing by itself', (text) => {
    expect([hasShortLink(text), readPasted(text)]).toEqual([true, []]);
  });
  it('leave the words around them', () => {
    expect(withoutLinks('钟楼 https://surl.amap.com/abcDEF1 东北角').trim()).toMatch(/^钟楼\s+东北角$/);
  });
});

describe('whatever the place', () => {
  const lon = fc.double({ min: -179.9, max: 179.9, noNaN: true });
  const lat = fc.double({ min: -89.9, max: 89.9, noNaN: true });
  const sexagesimal = (value: number, sides: string): string => {
    const tenths = Math.round(Math.abs(value) * 36_000);
    return `${String(Math.floor(tenths / 36_000))}°${String(Math.floor(tenths / 600) % 60)}'${((tenths % 600) / 10).toFixed(1)}"${sides[value < 0 ? 1 : 0] ?? ''}`;
  };
  const writers: readonly (readonly [string, (x: number, y: number, digits: number) => string])[] = [
    [
      'letters',
      (x, y, digits) =>
        `${Math.abs(y).toFixed(digits)}${y < 0 ? 'S' : 'N'} ${Math.abs(x).toFixed(digits)}${x < 0 ? 'W' : 'E'}`,
    ],
    [
      'words',
      (x, y, digits) =>
        `${x < 0 ? '西经' : '东经'}${Math.abs(x).toFixed(digits)}，${y < 0 ? '南纬' : '北纬'}${Math.abs(y).toFixed(digits)}`,
    ],
    ['seconds', (x, y) => `${sexagesimal(y, 'NS')} ${sexagesimal(x, 'EW')}`],
    ['geo:', (x, y, digits) => `geo:${y.toFixed(digits)},${x.toFixed(digits)}`],
    ['keys', (x, y, digits) => `lat=${y.toFixed(digits)}&lon=${x.toFixed(digits)}`],
  ];
  it.each(writers)('what is written as %s is read within its radius', (_name, write) => {
    fc.assert(
      fc.property(lon, lat, fc.integer({ min: 2, max: 7 }), (x, y, digits) => {
        const [read, ...more] = readPasted(write(x, y, digits));
        expect(more).toEqual([]);
        expect(read?.swapped).toBe(false);
        expect(distanceM(read?.position ?? [0, 0], [x, y])).toBeLessThanOrEqual(read?.accuracyM ?? 0);
      }),
    );
  });
  it('in China the order of two numbers shows itself, and both readings hold the place, whichever system it came from', () => {
    const inland = fc.tuple(
      fc.double({ min: 100, max: 120, noNaN: true }),
      fc.double({ min: 30, max: 39, noNaN: true }),
    );
    fc.assert(
      fc.property(inland, fc.boolean(), fc.boolean(), ([x, y], lonFirst, shifted) => {
        const [px, py] = shifted ? convert([x, y], 'wgs84', 'gcj02') : [x, y];
        const pair = [py.toFixed(6), px.toFixed(6)];
        const readings = pastedPlaces((lonFirst ? pair.reverse() : pair).join(','));
        expect(readings).toHaveLength(2);
        for (const { position, accuracyM, notes } of readings) {
          expect(notes.includes('swapped')).toBe(lonFirst);
          expect(distanceM(position.coordinates, [x, y])).toBeLessThanOrEqual(accuracyM);
        }
      }),
    );
  });
  it('reads any text in no time and never throws', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ maxLength: 1_000, unit: 'grapheme' }),
          fc.stringMatching(/^[0-9NSEW°'", .;=&?@:-]{0,400}$/),
        ),
        (text) => {
          for (const { position } of readPasted(text)) expect(Math.abs(position[1])).toBeLessThanOrEqual(90);
        },
      ),
    );
  });
});
