/** Who has which incident in hand. Working on one takes it; what somebody else has is taken over only on purpose. */
import { claimIncident, type IncidentRow, snoozeIncident, unclaimIncident } from '../../shared/incidents.ts';
import { call, CallProblem } from '../live/call.ts';
import { ask, say, sayProblem } from '../ui/toasts.ts';
import { t } from '../ui/words.ts';
import type { Actions } from './actions.ts';
import type { Desk } from './desk.ts';
import type { Presence } from './presence.ts';

export interface Claims {
  /** whose it is now, by the row and the clock; null for nobody's */
  holder: (row: IncidentRow, now: Date) => string | null;
  mine: (row: IncidentRow, now: Date) => boolean;
  /** Takes it in hand; `take` from somebody else. False when somebody else has it, which has been said. */
  claim: (row: IncidentRow, take?: boolean) => Promise<boolean>;
  unclaim: (row: IncidentRow) => Promise<void>;
  /** Lets its alarms rest for so many minutes; 0 ends the rest. */
  snooze: (row: IncidentRow, minutes: number, reason: string) => Promise<boolean>;
  /** Takes in passing what is about to be worked on, and answers it as it stands then; null when somebody else has it: `goOn` then follows a take-over. */
  takeFirst: (row: IncidentRow, goOn: () => void) => Promise<IncidentRow | null>;
  /** One key for all: takes it, gives back an own one, and takes over somebody else's when pressed again. */
  toggle: (row: IncidentRow) => Promise<void>;
  /** Gives back what was only taken in passing, when the desk turns to something else. */
  leave: (incidentId: string) => void;
}

const claimHolder = ({ claimedBy, claimedUntil }: IncidentRow, now: Date): string | null =>
  claimedBy !== null && claimedUntil !== null && Date.parse(claimedUntil) > now.getTime() ? claimedBy : null;

export function createClaims(desk: Desk, presence: Presence, now: () => Date): Claims {
  const me = desk.session.user.id;
  const inPassing = new Set<string>();
  /** about which one it was just said that somebody has it */
  let warned: string | null = null;
  const afterwards = (): void => {
    if (desk.store.connection.value !== 'live') void desk.store.catchUp();
  };
  const has = (row: IncidentRow): string => {
    const holder = claimHolder(row, now());
    return (holder === null ? null : presence.nameOf(holder)) ?? t('claim.somebody');
  };
  /** Says whose it is; the button takes it over and goes on. */
  const sayTaken = (row: IncidentRow, goOn?: () => void): void => {
    warned = row.id;
    ask(t('claim.taken', { name: has(row), code: row.code }), t('claim.take'), () => {
      void claim(row, true).then((done) => {
        if (done) goOn?.();
      });
    });
  };

  const claim: Claims['claim'] = async (row, take = false) => {
    try {
      await call(claimIncident, { params: { id: row.id }, body: take ? { take: true } : {} });
      inPassing.delete(row.id);
      if (take) say(t('claim.taken_over', { code: row.code }), () => void claims.unclaim(row));
      afterwards();
      return true;
    } catch (error) {
      if (error instanceof CallProblem && error.code === 'claimed') sayTaken(current(error, row));
      else sayProblem(error);
      return false;
    }
  };
  const claims: Claims = {
    holder: claimHolder,
    mine: (row, at) => claimHolder(row, at) === me,
    claim,
    unclaim: async (row) => {
      inPassing.delete(row.id);
      try {
        await call(unclaimIncident, { params: { id: row.id } });
        afterwards();
      } catch (error) {
        sayProblem(error);
      }
    },
    snooze: async (row, minutes, reason) => {
      try {
        await call(snoozeIncident, { params: { id: row.id }, body: { minutes, reason } });
        if (minutes === 0) say(t('snooze.ended', { code: row.code }));
        else say(t('snooze.done', { code: row.code, minutes }), () => void claims.snooze(row, 0, reason));
        afterwards();
        return true;
      } catch (error) {
        sayProblem(error);
        return false;
      }
    },
    takeFirst: async (given, goOn) => {
      const row = desk.store.state.value.incidents[given.id] ?? given;
      const holder = claimHolder(row, now());
      if (holder === me || row.status === 'closed') return row;
      if (holder !== null) {
        sayTaken(row, goOn);
        return null;
      }
      try {
        const taken = await call(claimIncident, { params: { id: row.id }, body: {} });
        inPassing.add(row.id);
        return taken;
      } catch (error) {
        // else: a claim is a courtesy between desks, and must never keep a patrol from being sent
        if (!(error instanceof CallProblem && error.code === 'claimed')) return row;
        sayTaken(current(error, row), goOn);
        return null;
      }
    },
    toggle: async (row) => {
      const holder = claimHolder(row, now());
      if (holder === me) await claims.unclaim(row);
      else if (holder === null || warned === row.id) await claim(row, holder !== null);
      else sayTaken(row);
    },
    leave: (incidentId) => {
      warned = null;
      if (!inPassing.delete(incidentId)) return;
      const row = desk.store.state.value.incidents[incidentId];
      // it expires by itself if this does not arrive
      if (row && claimHolder(row, now()) === me)
        void call(unclaimIncident, { params: { id: incidentId } }).catch(() => undefined);
    },
  };
  return claims;
}

const current = (error: CallProblem, row: IncidentRow): IncidentRow => ({
  ...row,
  ...(error.current as Partial<IncidentRow> | undefined),
});

/** The same actions, each of which first takes its incident in hand. Notes do not ask: what somebody knows must never wait. */
export function claiming(actions: Actions, claims: Claims): Actions {
  let taking = false;
  const first = async <T>(row: IncidentRow, work: (now: IncidentRow) => Promise<T>, not: T): Promise<T> => {
    // a second press while the first one asks does nothing
    if (taking) return not;
    taking = true;
    const now = await claims
      .takeFirst(row, () => void work(row))
      .finally(() => {
        taking = false;
      });
    return now ? work(now) : not;
  };
  return {
    ...actions,
    send: (row, patrolId) => first(row, () => actions.send(row, patrolId), false),
    merge: (a, b) => first(a, () => actions.merge(a, b), null),
    close: (row, reason) => first(row, () => actions.close(row, reason), false),
    place: (row, change) => first(row, (now) => actions.place(now, change), false),
    priority: (row, priority) => first(row, (now) => actions.priority(now, priority), false),
  };
}
