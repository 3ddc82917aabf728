/** What the demo's desk can find by name or code: known places, landmarks, and lamp posts around them. Codes are invented. */
import { setTimeout as wait } from 'node:timers/promises';
import { type LonLat, point, round6 } from '../../shared/geo.ts';
import { importPlaces, readPlaceImport } from '../../shared/places.ts';
import { createRound, startRun } from '../../shared/rounds.ts';
import { createSite, type SiteOutline } from '../../shared/sites.ts';
import { type Spot, spots } from './city.ts';
import { type City, patrolId } from './place-city.ts';

const names: Readonly<Record<Exclude<Spot, 'xianyangLake'>, string>> = {
  bellTower: '钟楼',
  railwaySquare: '西安火车站广场',
  xiaozhai: '小寨天桥',
  wildGoose: '大雁塔北广场',
  northStation: '西安北客站',
  textileCity: '纺织城客运站',
  sanfuwan: '三府湾客运站',
  yuxiangGate: '玉祥门',
  longshou: '龙首村',
  weiqu: '韦曲南站',
  yanliang: '阎良人民广场',
  lintong: '临潼东三岔',
  zhuqueGate: '朱雀门',
  wenchangGate: '文昌门',
  muslimQuarter: '北院门',
  dachaishi: '大差市',
  kejiRoad: '科技路天桥',
  hujiamiao: '胡家庙',
  southBusStation: '城南客运站',
  xinjiamiao: '辛家庙',
  rescueStation: '市救助管理站',
};
const entries = Object.entries(names) as [keyof typeof names, string][];
const POSTS = 6;

const landmarks = (): string =>
  ['code,name,lon,lat,accuracyM', ...entries.map(([spot, name]) => `,${name},${spots[spot].join(',')},80`)].join('\n');

const lampPosts = ({ chance }: City): string => {
  const own = chance.own('lamp posts');
  const lines = entries.flatMap(([spot, name], n) =>
    Array.from({ length: POSTS }, (_, post) => {
      const code = `LD-${String(n + 1).padStart(2, '0')}${String(post + 1).padStart(2, '0')}`;
      return `${code},${name} ${String(post + 1)} 号灯杆,${own.near(spots[spot], 220).join(',')},5`;
    }),
  );
  return ['code,name,lon,lat,accuracyM', ...lines].join('\n');
};

const GLANCE_MS = 50;

/** Two small tables, ready when this resolves. */
export async function placeLandmarks(city: City): Promise<void> {
  const { team, chance } = city;
  const tables = [
    ['landmark', '演示地标.csv', landmarks()],
    ['lamp_post', '演示灯杆.csv', lampPosts(city)],
  ] as const;
  for (const [kind, fileName, body] of tables) {
    const id = chance.id(`places ${kind}`);
    await team.manager.does(importPlaces, { query: { id, kind, fileName }, body });
    for (;;) {
      const { status } = await team.manager.does(readPlaceImport, { params: { id } });
      if (status === 'done') break;
      if (status === 'failed') throw new Error(`the demo's own table was refused: ${kind}`);
      await wait(GLANCE_MS);
    }
  }
}

const knownPlaces: readonly {
  at: Spot;
  name: string;
  radiusM: number;
  note: string;
  visitEveryH: number;
  /** half the side of a key area, in degrees of latitude */
  half?: number;
}[] = [
  { at: 'xiaozhai', name: '小寨天桥', radiusM: 120, note: '四个口，东北角避风；夜里常有两三人。', visitEveryH: 2 },
  { at: 'bellTower', name: '钟楼地下通道', radiusM: 150, note: '23 点后只开西北口。', visitEveryH: 3 },
  {
    at: 'railwaySquare',
    name: '火车站广场东侧',
    radiusM: 180,
    note: '与治安岗同去，老人多在公交站牌后。',
    visitEveryH: 2,
    half: 0.0021,
  },
  { at: 'kejiRoad', name: '科技路天桥下', radiusM: 120, note: '桥下有纸板铺位，先看东侧。', visitEveryH: 4 },
];

const pointAt = (spot: Spot): ReturnType<typeof point> => {
  const [lon, lat]: LonLat = spots[spot];
  return point(lon, lat);
};

const siteId = ({ chance }: City, name: string): string => chance.id(`site ${name}`);

/** A square around a place, a little wider than high, as streets are. */
function squareAround(at: Spot, half: number): SiteOutline {
  const [lon, lat] = spots[at];
  const corner = (east: number, north: number): LonLat => [round6(lon + east * half * 1.3), round6(lat + north * half)];
  return {
    type: 'Polygon',
    coordinates: [[corner(-1, -1), corner(1, -1), corner(1, 1), corner(-1, 1), corner(-1, -1)]],
  };
}

/** Where people have been met before, and how often somebody should look. */
export async function placeSites(city: City): Promise<void> {
  for (const { at, half, ...site } of knownPlaces)
    await city.team.dispatcher.does(createSite, {
      body: {
        id: siteId(city, site.name),
        ...site,
        position: pointAt(at),
        ...(half === undefined ? {} : { outline: squareAround(at, half) }),
      },
    });
}

/** Two rounds of a night; one of them is under way on foot. */
export async function placeRounds(city: City): Promise<void> {
  const { team, chance } = city;
  const rounds = [
    {
      name: '城内环线',
      spots: ['bellTower', 'muslimQuarter', 'yuxiangGate', 'railwaySquare', 'dachaishi', 'wenchangGate'],
    },
    { name: '南郊天桥线', spots: ['xiaozhai', 'wildGoose', 'kejiRoad', 'southBusStation'] },
  ] as const;
  for (const { name, spots: along } of rounds)
    await team.dispatcher.does(createRound, {
      body: {
        id: chance.id(`round ${name}`),
        name,
        stops: along.map((spot, n) => {
          const site = knownPlaces.find(({ at }) => at === spot);
          return {
            id: chance.id(`stop ${name} ${String(n)}`),
            name: site?.name ?? names[spot],
            position: pointAt(spot),
            radiusM: site?.radiusM ?? 80,
            siteId: site ? siteId(city, site.name) : null,
          };
        }),
      },
    });
  await team.dispatcher.does(startRun, {
    body: {
      id: chance.id('run tonight'),
      roundId: chance.id(`round ${rounds[0].name}`),
      patrolId: patrolId(chance, onRound),
    },
  });
}
/** Which of the patrols walks the round. */
const onRound = 4;
