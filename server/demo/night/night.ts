/** The night plays itself: passers-by report, a desk sends, crews drive, houses take people in. Whatever a visitor does counts as done. */
import { listRules, setRule } from '../../../shared/stations.ts';
import { whoAmI } from '../../../shared/users.ts';
import { sayStillThere } from '../heartbeat.ts';
import type { Line } from '../http.ts';
import { type City, patrolId } from '../place-city.ts';
import { patrols } from '../city.ts';
import { Deeds, hire } from './cast.ts';
import { crew } from './crews.ts';
import { dispatcher } from './desk.ts';
import { host } from './house.ts';
import { passersBy } from './phones.ts';
import { Picture } from './picture.ts';
import { Play, steadily, unlessOvertaken } from './play.ts';
import type { Night } from './stage.ts';

export interface NightOptions {
  /** seconds of the night in one second, up to FASTEST */
  speed: number;
  /** 'manual': crews stand still and leave every job to the visitor */
  crews: 'play' | 'manual';
  /** how often this city was started before; each time is another night */
  nights: number;
}

/** Beyond this crews would crawl, so that their tracks stay believable in real time. */
export const FASTEST = 20;
const TOP_KMH = 46;
/** Two fixes are not quite where the vehicle is. */
const NOISE = 1.2;
/** The rule's own limit. */
const BELIEVED_KMH = 400;

/**
 * A vehicle that is driven ten times as fast shows ten times its speed. Up to where the rule `positions.max_speed` can go the
 * demo lays its own value over it; beyond, and where it may not, crews drive more slowly instead.
 */
async function believedKmh({ team }: City, speed: number): Promise<number> {
  const key = 'positions.max_speed';
  const { user } = await team.admin.does(whoAmI);
  const rule = async (): Promise<{ value: number; version: number }> => {
    const { items } = await team.admin.does(listRules);
    const rows = items.filter((row) => row.key === key);
    const own = rows.find(({ stationId }) => stationId === user.stationId);
    const holds = own ?? rows.find(({ stationId }) => stationId === null);
    return { value: Number(holds?.value), version: own?.version ?? 0 };
  };
  const { value: before, version } = await rule();
  const wanted = Math.min(BELIEVED_KMH, Math.ceil(TOP_KMH * speed * NOISE));
  if (before < wanted)
    await unlessOvertaken(team.admin.does(setRule, { params: { key }, body: { version, value: wanted } }));
  return (await rule()).value / NOISE / speed;
}

/** Gives the cast their accounts, looks once around and puts everybody in their place; nothing moves before `play.until` or `play.run`. */
export async function prepareNight(
  line: Line,
  place: City,
  options: NightOptions,
  clock: () => number,
): Promise<{ play: Play; night: Night }> {
  const deeds = new Deeds();
  const cast = await hire(line, place, deeds);
  const play = new Play(options.speed, clock());
  const picture = new Picture(cast.desk, play, deeds);
  await picture.fetch();
  const night: Night = {
    place,
    play,
    picture,
    chance: place.chance.own(`night ${String(options.nights)}`),
    cast,
    truths: new Map(),
    met: new Set(),
    door: new Map(),
    manual: options.crews === 'manual',
    mostKmh: Math.min(TOP_KMH, await believedKmh(place, options.speed)),
  };
  play.enter(picture.keep());
  const { anyone } = place.team;
  play.enter(passersBy({ play, anyone, chance: night.chance, truths: night.truths }));
  play.enter(dispatcher(night));
  for (const [index, person] of cast.hosts) play.enter(host(night, index, person));
  if (night.manual) {
    const ids = new Set(patrols.map((_, n) => patrolId(place.chance, n)));
    play.enter(
      steadily(async function* () {
        await sayStillThere(cast.desk, ids, play.wall());
        yield 30 * play.speed;
      }),
    );
  } else cast.drivers.forEach((person, n) => play.enter(crew(night, n, person)));
  return { play, night };
}
