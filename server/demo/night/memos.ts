/** What the desk remembers of an incident besides what is written down. */
import type { LonLat } from '../../../shared/geo.ts';
import type { IncidentRow } from '../../../shared/incidents.ts';
import type { Chance } from '../random.ts';

export interface Memo {
  chance: Chance;
  /** seconds of play at which it was first seen in the queue */
  since: number;
  /** the desk looks after so many seconds, and sends, rings back and closes after so many */
  patience: { see: number; send: number; ring: number; close: number };
  /** nothing is done about it before */
  notBefore: number;
  /** how many patrols were sent, for the ids */
  sent: number;
  twinsSeenAt: number;
  rung: boolean;
  /** the place was corrected after a first visit: somebody goes again */
  again: boolean;
  /** seconds of play since nothing is left but to close it */
  overSince: number | null;
  /** these crews could not come */
  without: Set<string>;
}

export class Memos {
  private readonly memos = new Map<string, Memo>();
  private readonly chance: Chance;

  constructor(chance: Chance) {
    this.chance = chance;
  }

  of(incident: IncidentRow, now: number): Memo {
    const known = this.memos.get(incident.id);
    if (known) return known;
    // the service makes the incident's id; the report's comes from the seed
    const chance = this.chance.own(incident.sightingIds[0] ?? incident.code);
    const grave = incident.priority === 'life_risk';
    const memo: Memo = {
      chance,
      since: now,
      patience: {
        see: chance.whole(12, 45),
        // long enough for a visitor to be first
        send: grave ? chance.whole(60, 70) : chance.whole(65, 100),
        ring: chance.whole(90, 210),
        close: chance.whole(50, 140),
      },
      notBefore: 0,
      sent: 0,
      twinsSeenAt: -Infinity,
      rung: false,
      again: false,
      overSince: null,
      without: new Set(),
    };
    this.memos.set(incident.id, memo);
    return memo;
  }

  keepOnly(open: Readonly<Record<string, unknown>>): void {
    for (const id of this.memos.keys()) if (open[id] === undefined) this.memos.delete(id);
  }
}

/** The place of an incident, if it has one on the map. */
export const placeOf = ({ position }: IncidentRow): LonLat | undefined => position?.coordinates;
