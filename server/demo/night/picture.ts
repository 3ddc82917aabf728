/** What the night's people see: the desk's picture, and which of it a visitor did. */
import { type Change, type EventType, nouns } from '../../../shared/events.ts';
import { readChanges, readSnapshot } from '../../../shared/live.ts';
import { type Fix, unpackFix } from '../../../shared/positions.ts';
import { applyAll, emptyState, fromSnapshot, type Snapshot, type State } from '../../../shared/state.ts';
import type { Deeds } from './cast.ts';
import { CallFailed, type Person } from '../http.ts';
import { type Actor, type Play, steadily } from './play.ts';

/** Whose work a fact is, when it was not one of the night's own people. A look is less than a deed. */
type Hand = 'desk' | 'look' | 'house' | 'crew';
const hands: Partial<Record<EventType, Hand>> = {
  'incident.seen': 'look',
  'incident.changed': 'desk',
  'incident.noted': 'desk',
  'incident.merged': 'desk',
  'incident.unmerged': 'desk',
  'incident.closed': 'desk',
  'incident.reopened': 'desk',
  'incident.claimed': 'desk',
  'incident.snoozed': 'desk',
  'question.asked': 'desk',
  'sighting.moved': 'desk',
  'dispatch.reassigned': 'desk',
  'dispatch.sent': 'desk',
  'dispatch.stepped': 'crew',
  'recheck.taken': 'crew',
  'shelter.changed': 'house',
  'stay.started': 'house',
  'stay.changed': 'house',
};

/** When a visitor last acted, in seconds of play; -Infinity when never. */
export class Visitor {
  desk = -Infinity;
  /** by incident: last looked at */
  readonly looks = new Map<string, number>();
  /** by shelter */
  readonly houses = new Map<string, number>();
  /** by patrol */
  readonly crews = new Map<string, number>();

  notice({ type, payload }: Change, now: number): void {
    const hand = hands[type];
    if (hand === 'desk') this.desk = now;
    else if (hand === 'look') for (const { id } of payload.incidents ?? []) this.looks.set(id, now);
    else if (hand === 'house') for (const { id } of payload.shelters ?? []) this.houses.set(id, now);
    else if (hand === 'crew')
      for (const { patrolId, setByDesk, status } of payload.dispatches ?? [])
        if (setByDesk || status === 'recalled' || status === 'dispatched') this.desk = now;
        else this.crews.set(patrolId, now);
  }
}

/** Seconds between two looks: fast enough for a night at any speed, and little work for the service. */
const LOOK_S = 2;
const POSITIONS_S = 20;

export class Picture {
  state: State = emptyState;
  /** latest fix by patrol's number, at most POSITIONS_S old */
  fixes: ReadonlyMap<number, Fix> = new Map();
  readonly visitor = new Visitor();
  private readonly watcher: Person;
  private readonly play: Play;
  private readonly deeds: Deeds;
  /** epoch ms */
  private nextPositions = 0;

  constructor(watcher: Person, play: Play, deeds: Deeds) {
    this.watcher = watcher;
    this.play = play;
    this.deeds = deeds;
  }

  /** The whole picture anew. */
  async fetch(): Promise<void> {
    this.state = fromSnapshot(await this.locate());
  }

  private async locate(): Promise<Snapshot> {
    const snapshot = (await this.watcher.does(readSnapshot)) as unknown as Snapshot;
    const { at, fixes } = snapshot.positions;
    this.fixes = new Map(fixes.map((packed) => [packed[0], unpackFix(packed, at).fix]));
    return snapshot;
  }

  private ours({ payload }: Change): boolean {
    return nouns.some((noun) => payload[noun]?.some((row) => 'version' in row && this.deeds.has(row)));
  }

  /** Looks again when one of the night's people did something since: nobody does a thing twice. */
  async fresh(): Promise<void> {
    if (this.deeds.unseen) await this.look();
  }

  /** What came since the last look. */
  private async look(): Promise<void> {
    this.deeds.unseen = false;
    try {
      const { changes } = await this.watcher.does(readChanges, { query: { since: String(this.state.seq) } });
      const facts = changes as unknown as Change[];
      for (const fact of facts) if (!this.ours(fact)) this.visitor.notice(fact, this.play.now);
      this.state = applyAll(this.state, facts);
    } catch (error) {
      if (!(error instanceof CallFailed && error.status === 410)) throw error;
      await this.fetch();
    }
  }

  private async *round(): Actor {
    yield LOOK_S * this.play.speed;
    await this.look();
    if (this.play.wall() < this.nextPositions) return;
    this.nextPositions = this.play.wall() + POSITIONS_S * 1000;
    await this.locate();
  }

  /** Keeps it fresh, by the clock on the wall whatever the speed of the night. */
  keep(): Actor {
    return steadily(() => this.round());
  }
}
