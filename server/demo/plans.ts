/** The demo city's emergency plan, and who is at its desk. Orange starts by itself on an orange warning, at any hour; nothing is on at first. */
import type { AlertLevel } from '../../shared/alerts.ts';
import { createShift, signIn as signInToShift } from '../../shared/duty.ts';
import type { LevelSpec } from '../../shared/plan-engine.ts';
import { createPlan, type PlanSpec, type StepSpec } from '../../shared/plans.ts';
import { listStations, setRule, updateStation } from '../../shared/stations.ts';
import { whoAmI } from '../../shared/users.ts';
import type { City } from './place-city.ts';

/** Codes of the city and its districts in GB/T 2260, by which national warnings name them. */
const codes: Readonly<Record<string, string>> = {
  新城区: '610102',
  碑林区: '610103',
  莲湖区: '610104',
  灞桥区: '610111',
  未央区: '610112',
  雁塔区: '610113',
  阎良区: '610114',
  临潼区: '610115',
  长安区: '610116',
  高陵区: '610117',
  鄠邑区: '610118',
  户县: '610118',
  蓝田县: '610122',
  周至县: '610124',
};
const CITY_CODE = '610100';

export async function placeCodes({ team }: City): Promise<void> {
  const { items } = await team.admin.does(listStations, { query: { limit: '100' } });
  for (const { id, version, name, parentId } of items) {
    const district = Object.keys(codes).find((known) => name.startsWith(known));
    const areaCode = parentId === null ? CITY_CODE : district === undefined ? undefined : codes[district];
    if (areaCode !== undefined) await team.admin.does(updateStation, { params: { id }, body: { version, areaCode } });
  }
}

const KMH_FORCE_5 = 28.8;
const KMH_FORCE_6 = 38.88;
const level = (
  name: AlertLevel,
  mode: LevelSpec['mode'],
  [fall, by, minimum, wind]: readonly ['fall1' | 'fall2', number, number, number],
): LevelSpec => ({
  level: name,
  mode,
  askMin: 10,
  when: {
    any: [
      { alert: { level: name } },
      {
        weather: {
          basis: 'either',
          days: 2,
          tests: [
            { measure: fall, atLeast: by, keep: by - 2 },
            { measure: 'minimum', atMost: minimum, keep: minimum + 1 },
            { measure: 'wind', atLeast: wind },
          ],
        },
      },
    ],
  },
});

type Words = readonly [en: string, zh: string];
const both = ([en, zh]: Words): { en: string; 'zh-CN': string } => ({ en, 'zh-CN': zh });
const step = (
  key: string,
  from: AlertLevel,
  title: Words,
  deed: StepSpec['deed'],
  rest: Partial<Pick<StepSpec, 'owner' | 'dueMin' | 'acknowledge'>> = {},
): StepSpec => ({
  key,
  from,
  title: both(title),
  owner: 'dispatcher',
  dueMin: null,
  acknowledge: false,
  ...rest,
  deed,
});

const steps = (loadList: string): StepSpec[] => [
  step('ready', 'blue', ['Look over vehicles and supplies', '检查车辆和御寒物资'], { kind: 'task' }, { dueMin: 120 }),
  step('key-areas', 'blue', ['Visit key areas every 2 hours', '重点区域每2小时巡查一次'], {
    kind: 'visit_sites',
    sites: 'all',
    everyH: 2,
  }),
  step('faster', 'yellow', ['On scene within 45 minutes', '到场时限缩短为45分钟'], {
    kind: 'set_rules',
    values: { 'targets.on_scene': 45 },
  }),
  step('public', 'yellow', ['Tell the public', '发布公众提示'], {
    kind: 'public_notice',
    words: both([
      'It is dangerously cold tonight. If you see somebody sleeping outside, tell us: it takes a minute. Warm places are open.',
      '今夜严寒。看到有人露宿街头，请用一分钟告诉我们。各避寒点正在开放。',
    ]),
  }),
  step(
    'load',
    'yellow',
    ['Load patrols for the night', '按夜间标准装车'],
    { kind: 'load', listId: loadList },
    { owner: 'crew', dueMin: 60 },
  ),
  step('open', 'orange', ['Open every warm place, with extra beds', '开放全部避寒点并启用加床'], {
    kind: 'open_shelters',
    shelters: 'all',
    surge: true,
  }),
  step('call', 'orange', ['Call in the desk’s roster', '召集值班人员到岗'], {
    kind: 'call_roster',
    roles: ['dispatcher', 'manager'],
    minimum: 1,
  }),
  step(
    'alarm',
    'orange',
    ['Alarm crews and shelters', '通知巡查组和各救助点'],
    {
      kind: 'notify',
      to: ['crew', 'shelter', 'dispatcher', 'manager'],
      alarm: true,
      words: both([
        'Orange: everybody out. Nobody is left without an offer tonight. Check each other every half hour.',
        '橙色响应：全员出动，今夜不落下任何一个人。队员每半小时互相确认一次。',
      ]),
    },
    { owner: 'crew', dueMin: 30, acknowledge: true },
  ),
  step(
    'partners',
    'orange',
    ['Call police, urban management and community centres', '联系公安、城管和社区联动'],
    { kind: 'task' },
    { owner: 'duty_officer', dueMin: 30 },
  ),
  step(
    'by-name',
    'orange',
    ['Visit everybody known to sleep out, one by one', '逐一走访已知露宿人员'],
    { kind: 'task' },
    { owner: 'crew', dueMin: 180 },
  ),
  step(
    'report-up',
    'red',
    ['Report to the city every hour', '每小时向市级报送情况'],
    { kind: 'task' },
    { owner: 'manager', dueMin: 60 },
  ),
];

export const demoPlan = (loadList: string): PlanSpec => ({
  levels: [
    level('blue', 'automatic', ['fall2', 8, 4, KMH_FORCE_5]),
    level('yellow', 'automatic', ['fall1', 10, 4, KMH_FORCE_6]),
    level('orange', 'automatic', ['fall1', 12, 0, KMH_FORCE_6]),
    level('red', 'ask', ['fall1', 16, 0, KMH_FORCE_6]),
  ],
  steady: { minimumOnH: 6, confirmH: 6, bridgeH: 24 },
  steps: steps(loadList),
});

export async function placePlan({ team, chance }: City): Promise<void> {
  await team.manager.does(createPlan, {
    body: {
      id: chance.id('plan'),
      name: '寒冷天气街面救助应急预案',
      spec: demoPlan(chance.id('load list')),
      source: '演示：中国气象局寒潮四级信号，收到同级预警即启动',
      active: true,
    },
  });
}

const SHIFT_MS = 12 * 3_600_000;
const SHIFTS = 10;
/** Shifts of twelve hours, of which one covers now; the desk's account has taken it up. */
export async function placeRoster({ team, chance }: City): Promise<void> {
  const people = {
    dispatcher: (await team.dispatcher.does(whoAmI)).user.id,
    manager: (await team.manager.does(whoAmI)).user.id,
  };
  // prompts at times that nobody foretells would come between a visitor and the city
  await team.admin.does(setRule, { params: { key: 'checks.per_shift' }, body: { version: 0, value: 0 } });
  // 08:00 and 20:00 on the city's wall are 00:00 and 12:00 UTC
  const begun = Math.floor(Date.now() / SHIFT_MS) * SHIFT_MS;
  for (let n = 0; n < SHIFTS; n += 1) {
    const startsAt = new Date(begun + n * SHIFT_MS);
    const id = chance.id(`shift ${startsAt.toISOString()}`);
    await team.manager.does(createShift, {
      body: {
        id,
        startsAt: startsAt.toISOString(),
        endsAt: new Date(startsAt.getTime() + SHIFT_MS).toISOString(),
        minimum: 1,
        people: [{ userId: people.dispatcher }, { userId: people.manager, officer: true }],
      },
    });
    if (n === 0) await team.dispatcher.does(signInToShift, { params: { id }, body: {} });
  }
}
