/** The report form's answers: from the fields of a page to the body of a report, and back to the field that is wrong. */
import { randomUUID } from 'node:crypto';
import { parseCoordinates } from '../../shared/coordinates.ts';
import { crsNames } from '../../shared/geo.ts';
import type { InformantRow } from '../../shared/informants.ts';
import { idSchema } from '../../shared/ids.ts';
import { type FieldError, fieldErrors } from '../../shared/problems.ts';
import { type SightingBody, sightingBody } from '../../shared/sightings.ts';

export const steps = ['where', 'saw', 'more', 'check'] as const;
export type Step = (typeof steps)[number];
export const isStep = (text: string): text is Step => steps.some((step) => step === text);

/** What the page carries along, as it is written in the fields. */
export interface Answers {
  id: string;
  /** an informant's code, or '' */
  code: string;
  placeText: string;
  placeCode: string;
  coords: string;
  crs: string;
  lon: string;
  lat: string;
  accuracyM: string;
  people: string;
  signs: string[];
  spoken: string;
  wantsHelp: string;
  stillThere: string;
  description: string;
  contact: string;
}
export const questions = ['spoken', 'wantsHelp', 'stillThere'] as const;

/** A new form; an informant with a standing place has it filled in. */
export function blankAnswers(informant: InformantRow | null = null): Answers {
  const [lon, lat] = informant?.place?.coordinates ?? [];
  return {
    id: randomUUID(),
    code: informant?.code ?? '',
    placeText: informant?.placeText ?? (informant?.place ? informant.label : ''),
    placeCode: '',
    coords: '',
    crs: 'wgs84',
    lon: lon === undefined ? '' : String(lon),
    lat: lat === undefined ? '' : String(lat),
    accuracyM: '',
    people: '1',
    signs: [],
    spoken: 'unknown',
    wantsHelp: 'unknown',
    stillThere: 'unknown',
    description: '',
    contact: '',
  };
}

/** The answers in a posted form. Nothing is trusted: whatever is missing or of another kind becomes what a new form has. */
export function readAnswers(body: unknown): Answers {
  const given = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  // PostgreSQL takes no NUL; a browser sends line ends as CR LF
  const clean = (value: unknown): string =>
    typeof value === 'string' ? value.replaceAll('\u0000', '').replaceAll('\r\n', '\n').trim() : '';
  const blank = blankAnswers();
  const field = (name: keyof Answers): string => clean(Object.hasOwn(given, name) ? given[name] : '');
  const id = idSchema.safeParse(field('id'));
  const listed = Object.hasOwn(given, 'signs') ? given['signs'] : [];
  return {
    id: id.success ? id.data : blank.id,
    code: field('code'),
    placeText: field('placeText'),
    placeCode: field('placeCode'),
    coords: field('coords'),
    crs: field('crs') || blank.crs,
    lon: field('lon'),
    lat: field('lat'),
    accuracyM: field('accuracyM'),
    people: field('people'),
    signs: (Array.isArray(listed) ? listed : [listed]).map(clean).filter(Boolean),
    spoken: field('spoken') || blank.spoken,
    wantsHelp: field('wantsHelp') || blank.wantsHelp,
    stillThere: field('stillThere') || blank.stillThere,
    description: field('description'),
    contact: field('contact'),
  };
}

/** A field that is wrong; its words are under `report.error.<key>`. */
export interface Wrong {
  field: string;
  step: Step;
  key: string;
}

const stepOf: Readonly<Record<string, Step>> = {
  placeText: 'where',
  placeCode: 'where',
  coords: 'where',
  crs: 'where',
  people: 'saw',
  signs: 'saw',
  spoken: 'saw',
  wantsHelp: 'saw',
  stillThere: 'saw',
  description: 'more',
  contact: 'more',
};

const wrongOf = ({ path, code }: FieldError): Wrong => {
  if (code === 'place_missing') return { field: 'placeText', step: 'where', key: 'place_missing' };
  const name = path.split('/')[1] ?? '';
  const field = name === 'position' || name === 'accuracyM' ? 'coords' : name;
  const step = stepOf[field];
  return step ? { field, step, key: field } : { field: 'send', step: 'check', key: 'other' };
};

/** Fields that are wrong, each once. */
export function wrongFields(errors: readonly FieldError[]): Wrong[] {
  const found = new Map<string, Wrong>();
  for (const error of errors) {
    const wrong = wrongOf(error);
    if (!found.has(wrong.field)) found.set(wrong.field, wrong);
  }
  return [...found.values()];
}

const numeric = (text: string): number => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : NaN);
const yesNo = (text: string): boolean | null => (text === 'yes' ? true : text === 'no' ? false : null);

/** The body of the report these answers make, or the fields that are wrong. */
export function toBody(answers: Answers, informant: InformantRow | null): { body: SightingBody } | { wrong: Wrong[] } {
  const pasted = answers.coords === '' ? null : parseCoordinates(answers.coords);
  const located = answers.coords === '' && answers.lon !== '' && answers.lat !== '';
  const coordinates = located ? [numeric(answers.lon), numeric(answers.lat)] : pasted;
  const draft = {
    id: answers.id,
    source: informant?.source ?? 'public',
    people: numeric(answers.people),
    signs: answers.signs,
    ...(coordinates && { position: { type: 'Point', coordinates } }),
    ...(located && answers.accuracyM !== '' && { accuracyM: numeric(answers.accuracyM) }),
    ...(pasted && crsNames.some((name) => name === answers.crs) && { crs: answers.crs }),
    ...(answers.placeText !== '' && { placeText: answers.placeText }),
    ...(answers.placeCode !== '' && { placeCode: answers.placeCode }),
    ...(informant && { informantCode: informant.code }),
    ...(answers.description !== '' && { description: answers.description }),
    ...(answers.contact !== '' && { contact: answers.contact }),
    ...Object.fromEntries(questions.map((question) => [question, yesNo(answers[question])])),
  };
  const parsed = sightingBody.safeParse(draft);
  const unreadable: Wrong[] =
    answers.coords !== '' && !pasted ? [{ field: 'coords', step: 'where', key: 'coords' }] : [];
  if (parsed.success && unreadable.length === 0) return { body: parsed.data };
  const wrong = parsed.success ? [] : wrongFields(fieldErrors(parsed.error.issues, draft));
  // "say where" beside "cannot read the coordinates" would be one complaint too many
  return { wrong: [...unreadable, ...wrong.filter(({ key }) => unreadable.length === 0 || key !== 'place_missing')] };
}
