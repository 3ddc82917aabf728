/** Passers-by with phones: who reports what, when and how well. All of it is drawn from the seed, whatever the service answers. */
import { convert, distanceM, type LonLat, point } from '../../../shared/geo.ts';
import { reportSighting, type SightingBody } from '../../../shared/sightings.ts';
import type { Person } from '../http.ts';
import type { Chance } from '../random.ts';
import { type Ending, opening, type Story, stories } from './cases.ts';
import { directions, type NightPlace, nightPlaces } from './places.ts';
import { type Actor, type Play, unlessOvertaken } from './play.ts';

/** What is really there, known to nobody before a crew has been or the desk has rung back. */
export interface Truth {
  /** the same for all reports of the same people */
  person: string;
  ending: Ending;
  people: number;
  at: LonLat;
  placeText: string;
  /** the report says somewhere else, or nowhere */
  misplaced: boolean;
}
/** By the id of the sighting. */
export type Truths = Map<string, Truth>;

/** Events an hour, some of which several people report, from 20:00 to 8:00, the twelve hours a night has; then the next evening begins. */
const perHour = [18, 22, 21, 17, 14, 11, 9, 9, 14, 20, 14, 9] as const;
const HOUR_S = 3600;
const BEGINS_H = 0.5;
/** Hours since 20:00 of this night; it begins at 20:30. */
export const hourOf = (now: number): number => (BEGINS_H + now / HOUR_S) % perHour.length;

export interface Phones {
  play: Play;
  anyone: Person;
  chance: Chance;
  truths: Truths;
}

function chosen(chance: Chance): Story {
  const total = stories.reduce((sum, { weight }) => sum + weight, 0);
  let left = chance.whole(1, total);
  return stories.find(({ weight }) => (left -= weight) <= 0) ?? stories[0];
}

/** The first of each row of the opening, in the seed's order, then the second of each ... */
function openingOf(chance: Chance): Story[] {
  const shuffled = opening.flatMap((row) => {
    const left = [...row];
    return row.map(() => left.splice(chance.whole(0, left.length - 1), 1)[0]);
  });
  return shuffled.flatMap((key) => stories.filter((story) => story.key === key));
}

interface Wording {
  source: SightingBody['source'];
  words: string | undefined;
  placeText: string;
}

/** How somebody holds the phone: some are far off, some speak the map's own coordinates, some only say where. */
function where(chance: Chance, at: LonLat, { placeText }: Wording): Partial<SightingBody> {
  const seen = chance.near(at, 28);
  const gcj = chance.happens(0.15);
  const position = point(...(gcj ? convert(seen, 'wgs84', 'gcj02') : seen));
  const said = chance.happens(0.12) ? {} : { placeText };
  return { position, accuracyM: chance.whole(6, 65), ...(gcj ? { crs: 'gcj02' as const } : {}), ...said };
}

async function send(
  { play, anyone }: Phones,
  id: string,
  story: Story,
  place: Partial<SightingBody>,
  { source, words }: Wording,
  chance: Chance,
): Promise<void> {
  const { people, spoken, wantsHelp, stillThere } = story;
  // whoever passes by notices less than who stops
  const signs = story.signs.filter((_, n) => n === 0 || chance.happens(0.6));
  const contact = chance.happens(0.3) ? { contact: `1380000${String(chance.whole(1000, 9999))}` } : {};
  const observedAt = new Date(play.wall() - chance.whole(15, 150) * 1000).toISOString();
  const body = { id, source, people, signs, spoken, wantsHelp, stillThere, observedAt, ...place, ...contact };
  await unlessOvertaken(
    anyone.does(reportSighting, { body: words === undefined || words === '' ? body : { ...body, description: words } }),
  );
}

/** A pin that somebody set while the map still showed the stop before. */
const OFF_BY: LonLat = [0.0075, 0.003];

/** One thing that happens: a report, and what comes after it. */
async function* happening(phones: Phones, story: Story, place: NightPlace, name: string): Actor {
  const chance = phones.chance.own(name);
  const at = chance.near(place.at, 40);
  const voices = [...place.says];
  const voice = (n: number): Wording => ({
    source: chance.pick(story.sources),
    words: story.words[n] ?? story.words[0],
    placeText: voices.splice(chance.whole(0, voices.length - 1), 1)[0] ?? place.says[0],
  });
  const truth: Truth = {
    person: name,
    ending: story.ending,
    people: story.people,
    at,
    placeText: place.says[0],
    misplaced: false,
  };
  const tell = async (n: number, known: Truth, says: Wording, pin: Partial<SightingBody>): Promise<void> => {
    const id = phones.chance.id(`sighting ${name} ${String(n)}`);
    phones.truths.set(id, known);
    await send(phones, id, story, pin, says, chance);
  };
  const first = voice(0);
  switch (story.twist) {
    case undefined:
      await tell(0, truth, first, where(chance, at, first));
      return;
    case 'no_pin':
      await tell(0, { ...truth, misplaced: true }, first, { placeText: `${first.placeText}附近，说不准` });
      return;
    case 'wrong_pin': {
      const pin: LonLat = [at[0] + OFF_BY[0], at[1] - OFF_BY[1]];
      await tell(0, { ...truth, misplaced: true }, first, where(chance, pin, { ...first, placeText: '路边桥洞' }));
      return;
    }
    case 'twin': {
      await tell(0, truth, first, where(chance, at, first));
      yield chance.whole(70, 330);
      const second = voice(1);
      await tell(1, truth, second, where(chance, at, second));
      return;
    }
    case 'walks_on': {
      const way = chance.pick(directions);
      const note = `到场没见到人，路口的保安说刚才${way}走了`;
      await tell(0, { ...truth, ending: { kind: 'nobody', reason: 'gone', note } }, first, where(chance, at, first));
      yield chance.whole(700, 1200);
      const further: LonLat = [at[0] + 0.0028, at[1] + 0.0022];
      const second = { ...voice(1), placeText: `${place.says[0]}再${way}几百米` };
      await tell(1, { ...truth, person: `${name} again`, at: further }, second, where(chance, further, second));
      return;
    }
    case 'twice': {
      await tell(0, truth, first, where(chance, at, first));
      yield chance.whole(2400, 4200);
      const ending: Ending = { kind: 'met', outcomes: ['brought_in'], minutes: [2, 4], note: '这次愿意进站了' };
      const second = { ...voice(1), words: '穿新棉鞋的那位先生又回到这儿坐着，问他说现在愿意去站里。' };
      await tell(1, { ...truth, person: `${name} again`, ending }, second, where(chance, at, second));
    }
  }
}

/** The whole city, all night long. */
export async function* passersBy(phones: Phones): Actor {
  const chance = phones.chance.own('phones');
  const first = openingOf(chance);
  // every place once before any comes again
  let places: NightPlace[] = [];
  yield chance.whole(25, 45);
  for (let n = 0; ; n += 1) {
    if (places.length === 0) places = [...nightPlaces];
    const [place = nightPlaces[0]] = places.splice(chance.whole(0, places.length - 1), 1);
    phones.play.enter(happening(phones, first[n] ?? chosen(chance), place, `report ${String(n)}`));
    const rate = perHour[Math.floor(hourOf(phones.play.now))] ?? perHour[0];
    // an even gap, more or less: people do not take turns
    yield (HOUR_S / rate) * (chance.whole(25, 175) / 100);
  }
}

/** Which people an incident is about: the truth of the first report that has one. */
export function truthOf(truths: Truths, sightingIds: readonly string[]): Truth | undefined {
  for (const id of sightingIds) {
    const truth = truths.get(id);
    if (truth) return truth;
  }
  return undefined;
}

/** Close enough to see each other across the square. */
export const within = (a: LonLat, b: LonLat, metres: number): boolean => distanceM(a, b) <= metres;
