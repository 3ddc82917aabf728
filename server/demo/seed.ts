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
import { chanceOf } from './random.ts';
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
}

/** The demo's people, ready to go on. */
export interface Demo {
  /** keeps patrols' positions fresh from now on, at the public address */
  run(origin: string): void;
  stop(): void;
  /** links, accounts and how to stop */
  welcome(origin: string): string;
}

const steps: readonly (readonly [string, readonly ((place: City) => Promise<void>)[]])[] = [
  ['stations and areas', [placeStations, placeInformants]],
  ['shelters, vehicles and supplies', [placeShelters, placeEquipment]],
  ['patrols on shift and what they carry', [placePatrols, placeStock]],
  ['the last three nights', [livePast, fillBeds]],
  ['what is open now', [openNow]],
];

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

/** Fills an empty city (fresh) or comes back to one, over HTTP only; throws CallFailed when the service refuses a step. */
export async function openDemo({ origin, seed, fresh, say }: DemoOptions): Promise<Demo> {
  const line: Line = { origin };
  const team: Team = {
    admin: staffMember(line, 'admin'),
    manager: staffMember(line, 'manager'),
    dispatcher: staffMember(line, 'dispatcher'),
    crew: staffMember(line, 'crew'),
    shelter: staffMember(line, 'shelter'),
    anyone: passerBy(line),
  };
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
  let stopBeat: (() => void) | null = null;
  return {
    run(publicOrigin) {
      line.origin = publicOrigin;
      stopBeat ??= startHeartbeat(team.dispatcher, ids);
    },
    stop() {
      stopBeat?.();
      stopBeat = null;
    },
    welcome: welcomeText,
  };
}
