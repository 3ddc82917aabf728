/** A patrol's own movement and the tracker aboard, which falls silent for a while in one of them. */
import { distanceM, type LonLat, point } from '../../../shared/geo.ts';
import { takePositions } from '../../../shared/positions.ts';
import type { Person } from '../http.ts';
import type { Chance } from '../random.ts';
import { unlessOvertaken } from './play.ts';
import type { Night } from './stage.ts';
import { travel, wayTo } from './streets.ts';

/** Seconds of the night between two fixes on the way, and never more than one a second of the clock. */
const FIX_S = 4;
/** Milliseconds on the clock between two fixes of who stands still: well within what counts as fresh. */
const STILL_MS = 20_000;
/** A fix of ours as the service gives it back, in whole seconds and metres. */
const SAME_MS = 1_600;
const SAME_M = 60;
const REMEMBERED = 60;
/** A phone that sent this lately is on the way with somebody. */
const LATELY_MS = 120_000;
const ON_FOOT_KMH = 5;

/** When the first silence begins, how long it lasts at least on the clock (a marker is stale after 600 s) and in the night, and how often. */
const silence = { firstS: 20 * 60, clockS: 660, nightS: 14 * 60, everyS: 3 * 3600 };

export class Wheels {
  here: LonLat;
  readonly onFoot: boolean;
  private readonly night: Night;
  private readonly person: Person;
  private readonly patrol: { id: string; falters: boolean };
  private readonly chance: Chance;
  private num: number | null = null;
  /** what was sent lately, the newest last */
  private readonly sent: { at: number; place: LonLat }[] = [];

  constructor(
    night: Night,
    person: Person,
    patrol: { id: string; onFoot: boolean; falters: boolean; starts: LonLat },
    chance: Chance,
  ) {
    this.night = night;
    this.person = person;
    this.patrol = patrol;
    this.onFoot = patrol.onFoot;
    this.here = patrol.starts;
    this.chance = chance;
  }

  /** Begins where the service last saw the patrol: at the start, and after somebody else has driven. */
  locate(num: number): void {
    if (this.num === num && !this.foreign()) return;
    this.num = num;
    this.here = this.night.picture.fixes.get(num)?.position ?? this.here;
  }

  /** True while somebody else's phone says where the patrol is. */
  foreign(): boolean {
    const fix = this.num === null ? undefined : this.night.picture.fixes.get(this.num);
    const [oldest] = this.sent;
    if (!fix || !oldest || fix.at < oldest.at || this.night.play.wall() - fix.at > LATELY_MS) return false;
    return !this.sent.some(
      ({ at, place }) => Math.abs(at - fix.at) < SAME_MS && distanceM(place, fix.position) < SAME_M,
    );
  }

  private silent(): boolean {
    const { speed, now } = this.night.play;
    if (!this.patrol.falters || now < silence.firstS) return false;
    return (now - silence.firstS) % silence.everyS < Math.max(silence.nightS, silence.clockS * speed);
  }

  private async fix(mps: number, heading: number | null): Promise<void> {
    if (this.silent()) return;
    const at = this.night.play.wall();
    this.sent.push({ at, place: this.here });
    if (this.sent.length > REMEMBERED) this.sent.shift();
    const body = {
      patrolId: this.patrol.id,
      position: point(...this.chance.near(this.here, 4)),
      at: new Date(at).toISOString(),
      speedMps: Math.round(mps * 10) / 10,
      accuracyM: this.chance.whole(4, 14),
      battery: Math.max(20, 96 - Math.round(this.night.play.now / 600)),
      ...(heading === null ? {} : { headingDeg: heading }),
    };
    await unlessOvertaken(this.person.does(takePositions, { body: [body] }));
  }

  /** Says that they are still there, unless anybody has just done so. */
  async still(): Promise<void> {
    const wall = this.night.play.wall();
    const other = this.num === null ? undefined : this.night.picture.fixes.get(this.num);
    if (wall - (this.sent.at(-1)?.at ?? 0) < STILL_MS) return;
    if (this.foreign() && other && wall - other.at < 2 * STILL_MS) return;
    await this.fix(0, null);
  }

  /** Drives or walks there. False when `goesOn` ended it on the way. */
  async *to(place: LonLat, goesOn: () => boolean): AsyncGenerator<number, boolean> {
    const every = Math.max(this.onFoot ? 10 : FIX_S, this.night.play.speed);
    const most = this.onFoot ? ON_FOOT_KMH : this.night.mostKmh;
    for (const step of travel(wayTo(this.here, place), { every, most, onFoot: this.onFoot }, this.chance)) {
      yield step.seconds;
      this.here = step.place;
      await this.fix(step.mps, step.heading);
      if (!goesOn()) return false;
    }
    return true;
  }
}
