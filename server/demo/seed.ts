/** The demo: a city that is already at work when the page opens. */
import { type Person, CallFailed, type Line, passerBy, staffMember } from './http.ts';
import { patrols } from './city.ts';
import { sayStillThere, startHeartbeat } from './heartbeat.ts';
import { fillBeds, livePast, openNow } from './live-nights.ts';
import {
  patrolId,
  placeEquipment,
  placeInformants,
  placePatrols,
  placeShelters,
  placeStations,
  placeStock,
  type City,
  type Team,
} from './place-city.ts';
import { type NightOptions, prepareNight } from './night/night.ts';
import type { Play } from './night/play.ts';
import { placeLandmarks, placeRounds, placeSites } from './landmarks.ts';
import { placeCodes, placePlan, placeRoster } from './plans.ts';
import { chanceOf } from './random.ts';
import { sayWeather, startSky } from './sky.ts';
import { whoAmI } from '../../shared/users.ts';
import { welcomeText } from './welcome.ts';

export interface DemoOptions {
  /** where the service answers while nobody else can reach it */
  origin: string;
  seed: number;
  /** false when the city is there already: nothing is made again */
  fresh: boolean;
  /** told before each step */
  say: (text: string) => void;
  /** how the night plays; null when the city stands still */
  night?: NightOptions | null;
  /** told when one of the night's people breaks */
  complain?: (error: unknown) => void;
}

/** The demo's people, ready to go on. */
export interface Demo {
  /** plays on at the public address, or only keeps patrols' positions fresh in a city that stands still */
  run(origin: string): void;
  stop(): void;
  /** links, accounts and how to stop */
  welcome(origin: string): string;
}

const steps: readonly (readonly [string, readonly ((place: City) => Promise<void>)[]])[] = [
  ['stations and areas', [placeStations, placeInformants]],
  ['landmarks and known places', [placeLandmarks, placeSites]],
  ['shelters, vehicles and supplies', [placeShelters, placeEquipment]],
  ['patrols on shift and what they carry', [placePatrols, placeStock, placeRounds]],
  ['the last three nights', [livePast, fillBeds]],
  ['the emergency plan and who is on duty', [placeCodes, placePlan, placeRoster]],
  ['what is open now', [openNow]],
];

/** The demo's own accounts, and somebody without one. */
export const teamOf = (line: Line): Team => ({
  admin: staffMember(line, 'admin'),
  manager: staffMember(line, 'manager'),
  dispatcher: staffMember(line, 'dispatcher'),
  crew: staffMember(line, 'crew'),
  shelter: staffMember(line, 'shelter'),
  anyone: passerBy(line),
});

async function comeBack(dispatcher: Person, ids: ReadonlySet<string>): Promise<void> {
  try {
    await sayStillThere(dispatcher, ids);
  } catch (error) {
    if (error instanceof CallFailed && error.status === 401)
      throw new Error('this folder is not a demo: nobody called "dispatcher" signs in with the password "demo"', {
        cause: error,
      });
    throw error;
  }
}

/** A visitor may have changed the accounts of a kept city so that nobody can be hired. */
async function startNight(line: Line, place: City, night: NightOptions): Promise<Play> {
  try {
    return (await prepareNight(line, place, night, Date.now)).play;
  } catch (error) {
    if (error instanceof CallFailed && (error.status === 401 || error.status === 403))
      throw new Error(
        'the night cannot play in this folder any more: its accounts were changed. Open it with --still',
        {
          cause: error,
        },
      );
    throw error;
  }
}

/** Fills an empty city (fresh) or comes back to one, over HTTP only; throws CallFailed when the service refuses a step. */
export async function openDemo({
  origin,
  seed,
  fresh,
  say,
  night = null,
  complain = () => undefined,
}: DemoOptions): Promise<Demo> {
  const line: Line = { origin };
  const team = teamOf(line);
  const place: City = { team, chance: chanceOf(seed) };
  const ids = new Set(patrols.map((_, n) => patrolId(place.chance, n)));
  if (fresh) {
    // Hashing their passwords is what takes the time: all at once, on as many threads.
    const { anyone: _anyone, ...staff } = team;
    await Promise.all(Object.values(staff).map((person) => person.does(whoAmI)));
    for (const [name, works] of steps) {
      say(name);
      for (const work of works) await work(place);
    }
  }
  await comeBack(team.dispatcher, ids);
  await sayWeather(team.dispatcher, place.chance);
  if (night !== null) say('the people of the night');
  const play = night === null ? null : await startNight(line, place, night);
  let stops: (() => void)[] = [];
  return {
    run(publicOrigin) {
      line.origin = publicOrigin;
      if (stops.length > 0) return;
      stops.push(startSky(team.dispatcher, place.chance));
      if (play === null) stops.push(startHeartbeat(team.dispatcher, ids));
      else void play.run(Date.now, complain);
    },
    stop() {
      play?.end();
      for (const end of stops) end();
      stops = [];
    },
    welcome: (address) => welcomeText(address, night),
  };
}
