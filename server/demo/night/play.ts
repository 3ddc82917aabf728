/** The night's own time and who acts when: a simulation of discrete steps, one after the other, so that nothing races. */
import { setTimeout as wait } from 'node:timers/promises';
import { CallFailed } from '../http.ts';

/** Somebody who acts: does something, then says how many seconds of the night pass before the next thing. */
export type Actor = AsyncGenerator<number, void, void>;

interface Turn {
  /** seconds of play */
  at: number;
  /** who came first goes first */
  order: number;
  actor: Actor;
}

/** An actor that yields nothing must not stop the night. */
const SHORTEST_S = 0.2;
/** When the machine sleeps or the service is slow the night waits instead of running after the clock. */
const MOST_BEHIND_MS = 2_000;
const BEAT_MS = 100;

/** Play time in seconds since the start, and the time of day that goes with it. */
export class Play {
  now = 0;
  /** seconds of the night in one second */
  readonly speed: number;
  /** epoch ms at which play time was 0 */
  private origin: number;
  private readonly turns: Turn[] = [];
  private order = 0;
  private ended = false;

  constructor(speed: number, origin: number) {
    this.speed = speed;
    this.origin = origin;
  }

  /** Epoch ms of this moment of the night: it only grows, by a speed-th of the seconds played, and never runs ahead. */
  wall(): number {
    return this.origin + (this.now * 1000) / this.speed;
  }

  enter(actor: Actor, inSeconds = 0): void {
    const at = this.now + Math.max(SHORTEST_S, inSeconds);
    this.order += 1;
    const turn: Turn = { at, order: this.order, actor };
    const place = this.turns.findIndex((other) => other.at > at);
    this.turns.splice(place === -1 ? this.turns.length : place, 0, turn);
  }

  /** Plays on until this second; `moved` hears of each new moment. Throws what an actor throws, who is gone then. */
  async until(seconds: number, moved: () => void = () => undefined): Promise<void> {
    for (let turn = this.turns[0]; turn && turn.at <= seconds && !this.ended; turn = this.turns[0]) {
      this.turns.shift();
      this.now = turn.at;
      moved();
      const { done, value } = await turn.actor.next();
      if (done !== true) this.enter(turn.actor, value);
    }
    if (this.ended) return;
    this.now = seconds;
    moved();
  }

  /** Plays along with the clock until `end` is called; an actor that breaks is complained of and gone, the others go on. */
  async run(clock: () => number, complain: (error: unknown) => void): Promise<void> {
    for (;;) {
      const behind = clock() - this.wall();
      if (behind > MOST_BEHIND_MS) this.origin += behind - MOST_BEHIND_MS;
      else if (behind < 0) this.origin += behind;
      await this.until(this.now + (Math.max(0, clock() - this.wall()) / 1000) * this.speed).catch(complain);
      if (this.ended) return;
      await wait(BEAT_MS, undefined, { ref: false });
    }
  }

  end(): void {
    this.ended = true;
  }
}

const SOON_S = 5;
const LATEST_S = 300;

/** Somebody else did it first, or it is no longer so: look again, and go on. */
export const overtaken = (error: unknown): error is CallFailed =>
  error instanceof CallFailed && [404, 409, 410, 422].includes(error.status);

/** Makes a call that somebody else may have made superfluous; undefined when so. */
export async function unlessOvertaken<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (overtaken(error)) return undefined;
    throw error;
  }
}

/** Goes round and round. After a call that failed the next round looks anew: soon when overtaken, later and later when the service is not there. */
export async function* steadily(round: () => Actor): Actor {
  let pause = SOON_S;
  for (;;) {
    try {
      yield* round();
      pause = SOON_S;
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error;
      pause = overtaken(error) ? SOON_S : Math.min(LATEST_S, pause * 2);
      yield pause;
    }
  }
}
