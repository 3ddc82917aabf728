/** What the demo's city has, in words: stations come from the map of districts, everything else from here. Plates, phone numbers and people are invented. */
import type { LonLat } from '../../shared/geo.ts';
import type { createInformant } from '../../shared/informants.ts';
import type { itemKinds } from '../../shared/supplies.ts';
import type { Part } from '../../shared/contract.ts';

type Source = Part<(typeof createInformant)['body']>['source'];

/** Places people in Xi'an would name, WGS 84. */
export const spots = {
  bellTower: [108.9422, 34.2605],
  railwaySquare: [108.9622, 34.2775],
  xiaozhai: [108.9468, 34.2225],
  wildGoose: [108.9642, 34.2215],
  northStation: [108.9325, 34.3765],
  textileCity: [109.0605, 34.2735],
  sanfuwan: [108.9735, 34.2735],
  yuxiangGate: [108.9215, 34.2665],
  longshou: [108.9435, 34.2925],
  weiqu: [108.9365, 34.1585],
  yanliang: [109.2265, 34.6625],
  lintong: [109.2135, 34.3665],
  zhuqueGate: [108.937, 34.2475],
  wenchangGate: [108.9505, 34.248],
  muslimQuarter: [108.9375, 34.2645],
  dachaishi: [108.9605, 34.26],
  kejiRoad: [108.8985, 34.23],
  hujiamiao: [108.9905, 34.2745],
  southBusStation: [108.9415, 34.201],
  xinjiamiao: [108.985, 34.315],
  rescueStation: [108.9, 34.293],
  /** across the river in the next city: outside every district */
  xianyangLake: [108.705, 34.323],
} as const satisfies Record<string, LonLat>;
export type Spot = keyof typeof spots;

export interface InformantSeed {
  code: string;
  organisation: string;
  source: Source;
  label: string;
  district: string | null;
  at: Spot | null;
  placeText: string | null;
}
export const informants: readonly InformantSeed[] = [
  {
    code: 'XA-HW-01',
    organisation: '碑林区环卫所',
    source: 'sanitation',
    label: '钟楼片区夜班保洁',
    district: '碑林区',
    at: 'bellTower',
    placeText: '钟楼地下通道',
  },
  {
    code: 'XA-HW-02',
    organisation: '雁塔区环卫所',
    source: 'sanitation',
    label: '小寨天桥保洁',
    district: '雁塔区',
    at: 'xiaozhai',
    placeText: '小寨天桥',
  },
  {
    code: 'XA-AB-01',
    organisation: '西安站广场治安岗',
    source: 'security',
    label: '火车站广场夜班保安',
    district: '新城区',
    at: 'railwaySquare',
    placeText: '火车站广场',
  },
  {
    code: 'XA-AB-02',
    organisation: '大雁塔景区安保队',
    source: 'security',
    label: '北广场夜巡',
    district: '雁塔区',
    at: 'wildGoose',
    placeText: '大雁塔北广场',
  },
  {
    code: 'XA-GJ-01',
    organisation: '公交夜班车队',
    source: 'bus',
    label: '夜班线驾驶员',
    district: null,
    at: null,
    placeText: null,
  },
  {
    code: 'XA-CZ-01',
    organisation: '出租车爱心车队',
    source: 'taxi',
    label: '第 1 组',
    district: null,
    at: null,
    placeText: null,
  },
  {
    code: 'XA-WG-01',
    organisation: '莲湖区北院门街道',
    source: 'cadre',
    label: '社区网格员',
    district: '莲湖区',
    at: null,
    placeText: null,
  },
  {
    code: 'XA-12345',
    organisation: '12345 市民热线',
    source: 'hotline',
    label: '夜班坐席',
    district: null,
    at: null,
    placeText: null,
  },
  {
    code: 'XA-KD-01',
    organisation: '骑手互助会',
    source: 'courier',
    label: '夜间骑手',
    district: null,
    at: null,
    placeText: null,
  },
];

export const vehicles: readonly { name: string; plate: string; seats: number }[] = [
  { name: '救助车 1', plate: '陕A·演示1', seats: 7 },
  { name: '救助车 2', plate: '陕A·演示2', seats: 7 },
  { name: '救助车 3', plate: '陕A·演示3', seats: 9 },
  { name: '救助车 4', plate: '陕A·演示4', seats: 7 },
  { name: '救助车 5', plate: '陕A·演示5', seats: 5 },
  { name: '救助车 6', plate: '陕A·演示6', seats: 5 },
  { name: '无障碍转运车', plate: '陕A·演示7', seats: 6 },
  { name: '物资车', plate: '陕A·演示8', seats: 3 },
];

export interface PatrolSeed {
  name: string;
  /** index into `vehicles`; null goes on foot */
  vehicle: number | null;
  crewCount: number;
  at: Spot;
  state: 'free' | 'break' | 'busy';
  /** the shift ends so many hours after the demo's start */
  shiftH: number;
  /** of the crew member who goes out with it while the night plays */
  skills: readonly string[];
}
/** The first is the one of the account `crew`. */
export const patrols: readonly PatrolSeed[] = [
  { name: '城中一组', vehicle: 0, crewCount: 3, at: 'muslimQuarter', state: 'free', shiftH: 9, skills: ['medical'] },
  { name: '城东二组', vehicle: 1, crewCount: 2, at: 'hujiamiao', state: 'free', shiftH: 9, skills: ['woman'] },
  {
    name: '城南三组',
    vehicle: 2,
    crewCount: 3,
    at: 'southBusStation',
    state: 'free',
    shiftH: 9,
    skills: ['medical', 'woman'],
  },
  { name: '城北四组', vehicle: 3, crewCount: 2, at: 'xinjiamiao', state: 'free', shiftH: 9, skills: ['lang:ug'] },
  { name: '步行五组', vehicle: null, crewCount: 2, at: 'yuxiangGate', state: 'break', shiftH: 3, skills: ['woman'] },
  { name: '机动六组', vehicle: 4, crewCount: 3, at: 'dachaishi', state: 'busy', shiftH: 5, skills: ['lift'] },
];

export const depots: readonly { name: string; district: string | null }[] = [
  { name: '中心仓库', district: null },
  { name: '北郊仓库', district: '未央区' },
];

export interface ItemSeed {
  name: string;
  nameZh: string;
  unit: string;
  kind: (typeof itemKinds)[number];
  /** a delivery may be given out for so many days; what is not said keeps */
  keepsDays?: number;
}
export const items: readonly ItemSeed[] = [
  { name: 'Cotton coat', nameZh: '棉大衣', unit: '件', kind: 'clothing' },
  { name: 'Thermal underwear', nameZh: '保暖内衣', unit: '套', kind: 'clothing' },
  { name: 'Padded shoes', nameZh: '棉鞋', unit: '双', kind: 'clothing' },
  { name: 'Hat and gloves', nameZh: '帽子手套', unit: '套', kind: 'clothing' },
  { name: 'Quilt', nameZh: '棉被', unit: '床', kind: 'bedding' },
  { name: 'Blanket', nameZh: '毛毯', unit: '条', kind: 'bedding' },
  { name: 'Instant noodles', nameZh: '方便面', unit: '桶', kind: 'food', keepsDays: 11 },
  { name: 'Canned porridge', nameZh: '八宝粥', unit: '罐', kind: 'food', keepsDays: 150 },
  { name: 'Bottled water', nameZh: '瓶装水', unit: '瓶', kind: 'food', keepsDays: 300 },
  { name: 'Heat pack', nameZh: '暖宝宝', unit: '片', kind: 'medical', keepsDays: 700 },
  { name: 'Wash kit', nameZh: '洗漱包', unit: '份', kind: 'hygiene' },
  { name: 'Guidance card', nameZh: '救助引导卡', unit: '张', kind: 'card' },
];
/** Indices into `items` of what every patrol carries. */
export const carried = [0, 5, 7, 8, 9, 11] as const;
