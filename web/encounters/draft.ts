/** What a crew is writing down about one meeting, before it is sent, and the body it becomes. */
import type * as z from 'zod/mini';
import type { ColdResult } from '../../shared/cold-aid.ts';
import {
  type ColdStage,
  consentScopes,
  type consents,
  type Handover,
  type notFoundReasons,
  type PersonOutcome,
  type recordEncounter,
} from '../../shared/encounters.ts';
import type { handoverPaths } from '../../shared/rules.ts';

/** What a crew asks with one tap; own words are the desk's. */
export const askedKinds = ['still_there', 'where_exactly', 'looks'] as const;
export type AskedKind = (typeof askedKinds)[number];
export type NotFoundReason = (typeof notFoundReasons)[number];
type Consent = (typeof consents)[number];
export type ConsentScope = (typeof consentScopes)[number];
type HandoverPath = (typeof handoverPaths)[number];
type HandoverTo = Handover['to'];

/** Words picked with a tap, and own ones. */
export interface Said {
  picked: string[];
  own: string;
}
/** `to` null: to whom the path usually leads. */
export interface HandoverDraft {
  to: HandoverTo | null;
  reference: string;
  calledAt: string | null;
  takenOverAt: string | null;
}
export interface PersonDraft {
  id: string;
  outcome: PersonOutcome | null;
  refusal: Said;
  mightChange: Said;
  needs: string[];
  groups: string[];
  /** a code of shared/encounters.ts, or other words */
  language: string;
  consent: Consent;
  consentScope: ConsentScope[];
  name: string;
  coldStage: ColdStage | null;
  handover: HandoverDraft;
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

/** Quick answers; the words are under `encounter.refusal.*` and `encounter.change.*`, and are stored as words. */
export const refusalCodes = ['prefers_here', 'not_shelter', 'belongings', 'waiting', 'no_reason'] as const;
export const changeCodes = ['keep_belongings', 'together', 'own_room', 'somebody_known', 'later', 'colder'] as const;

const nothingSaid = (): Said => ({ picked: [], own: '' });
export const newPerson = (): PersonDraft => ({
  id: crypto.randomUUID(),
  outcome: null,
  refusal: nothingSaid(),
  mightChange: nothingSaid(),
  needs: [],
  groups: [],
  language: '',
  consent: 'not_asked',
  consentScope: [],
  name: '',
  coldStage: null,
  handover: { to: null, reference: '', calledAt: null, takenOverAt: null },
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
export const agreedTo = (person: Pick<PersonDraft, 'consent' | 'consentScope'>, scope: ConsentScope): boolean =>
  person.consent === 'given' && person.consentScope.includes(scope);
/** Whether a face may be on a photo of this meeting. */
export const facesAllowed = (draft: Draft): boolean =>
  !draft.nobody && draft.people.some((person) => agreedTo(person, 'photo'));

const paths: readonly { path: HandoverPath; to: HandoverTo; takes: (person: PersonDraft) => boolean }[] = [
  { path: 'medical', to: 'ambulance', takes: ({ outcome }) => outcome === 'medical' },
  { path: 'police', to: 'police', takes: ({ outcome }) => outcome === 'police' },
  // whatever else comes of it
  { path: 'child', to: 'child_protection', takes: ({ groups }) => groups.includes('minor') },
];
/** Which ways of handing over apply to this person. */
export const pathsOf = (person: PersonDraft): HandoverPath[] =>
  paths.flatMap(({ path, takes }) => (takes(person) ? [path] : []));
/** To whom this person is handed over unless the crew says otherwise; null: to nobody. */
export const usuallyTo = (person: PersonDraft): HandoverTo | null =>
  paths.find(({ takes }) => takes(person))?.to ?? (person.outcome === 'family' ? 'family' : null);
/** Signs that call for a doctor first: treated first, helped after. */
export const needsDoctor = (person: PersonDraft): boolean =>
  person.outcome !== 'medical' && (person.groups.includes('mental_distress') || person.needs.includes('injury'));
/** Where the cold aid says ambulance, medical care is chosen, and the crew may choose otherwise after it; `before` is what was chosen when its questions began. */
export const withColdAid = (
  person: PersonDraft,
  { stage, ambulance }: ColdResult,
  before: PersonOutcome | null,
): PersonDraft => ({ ...person, coldStage: stage, outcome: ambulance ? 'medical' : before });

type Body = z.input<typeof recordEncounter.body>;
type BodyPerson = Body['people'][number];
/** What the page knows of the meeting without being told. */
export type Around = Omit<Body, 'id' | 'people' | 'notFoundReason' | 'handouts'>;
const MOST_WORDS = 500;
/** One line of what was picked and what was said, in the words of the page. */
const wordsOf = ({ picked, own }: Said): string =>
  [...picked, own.trim()]
    .filter((words) => words !== '')
    .join(' · ')
    .slice(0, MOST_WORDS);
const filled = <K extends string>(key: K, words: string): Partial<Record<K, string>> =>
  (words === '' ? {} : { [key]: words }) as Partial<Record<K, string>>;

function handoverOf(person: PersonDraft): Pick<BodyPerson, 'handover'> {
  const usual = usuallyTo(person);
  const { reference, calledAt, takenOverAt } = person.handover;
  const words = reference.trim();
  if (usual === null || (words === '' && calledAt === null && takenOverAt === null)) return {};
  return {
    handover: {
      to: person.handover.to ?? usual,
      ...filled('reference', words),
      ...(calledAt === null ? {} : { calledAt }),
      ...(takenOverAt === null ? {} : { takenOverAt }),
    },
  };
}
function personOf(person: PersonDraft, outcome: PersonOutcome): BodyPerson {
  const scope = consentScopes.filter((each) => agreedTo(person, each));
  return {
    id: person.id,
    outcome,
    needs: [...person.needs],
    groups: [...person.groups],
    consent: person.consent,
    ...(scope.length > 0 ? { consentScope: scope } : {}),
    ...(agreedTo(person, 'name') ? filled('name', person.name.trim()) : {}),
    ...filled('language', person.language.trim()),
    ...(outcome === 'refused'
      ? { ...filled('refusal', wordsOf(person.refusal)), ...filled('mightChange', wordsOf(person.mightChange)) }
      : {}),
    ...(person.coldStage === null ? {} : { coldStage: person.coldStage }),
    ...handoverOf(person),
  };
}
/** The body to send; call it only with a complete draft. */
export function bodyOf(draft: Draft, around: Around): Body {
  const handouts = Object.entries(draft.handouts).flatMap(([itemId, quantity]) =>
    quantity > 0 ? [{ itemId, quantity }] : [],
  );
  return {
    ...around,
    id: draft.id,
    people: draft.nobody
      ? []
      : draft.people.flatMap((person) => (person.outcome === null ? [] : [personOf(person, person.outcome)])),
    ...(draft.nobody && draft.notFoundReason ? { notFoundReason: draft.notFoundReason } : {}),
    ...(handouts.length > 0 ? { handouts } : {}),
  };
}
