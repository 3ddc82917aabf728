/** What happened in the demo's city before it opens, and what is still open. Every word is about somebody invented. */
import type { Part } from '../../shared/contract.ts';
import type { recordEncounter } from '../../shared/encounters.ts';
import type { SightingBody } from '../../shared/sightings.ts';
import type { Spot } from './city.ts';

/** A report as somebody would write it; where and when are filled in when it is sent. */
export interface Report
  extends
    Pick<SightingBody, 'source' | 'people' | 'signs'>,
    Partial<
      Pick<
        SightingBody,
        'placeText' | 'placeCode' | 'informantCode' | 'description' | 'spoken' | 'wantsHelp' | 'stillThere'
      >
    > {
  /** also its name for the ids made from the seed */
  key: string;
  /** null: nobody could say where on a map */
  at: Spot | null;
  /** seen this long before the demo started, in minutes, both ends included */
  minutesAgo: readonly [number, number];
}

/** Open when the demo starts. */
export const openReports: readonly Report[] = [
  {
    key: 'open-underpass',
    at: 'bellTower',
    placeText: '钟楼地下通道西北口，台阶下',
    source: 'sanitation',
    informantCode: 'XA-HW-01',
    minutesAgo: [6, 9],
    people: 1,
    signs: ['confused', 'wet'],
    description: '一位大爷坐在台阶下发抖，说话含糊，外套是湿的。已打 120。',
    spoken: true,
    wantsHelp: true,
    stillThere: true,
  },
  {
    key: 'open-railway',
    at: 'railwaySquare',
    placeText: '火车站广场东侧，公交站牌后面',
    source: 'security',
    informantCode: 'XA-AB-01',
    minutesAgo: [18, 24],
    people: 1,
    signs: ['elderly', 'no_blanket'],
    description: '老人带两个编织袋，靠着站牌睡，没有被子。',
    spoken: true,
    wantsHelp: true,
    stillThere: true,
  },
  {
    key: 'open-bridge-1',
    at: 'xiaozhai',
    placeText: '小寨天桥东北角',
    source: 'sanitation',
    informantCode: 'XA-HW-02',
    minutesAgo: [28, 34],
    people: 2,
    signs: ['no_blanket'],
    description: '天桥上有两个人，铺了纸板，没有被子。',
    spoken: false,
    stillThere: true,
  },
  {
    key: 'open-bridge-2',
    at: 'xiaozhai',
    placeText: '小寨地铁 D 口上面的天桥',
    source: 'public',
    minutesAgo: [12, 16],
    people: 2,
    signs: [],
    description: '路过看到两位睡在天桥上，天挺冷的，麻烦去看看。',
    spoken: false,
    stillThere: true,
  },
  {
    key: 'open-square',
    at: 'wildGoose',
    placeText: '大雁塔北广场，音乐喷泉南侧长椅',
    source: 'public',
    minutesAgo: [36, 44],
    people: 1,
    signs: [],
    description: '一位女士带着行李在长椅上坐了一晚上，说想找个能过夜的地方。',
    spoken: true,
    wantsHelp: true,
    stillThere: true,
  },
  {
    key: 'open-unplaced',
    at: null,
    placeText: '城墙根下，具体哪个门说不清，旁边有个早点摊',
    source: 'hotline',
    minutesAgo: [20, 26],
    people: 1,
    signs: ['elderly'],
    description: '来电人坐公交经过时看到，一位老人裹着塑料布。',
    spoken: false,
    wantsHelp: null,
    stillThere: null,
  },
  {
    key: 'open-outside',
    at: 'xianyangLake',
    placeText: '咸阳湖边凉亭',
    source: 'taxi',
    informantCode: 'XA-CZ-01',
    minutesAgo: [48, 55],
    people: 1,
    signs: [],
    description: '送客过桥后看到的，不在西安界内，请转告咸阳。',
    spoken: false,
    stillThere: true,
  },
];
/** The two that may be one and the same. */
export const onTheWayTo = 'open-railway';
/** Looked at by the desk already. */
export const seenKeys: readonly string[] = ['open-bridge-1', 'open-unplaced', onTheWayTo];

type Meeting = Pick<Part<(typeof recordEncounter)['body']>, 'people' | 'notFoundReason'>;

/** A report that was answered. */
export interface Answered {
  report: Report;
  /** index into `patrols` */
  patrol: number;
  meeting: Meeting;
  /** indices into `items` and how many */
  given: readonly (readonly [item: number, quantity: number])[];
  reason: string;
  /** came to the first shelter and is there now */
  toShelter?: true;
}
const day = 24 * 60;

export const answered: readonly Answered[] = [
  {
    report: {
      key: 'past-gate',
      at: 'yuxiangGate',
      placeText: '玉祥门外公交站',
      source: 'cadre',
      informantCode: 'XA-WG-01',
      minutesAgo: [5 * 60, 7 * 60],
      people: 1,
      signs: ['elderly', 'no_blanket'],
      description: '大爷坐了很久，说钱包丢了，回不了家。',
      spoken: true,
      wantsHelp: true,
      stillThere: true,
    },
    patrol: 0,
    meeting: { people: [{ outcome: 'brought_in', groups: ['elderly'], needs: ['返乡车票'] }] },
    given: [
      [0, 1],
      [7, 1],
    ],
    reason: '已护送到站，次日联系家属',
    toShelter: true,
  },
  {
    report: {
      key: 'past-station',
      at: 'sanfuwan',
      placeText: '三府湾客运站门口',
      source: 'taxi',
      informantCode: 'XA-CZ-01',
      minutesAgo: [26 * 60, 30 * 60],
      people: 2,
      signs: ['no_blanket'],
      description: '两个人在客运站门口过夜。',
      spoken: false,
      stillThere: true,
    },
    patrol: 1,
    meeting: { people: [{ outcome: 'took_items' }, { outcome: 'refused', refusal: '想等早班车，不愿进站' }] },
    given: [
      [5, 2],
      [8, 2],
      [11, 2],
    ],
    reason: '送物资并给了引导卡，天亮前再看一次',
  },
  {
    report: {
      key: 'past-keji',
      at: 'kejiRoad',
      placeText: '科技路天桥下',
      source: 'courier',
      informantCode: 'XA-KD-01',
      minutesAgo: [44 * 60, 50 * 60],
      people: 1,
      signs: [],
      description: '送餐时看到有人躺在桥下。',
      spoken: false,
      stillThere: true,
    },
    patrol: 2,
    meeting: { people: [], notFoundReason: 'gone' },
    given: [],
    reason: '到场未见到人，周边走了一圈',
  },
  {
    report: {
      key: 'past-north',
      at: 'northStation',
      placeText: '北客站南广场 3 号柱',
      source: 'security',
      minutesAgo: [60 * 60, 66 * 60],
      people: 1,
      signs: ['injured'],
      description: '脚上有伤，走不了路。',
      spoken: true,
      wantsHelp: true,
      stillThere: true,
    },
    patrol: 3,
    meeting: { people: [{ outcome: 'medical', needs: ['清创'] }] },
    given: [[0, 1]],
    reason: '120 已接走送医',
  },
];

/** Two reports of one person: the second is folded into the first. */
export const mergedPair: readonly [Report, Report] = [
  {
    key: 'past-merge-1',
    at: 'longshou',
    placeText: '龙首村地铁 C 口通道',
    source: 'bus',
    informantCode: 'XA-GJ-01',
    minutesAgo: [day, day + 60],
    people: 1,
    signs: ['no_shoes'],
    description: '通道里有人光着脚。',
    spoken: false,
    stillThere: true,
  },
  {
    key: 'past-merge-2',
    at: 'longshou',
    placeText: '龙首村地铁站下面',
    source: 'public',
    minutesAgo: [day - 50, day - 10],
    people: 1,
    signs: [],
    description: '一位先生没穿鞋坐在通道里。',
    spoken: true,
    wantsHelp: false,
    stillThere: true,
  },
];

/** Settled by the desk without sending anybody. */
export const settledByDesk: readonly { report: Report; reason: string }[] = [
  {
    report: {
      key: 'past-wenchang',
      at: 'wenchangGate',
      placeText: '文昌门环城公园',
      source: 'public',
      minutesAgo: [10 * 60, 14 * 60],
      people: 1,
      signs: [],
      description: '有人在公园长椅上睡觉。',
      spoken: false,
      stillThere: null,
    },
    reason: '回访来电人：晨练的居民，已回家',
  },
  {
    report: {
      key: 'past-lintong',
      at: 'lintong',
      placeText: '临潼东三岔公交站',
      source: 'hotline',
      minutesAgo: [34 * 60, 38 * 60],
      people: 1,
      signs: [],
      description: '12345 转来：站台上有人过夜。',
      spoken: null,
      stillThere: null,
    },
    reason: '临潼区救助站已派人，接回站内',
  },
];

/** Met on the nightly round of the account `crew`, without a report; hours ago. */
export const onTheRound: readonly {
  at: Spot;
  hoursAgo: number;
  people: Meeting['people'];
  given: Answered['given'];
}[] = [
  {
    at: 'muslimQuarter',
    hoursAgo: 3,
    people: [{ outcome: 'took_items' }],
    given: [
      [9, 2],
      [8, 1],
    ],
  },
  { at: 'zhuqueGate', hoursAgo: 22, people: [{ outcome: 'guided', needs: ['问路'] }], given: [[11, 1]] },
  {
    at: 'dachaishi',
    hoursAgo: 25,
    people: [{ outcome: 'refused', refusal: '说住得惯，不去' }, { outcome: 'took_items' }],
    given: [
      [5, 1],
      [7, 2],
    ],
  },
  { at: 'bellTower', hoursAgo: 47, people: [{ outcome: 'family', needs: ['联系家人'] }], given: [] },
  {
    at: 'railwaySquare',
    hoursAgo: 69,
    people: [{ outcome: 'took_items' }, { outcome: 'took_items' }],
    given: [
      [0, 2],
      [8, 2],
    ],
  },
];
