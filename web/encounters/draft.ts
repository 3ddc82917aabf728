/** What a crew is writing down about one meeting, before it is sent. Survives a reload, not the closing of the page: it speaks of people. */
import type * as z from 'zod/mini';
import { type notFoundReasons, type PersonOutcome, type recordEncounter } from '../../shared/encounters.ts';
import type { Point } from '../../shared/geo.ts';

/** What a crew asks with one tap; own words are the desk's. */
export const askedKinds = ['still_there', 'where_exactly', 'looks'] as const;
export type AskedKind = (typeof askedKinds)[number];
export type NotFoundReason = (typeof notFoundReasons)[number];
export interface PersonDraft {
  id: string;
  outcome: PersonOutcome | null;
  /** words of the person or of a quick choice; only for a refusal */
  refusal: string | null;
  needs: string[];
  groups: string[];
}
export interface Draft {
  id: string;
  people: PersonDraft[];
  /** why nobody was met; then the people are left aside */
  notFoundReason: NotFoundReason | null;
  nobody: boolean;
  /** what to ask the reporter when nobody was met; null: nothing */
  ask: AskedKind | null;
  handouts: Record<string, number>;
}

/** Codes stored with the person; the words are under `encounter.group.*` and `encounter.need.*`. */
export const groupCodes = ['minor', 'elderly', 'woman_alone', 'disabled', 'family', 'pregnant'] as const;
export const needCodes = ['wheelchair', 'medicine', 'interpreter', 'pet', 'couple', 'ticket'] as const;
export const refusalCodes = ['prefers_here', 'not_shelter', 'belongings', 'waiting', 'no_reason'] as const;

export const newPerson = (): PersonDraft => ({
  id: crypto.randomUUID(),
  outcome: null,
  refusal: null,
  needs: [],
  groups: [],
});
export const newDraft = (): Draft => ({
  id: crypto.randomUUID(),
  people: [newPerson()],
  notFoundReason: null,
  nobody: false,
  ask: null,
  handouts: {},
});

export const comingAlong = (draft: Draft): PersonDraft[] =>
  draft.nobody ? [] : draft.people.filter(({ outcome }) => outcome === 'brought_in');
export const isComplete = (draft: Draft): boolean =>
  draft.nobody
    ? draft.notFoundReason !== null
    : draft.people.length > 0 && draft.people.every(({ outcome }) => outcome !== null);

type Body = z.input<typeof recordEncounter.body>;
interface Around {
  dispatchId: string;
  incidentId: string;
  position: Point;
  at: Date;
  shelterId: string | null;
}
/** The body to send; call it only with a complete draft. */
export function bodyOf(draft: Draft, around: Around): Body {
  const handouts = Object.entries(draft.handouts).flatMap(([itemId, quantity]) =>
    quantity > 0 ? [{ itemId, quantity }] : [],
  );
  return {
    id: draft.id,
    dispatchId: around.dispatchId,
    incidentId: around.incidentId,
    position: around.position,
    at: around.at.toISOString(),
    people: draft.nobody
      ? []
      : draft.people.flatMap(({ id, outcome, refusal, needs, groups }) =>
          outcome === null
            ? []
            : [
                {
                  id,
                  outcome,
                  needs: [...needs],
                  groups: [...groups],
                  ...(outcome === 'refused' && refusal ? { refusal } : {}),
                },
              ],
        ),
    ...(draft.nobody && draft.notFoundReason ? { notFoundReason: draft.notFoundReason } : {}),
    ...(handouts.length > 0 ? { handouts } : {}),
    ...(around.shelterId === null ? {} : { shelterId: around.shelterId }),
  };
}

const keyOf = (dispatchId: string): string => `draft.${dispatchId}`;
/** Whether something has been written down for this job and not yet handed over. */
export function hasDraft(dispatchId: string): boolean {
  try {
    return sessionStorage.getItem(keyOf(dispatchId)) !== null;
  } catch {
    return false;
  }
}
export function loadDraft(dispatchId: string): Draft {
  try {
    const kept = sessionStorage.getItem(keyOf(dispatchId));
    return kept === null ? newDraft() : { ...newDraft(), ...(JSON.parse(kept) as Draft) };
  } catch {
    return newDraft();
  }
}
export function keepDraft(dispatchId: string, draft: Draft): void {
  try {
    sessionStorage.setItem(keyOf(dispatchId), JSON.stringify(draft));
  } catch {
    // a full or forbidden store: the draft then lives as long as the page
  }
}
export function dropDraft(dispatchId: string): void {
  sessionStorage.removeItem(keyOf(dispatchId));
}
