/** Reads a message of the Common Alerting Protocol, 1.2 or 1.1 (OASIS). The sender is a stranger: whatever is wrong is a 422 that says where. */
import { fieldProblem, type Problem } from '../../shared/problems.ts';
import { type CapArea, codesOf, noArea, readArea } from './cap-area.ts';
import { type XmlElement, xmlRoot } from './xml.ts';

const NAMESPACES: readonly string[] = ['urn:oasis:names:tc:emergency:cap:1.2', 'urn:oasis:names:tc:emergency:cap:1.1'];
const KINDS = { Alert: 'alert', Update: 'update', Cancel: 'cancel', Ack: 'ack', Error: 'error' } as const;
const STATUSES: readonly string[] = ['Actual', 'Exercise', 'System', 'Test', 'Draft'];
/** Before this nobody sends anything to us; a message far ahead of our clock is none either. */
const EARLIEST = Date.UTC(2020, 0, 1);
const DAY = 86_400_000;
const AHEAD = 2 * DAY;
/** A warning that claims to hold for longer than a year holds until somebody ends it. */
const LONGEST = 366 * DAY;
const MOST_PARTS = 50;
const LENGTH = { name: 500, event: 200, headline: 500, severity: 50, long: 5_000, area: 1_000 } as const;

/** One thing that a message warns of. Times are ISO. */
export interface CapPart {
  event: string;
  /** further words for what it is: the sender's codes before, other words after the event */
  codes: string[];
  kinds: string[];
  /** values of the sender's own scale */
  scale: string[];
  severity: string | null;
  headline: string | null;
  description: string | null;
  instruction: string | null;
  onsetAt: string;
  /** null: until it is cancelled */
  expiresAt: string | null;
  areaText: string | null;
  area: CapArea;
}
export interface CapMessage {
  identifier: string;
  sender: string;
  sentAt: string;
  kind: (typeof KINDS)[keyof typeof KINDS];
  /** false: an exercise, a test, a draft */
  actual: boolean;
  /** messages that it updates or cancels, as `sender,identifier` */
  named: string[];
  parts: CapPart[];
}

const refuse = (path: string, code: string, message: string): Problem => fieldProblem(path, code, message);
const cut = (text: string, most: number): string => [...text.slice(0, most)].join('').replace(/\p{Surrogate}$/u, '');

function textOf(parent: XmlElement, name: string, most: number = LENGTH.long): string | null {
  const text = parent.all(name)[0]?.text ?? '';
  return text === '' ? null : cut(text, most);
}
function must(parent: XmlElement, name: string): string {
  const text = parent.all(name)[0]?.text ?? '';
  if (text === '') throw refuse(`${parent.path}/${name}`, 'required', 'required');
  return text;
}
/** A name that others refer by: it is never cut, because a cut one is another's. */
function nameOf(parent: XmlElement, name: string): string {
  const text = must(parent, name);
  if (text.length > LENGTH.name) throw refuse(`${parent.path}/${name}`, 'range', 'longer than 500 characters');
  return text;
}

/** xsd:dateTime with its offset, seconds and all. */
const INSTANT = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?\s?(Z|[+-]\d\d:?\d\d)$/i;
function timeOf(parent: XmlElement, name: string): number | null {
  const text = parent.all(name)[0]?.text ?? '';
  if (text === '') return null;
  const at = INSTANT.test(text) ? Date.parse(text.replace(/^(\S{10}) /, '$1T').replace(/\s/g, '')) : NaN;
  if (Number.isNaN(at)) throw refuse(`${parent.path}/${name}`, 'format', 'a date and time with its offset from UTC');
  return at;
}
const iso = (at: number): string => new Date(at).toISOString();

/** `sender,identifier,sent` by white space; a sender may have commas, an identifier has none. */
const namedIn = (text: string): string[] => [
  ...new Set(
    text.split(/\s+/).flatMap((reference) => {
      const parts = reference.split(',');
      if (parts.length < 2) return [];
      const from = parts.length > 2 ? parts.slice(0, -1) : parts;
      return [from.join(',')];
    }),
  ),
];

/** Values of pairs (`valueName`, `value`) whose name fits. */
const valuesOf = (info: XmlElement, name: string, fits: RegExp): string[] =>
  info
    .all(name)
    .filter((pair) => fits.test(pair.all('valueName')[0]?.text ?? ''))
    .flatMap((pair) => pair.all('value').map(({ text }) => cut(text, LENGTH.event)));

function readPart(info: XmlElement, sent: number): { part: CapPart; language: string; over: boolean } {
  const expires = timeOf(info, 'expires');
  if (expires !== null && expires <= sent)
    throw refuse(`${info.path}/expires`, 'range', 'it expires before it was sent');
  // the end of the event where the sender tells it apart from the life of the message
  const [ending] = valuesOf(info, 'parameter', /^eventEndingTime$/i).map((text) => Date.parse(text));
  const end = Math.max(expires ?? NaN, ending !== undefined && ending > sent ? ending : (expires ?? NaN));
  const until = Number.isNaN(end) || end - sent > LONGEST ? null : end;
  const onset = timeOf(info, 'onset') ?? timeOf(info, 'effective') ?? sent;
  const areas = info.all('area');
  const areaText = areas.flatMap((area) => textOf(area, 'areaDesc', LENGTH.area) ?? []).join('; ');
  const area = noArea();
  for (const each of areas) readArea(each, area);
  return {
    language: (textOf(info, 'language') ?? 'en-US').toLowerCase(),
    over: info.all('responseType').some(({ text }) => text === 'AllClear'),
    part: {
      event: cut(must(info, 'event'), LENGTH.event),
      codes: valuesOf(info, 'eventCode', /./),
      kinds: valuesOf(info, 'parameter', /^awareness_?type$/i),
      scale: valuesOf(info, 'parameter', /^awareness_?level$|colou?r|颜色|等级|级别/i),
      severity: textOf(info, 'severity', LENGTH.severity),
      headline: textOf(info, 'headline', LENGTH.headline),
      description: textOf(info, 'description'),
      instruction: textOf(info, 'instruction'),
      // an event that begins after its message ends is in force as long as the message says
      onsetAt: iso(until !== null && onset >= until ? sent : onset),
      expiresAt: until === null ? null : iso(until),
      areaText: areaText === '' ? null : cut(areaText, LENGTH.area),
      area,
    },
  };
}

/** Infos are told again in other languages: those in the station's, else in English, else in the first that is used. */
function inLanguage<T extends { language: string }>(infos: readonly T[], locale: string): T[] {
  const wanted = locale.toLowerCase();
  const [main] = wanted.split('-');
  const fits: ((language: string) => boolean)[] = [
    (language) => language === wanted,
    (language) => language.split('-')[0] === main,
    (language) => language.split('-')[0] === 'en',
    (language) => language === infos[0]?.language,
  ];
  for (const fit of fits) {
    const found = infos.find(({ language }) => fit(language));
    if (found) return infos.filter(({ language }) => language === found.language);
  }
  return [];
}

/**
 * A CAP message, what it says in the language of a station. 413 too_large, 422 doctype, bad_xml, not_cap, invalid, invalid_geometry or
 * too_many_vertices with the path of what is wrong. An exercise or a test is read no further than its name.
 */
export function readCap(xml: Buffer | string, locale: string, now: Date): CapMessage {
  const root = xmlRoot(xml);
  if (root.name !== 'alert' || !NAMESPACES.includes(root.namespace))
    throw fieldProblem('/alert', 'namespace', 'the root element is not alert of CAP 1.2 or 1.1', 'not_cap');
  const identifier = nameOf(root, 'identifier');
  if (/[\s,<&]/.test(identifier)) throw refuse('/alert/identifier', 'format', 'no spaces, commas, < or &');
  const sender = nameOf(root, 'sender');
  must(root, 'sent');
  const sent = timeOf(root, 'sent') ?? NaN;
  if (sent < EARLIEST || sent > now.getTime() + AHEAD)
    throw refuse('/alert/sent', 'range', 'sent before 2020 or more than two days from now');
  const status = must(root, 'status');
  if (!STATUSES.includes(status)) throw refuse('/alert/status', 'enum', 'not one of the allowed values');
  const type = must(root, 'msgType');
  if (!Object.hasOwn(KINDS, type)) throw refuse('/alert/msgType', 'enum', 'not one of the allowed values');
  const kind = KINDS[type as keyof typeof KINDS];
  const named = namedIn(root.all('references')[0]?.text ?? '');
  const message = { identifier, sender, sentAt: iso(sent), kind, actual: status === 'Actual', named, parts: [] };
  if (!message.actual || kind === 'ack' || kind === 'error') return message;
  if (kind === 'cancel') {
    if (named.length === 0) throw refuse('/alert/references', 'required', 'it does not say what it cancels');
    return message;
  }
  const infos = root.all('info');
  if (infos.length === 0) throw refuse('/alert/info', 'required', 'required');
  if (infos.length > MOST_PARTS) throw refuse('/alert/info', 'range', `more than ${String(MOST_PARTS)}`);
  const chosen = inLanguage(
    infos.map((info) => readPart(info, sent)),
    locale,
  );
  const parts = chosen.filter(({ over }) => !over).map(({ part }) => part);
  const fallback = codesOf(identifier);
  for (const { area } of parts) if (isEmpty(area)) area.codes.push(...fallback);
  // all clear: it ends what it names and warns of nothing
  return { ...message, kind: parts.length === 0 ? 'cancel' : kind, parts };
}

const isEmpty = ({ polygons, circles, codes }: CapArea): boolean =>
  polygons.length === 0 && circles.length === 0 && codes.length === 0;
