/** What happens in the playing night: who is seen, in whose words, and how it ends. Every word is about somebody invented. */
import type { PersonOutcome, notFoundReasons } from '../../../shared/encounters.ts';
import type { BedKind } from '../../../shared/shelters.ts';
import type { SightingBody } from '../../../shared/sightings.ts';

type Sources = readonly [SightingBody['source'], ...SightingBody['source'][]];

/** How a meeting goes, when somebody goes. */
export type Meeting =
  | {
      kind: 'met';
      outcomes: readonly [PersonOutcome, ...PersonOutcome[]];
      refusal?: string;
      /** codes, with words under `encounter.need.*` and `encounter.group.*` */
      needs?: readonly string[];
      groups?: readonly string[];
      /** minutes on the spot */
      minutes: readonly [number, number];
      bed?: BedKind;
      note?: string;
    }
  | { kind: 'nobody'; reason: (typeof notFoundReasons)[number]; note: string };
export type Ending =
  | Meeting
  /** the desk rings back and nobody need go */
  | { kind: 'settled'; reason: string };

/** What makes it a real night: the same person seen by somebody else, a pin far off, no pin at all, or the person having walked on. */
export type Twist = 'twin' | 'wrong_pin' | 'no_pin' | 'walks_on' | 'twice';

export interface Story {
  key: string;
  weight: number;
  sources: Sources;
  people: number;
  signs: SightingBody['signs'];
  /** one for each who reports; empty when they write nothing */
  words: readonly string[];
  spoken: boolean | null;
  wantsHelp: boolean | null;
  stillThere: boolean | null;
  ending: Ending;
  twist?: Twist;
}

const passing = { spoken: false, wantsHelp: null, stillThere: true } as const;
const asked = { spoken: true, wantsHelp: true, stillThere: true } as const;

export const stories = [
  {
    key: 'old-man',
    weight: 4,
    sources: ['public', 'security', 'sanitation'],
    people: 1,
    signs: ['elderly', 'no_blanket'],
    words: ['一位老大爷坐在地上，披着编织袋，冻得直搓手。', '有位老人靠墙睡着，没有被子。'],
    ...asked,
    ending: {
      kind: 'met',
      outcomes: ['brought_in'],
      groups: ['elderly'],
      minutes: [2, 4],
    },
    twist: 'twin',
  },
  {
    key: 'waiting-train',
    weight: 4,
    sources: ['public', 'taxi', 'courier'],
    people: 1,
    signs: [],
    words: ['一个背双肩包的小伙子，说票买错了，没地方住。', '路边坐着个年轻人，看着挺冷的。'],
    ...asked,
    ending: { kind: 'met', outcomes: ['brought_in'], needs: ['ticket'], minutes: [2, 4] },
  },
  {
    key: 'couple',
    weight: 2,
    sources: ['public', 'cadre', 'bus'],
    people: 2,
    signs: ['no_blanket'],
    words: ['一男一女铺着纸板睡，东西不少。', '两口子带着行李，像是在这儿过夜。'],
    ...passing,
    ending: { kind: 'met', outcomes: ['took_items'], needs: ['couple'], minutes: [3, 5] },
    twist: 'twin',
  },
  {
    key: 'refuses',
    weight: 4,
    sources: ['sanitation', 'public', 'security'],
    people: 1,
    signs: ['no_blanket'],
    words: ['常在这儿的那位师傅，今天特别冷，去看看吧。', '有人盖着塑料布睡在这里。'],
    ...passing,
    ending: { kind: 'met', outcomes: ['refused'], refusal: '说住惯了，天亮还要去干活', minutes: [3, 5] },
  },
  {
    key: 'takes-things',
    weight: 4,
    sources: ['courier', 'taxi', 'public'],
    people: 1,
    signs: ['no_blanket'],
    words: ['有位大叔裹着薄外套坐着，问他不太愿意说话。', ''],
    ...passing,
    ending: { kind: 'met', outcomes: ['took_items'], minutes: [2, 4] },
  },
  {
    key: 'gone',
    weight: 3,
    sources: ['public', 'taxi', 'bus'],
    people: 1,
    signs: [],
    words: ['开车路过，看到路边蹲着一个人，没停下来问。', '有个人躺在长椅上。'],
    ...passing,
    ending: { kind: 'nobody', reason: 'gone', note: '到场未见到人，沿街走了两百米，问了值班保安也没看见' },
  },
  {
    key: 'walks-on',
    weight: 2,
    sources: ['public', 'sanitation'],
    people: 1,
    signs: ['elderly'],
    words: ['一位阿姨推着小车，车上盖着红布，走得很慢。', '推小车盖红布的阿姨走到这边来了，坐下歇着。'],
    ...passing,
    ending: {
      kind: 'met',
      outcomes: ['brought_in'],
      groups: ['elderly', 'woman_alone'],
      bed: 'women',
      minutes: [3, 6],
    },
    twist: 'walks_on',
  },
  {
    key: 'wrong-pin',
    weight: 2,
    sources: ['public', 'courier'],
    people: 1,
    signs: ['wet'],
    words: ['人在桥洞里，衣服湿了，定位可能不准。'],
    ...asked,
    ending: { kind: 'met', outcomes: ['took_items'], minutes: [3, 5] },
    twist: 'wrong_pin',
  },
  {
    key: 'no-place',
    weight: 2,
    sources: ['hotline', 'bus'],
    people: 1,
    signs: [],
    words: ['来电人在车上看到的，说不清是哪一站，旁边有个红色招牌。'],
    ...passing,
    ending: { kind: 'met', outcomes: ['guided'], minutes: [2, 3] },
    twist: 'no_pin',
  },
  {
    key: 'bare',
    weight: 2,
    sources: ['public'],
    people: 1,
    signs: [],
    words: [],
    spoken: null,
    wantsHelp: null,
    stillThere: null,
    ending: { kind: 'met', outcomes: ['took_items'], minutes: [2, 3] },
  },
  {
    key: 'night-bus',
    weight: 2,
    sources: ['public', 'taxi'],
    people: 3,
    signs: [],
    words: ['站台上三个人缩成一团坐着，是不是没地方去？'],
    spoken: false,
    wantsHelp: null,
    stillThere: null,
    ending: { kind: 'settled', reason: '回拨来电人：三位是下夜班等夜班公交的，车已来，不需要救助' },
  },
  {
    key: 'bags',
    weight: 2,
    sources: ['taxi', 'public'],
    people: 1,
    signs: ['unresponsive'],
    words: ['墙角好像躺着个人，盖着黑的，一动不动！'],
    ...passing,
    ending: { kind: 'nobody', reason: 'gone', note: '到场确认：是环卫堆放的黑色垃圾袋，不是人' },
  },
  {
    key: 'drunk',
    weight: 1,
    sources: ['security', 'public'],
    people: 1,
    signs: ['confused'],
    words: ['喝多了躺在路边，叫得醒，说不清家在哪。'],
    spoken: true,
    wantsHelp: false,
    stillThere: true,
    ending: { kind: 'met', outcomes: ['police'], minutes: [5, 9], note: '已联系辖区派出所，民警到场接走' },
  },
  {
    key: 'unresponsive',
    weight: 2,
    sources: ['sanitation', 'courier', 'public'],
    people: 1,
    signs: ['unresponsive', 'wet'],
    words: ['叫不醒，手冰凉，衣服是湿的，已打 120！', '地上躺着一个人没反应，旁边有人在打 120。'],
    ...passing,
    ending: {
      kind: 'met',
      outcomes: ['medical'],
      minutes: [6, 10],
      note: '保温毯已盖上，120 到场接手送市红会医院',
    },
    twist: 'twin',
  },
  {
    key: 'mother',
    weight: 1,
    sources: ['cadre', 'public'],
    people: 2,
    signs: ['child'],
    words: ['一位妈妈抱着孩子坐在台阶上，说和家里吵架出来的。'],
    ...asked,
    ending: {
      kind: 'met',
      outcomes: ['brought_in'],
      groups: ['minor', 'family'],
      bed: 'family',
      minutes: [4, 7],
    },
  },
  {
    key: 'worker',
    weight: 2,
    sources: ['cadre', 'courier'],
    people: 2,
    signs: [],
    words: ['两位工友等活，晚上就睡站台，说想找个便宜地方。'],
    ...asked,
    ending: { kind: 'met', outcomes: ['brought_in'], minutes: [2, 4] },
  },
  {
    key: 'shoes',
    weight: 1,
    sources: ['bus', 'security'],
    people: 1,
    signs: ['no_shoes'],
    words: ['光着脚坐在通道里，脚都冻紫了。'],
    spoken: true,
    wantsHelp: false,
    stillThere: true,
    ending: { kind: 'met', outcomes: ['took_items'], minutes: [4, 6] },
    twist: 'twice',
  },
  {
    key: 'locked',
    weight: 1,
    sources: ['public', 'cadre'],
    people: 1,
    signs: [],
    words: ['楼道里睡了一个人，单元门平时锁着。'],
    ...passing,
    ending: { kind: 'nobody', reason: 'no_access', note: '单元门禁进不去，物业电话没人接' },
  },
  {
    key: 'family',
    weight: 1,
    sources: ['security', 'hotline'],
    people: 1,
    signs: ['elderly', 'confused'],
    words: ['老太太说要回家，说的地名好像很远，穿着拖鞋。'],
    ...asked,
    ending: {
      kind: 'met',
      outcomes: ['family'],
      groups: ['elderly'],
      minutes: [6, 9],
      note: '衣兜里有联系卡，女儿二十分钟后开车来接',
    },
  },
  {
    key: 'in-english',
    weight: 1,
    sources: ['public'],
    people: 1,
    signs: ['no_blanket'],
    words: ['A man is lying on cardboard here. I do not speak Chinese well, could someone check on him?'],
    ...passing,
    ending: { kind: 'met', outcomes: ['took_items'], minutes: [2, 4] },
  },
] as const satisfies readonly Story[];
export type StoryKey = (typeof stories)[number]['key'];

/** The first quarter of an hour has something of everything, in an order that the seed shuffles within each row. */
export const opening: readonly (readonly [StoryKey, ...StoryKey[]])[] = [
  ['old-man', 'waiting-train'],
  ['refuses', 'unresponsive', 'takes-things'],
  ['gone', 'walks-on', 'wrong-pin', 'night-bus'],
  ['no-place', 'worker', 'bags', 'shoes'],
];

/** How the meetings of reports go that the night did not invent itself: a visitor's, or those that were open before. */
export const strangers: readonly [Meeting, ...Meeting[]] = [
  { kind: 'met', outcomes: ['brought_in'], minutes: [2, 4] },
  { kind: 'met', outcomes: ['took_items'], minutes: [2, 4] },
  { kind: 'met', outcomes: ['refused'], refusal: '说再坐一会儿就走', minutes: [2, 4] },
  { kind: 'met', outcomes: ['brought_in'], minutes: [3, 5] },
  { kind: 'nobody', reason: 'gone', note: '到场未见到人，附近找了一圈' },
];

/** How it goes the second time, with those who refused the first. */
export const secondThoughts: readonly [Meeting, ...Meeting[]] = [
  { kind: 'met', outcomes: ['brought_in'], minutes: [2, 4], note: '后半夜太冷，这次愿意跟车走' },
  { kind: 'met', outcomes: ['took_items'], minutes: [2, 4], note: '收下了睡袋和热水，说天亮去干活' },
  { kind: 'nobody', reason: 'gone', note: '复访未见到人，铺盖也收走了' },
];

/** Things people come to a warm place with, when they come by themselves. */
export const walkIns: readonly [string, ...string[]] = [
  '自己走来的，想坐到天亮',
  '等早班车',
  '夜班结束太晚，回不去',
  '钱包丢了，明早联系老家',
  '带着一床被子来的',
];
export const checkIns: readonly [string, ...string[]] = [
  '已登记，喝了热水',
  '量了体温，正常',
  '安排了靠里的床位',
  '换了干衣服，吃了面',
  '情绪平稳，先休息',
];
export const goingTo: readonly [string, ...string[]] = [
  '去火车站乘车',
  '回租住处',
  '去劳务市场',
  '家人来接',
  '转市救助管理站',
  '自行离开，给了引导卡',
];
