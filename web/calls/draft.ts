/** A call on its way to a report: what was said so far, kept in this tab until it is saved. */
import type { recordCall, CallRow } from '../../shared/calls.ts';
import type { Part } from '../../shared/contract.ts';
import type { Sign, SightingBody } from '../../shared/sightings.ts';
import type { ChosenPlace } from '../map/chosen.ts';
import type { Line } from './line.ts';

export interface CallDraft {
  callId: string;
  sightingId: string;
  /** '' when nobody said which */
  hotline: string;
  rangAt: string | null;
  answeredAt: string | null;
  words: string;
  placeWords: string;
  place: ChosenPlace | null;
  people: number;
  signs: Sign[];
  spoken: boolean | null;
  wantsHelp: boolean | null;
  stillThere: boolean | null;
  contact: string;
}
export const questions = ['spoken', 'wantsHelp', 'stillThere'] as const;

/** A call that nobody has answered yet. */
export const newDraft = (line: Line | null, hotline: string): CallDraft => ({
  callId: crypto.randomUUID(),
  sightingId: crypto.randomUUID(),
  hotline: line?.hotline ?? hotline,
  rangAt: line?.rangAt ?? null,
  answeredAt: null,
  words: '',
  placeWords: '',
  place: null,
  people: 1,
  signs: [],
  spoken: null,
  wantsHelp: null,
  stillThere: null,
  contact: line?.caller ?? '',
});

/** Whether anything was written down that would be lost; the number that the telephone told is not. */
export const hasWords = (draft: CallDraft): boolean =>
  draft.words.trim() !== '' ||
  draft.placeWords.trim() !== '' ||
  draft.place !== null ||
  draft.signs.length > 0 ||
  draft.people !== 1 ||
  questions.some((name) => draft[name] !== null);

/** Without any place there is no report. */
export const lacksPlace = (draft: CallDraft): boolean => draft.place === null && draft.placeWords.trim() === '';

/** The report of a call; what was not said is left out. */
export function sightingOf(draft: CallDraft, at: Date): SightingBody {
  const { place, people, signs, spoken, wantsHelp, stillThere } = draft;
  const said = <K extends string>(key: K, text: string): Partial<Record<K, string>> =>
    text.trim() === '' ? {} : ({ [key]: text.trim() } as Record<K, string>);
  return {
    id: draft.sightingId,
    source: 'hotline',
    observedAt: at.toISOString(),
    ...said('informantCode', draft.hotline),
    ...(place && { position: { type: 'Point', coordinates: place.position } }),
    ...(typeof place?.accuracyM === 'number' && { accuracyM: place.accuracyM }),
    ...said('placeCode', place?.code ?? ''),
    ...said('placeText', draft.placeWords),
    ...said('description', draft.words),
    ...said('contact', draft.contact),
    people,
    signs,
    spoken,
    wantsHelp,
    stillThere,
  };
}

/** The record of a call that ends at `at`; a clock that went back in between must not lose it. */
export function callOf(draft: CallDraft, outcome: CallRow['outcome'], at: Date): Part<(typeof recordCall)['body']> {
  const answeredAt = draft.answeredAt ?? at.toISOString();
  const endedAt = at.toISOString() < answeredAt ? answeredAt : at.toISOString();
  return {
    id: draft.callId,
    answeredAt,
    endedAt,
    outcome,
    ...(draft.hotline === '' ? {} : { hotline: draft.hotline }),
    ...(draft.rangAt !== null && draft.rangAt <= answeredAt ? { rangAt: draft.rangAt } : {}),
    ...(outcome === 'report' ? { sightingId: draft.sightingId } : {}),
  };
}

const KEY = 'warmpath.call';
const HOTLINE = 'warmpath.hotline';

/** The call that this tab was in before a reload, of the same person; null when there is none. */
export function loadDraft(userId: string): CallDraft | null {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as { userId: string; draft: CallDraft } | null;
    // read over a fresh one: an older edition of this page may have kept less
    return kept?.userId === userId ? { ...newDraft(null, ''), ...kept.draft } : null;
  } catch {
    return null;
  }
}
/** Keeps the call for this tab alone; null forgets it. */
export function keepDraft(userId: string, draft: CallDraft | null): void {
  try {
    if (draft === null) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, JSON.stringify({ userId, draft }));
  } catch {
    // then it lives as long as the page
  }
}

/** The hotline that was chosen last at this browser. */
export function lastHotline(): string {
  try {
    return localStorage.getItem(HOTLINE) ?? '';
  } catch {
    return '';
  }
}
export function rememberHotline(code: string): void {
  try {
    localStorage.setItem(HOTLINE, code);
  } catch {
    // asked again next time, then
  }
}
