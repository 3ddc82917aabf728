/** Reads what a feed of warnings answers: one CAP message, or a list (RSS 2.0, Atom) of messages or of links to them. Pure. */
import { createHash } from 'node:crypto';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { textOf } from '../http/csv-text.ts';
import { OutsideFailure } from '../http/outbound.ts';

/** One message of a list: here in full, or to be fetched. */
export interface Entry {
  /** a hash: the same as long as the list says the same of it */
  key: string;
  /** the message itself, or null */
  xml: Buffer | string | null;
  /** where it is, or null */
  url: string | null;
}

type Node = Readonly<Record<string, unknown>>;
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);
const unreadable = (cause?: unknown): OutsideFailure => new OutsideFailure('unreadable', cause);
const hash = (...parts: string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22);

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  parseAttributeValue: false,
  // a list has no DOCTYPE, so only numbers and the five of XML are left
  processEntities: true,
  maxNestedTags: 30,
  removeNSPrefix: true,
});

/** All children of that name, one or many. */
const all = (node: Node, name: string): unknown[] => {
  const found = Object.hasOwn(node, name) ? node[name] : undefined;
  return found === undefined ? [] : Array.isArray(found) ? found : [found];
};
const words = (value: unknown): string => {
  const text = isNode(value) ? value['#text'] : value;
  return typeof text === 'string' ? text.trim() : '';
};
const word = (node: Node, name: string): string => words(all(node, name)[0]);
const attribute = (value: unknown, name: string): string => (isNode(value) ? words(value[`@${name}`]) : '');

/** A link as it can be called: in full, and over https where it says http, which is never called. */
function resolved(link: string, base: string): string | null {
  if (link === '' || !URL.canParse(link, base)) return null;
  const url = new URL(link, base);
  if (url.protocol === 'http:') url.protocol = 'https:';
  return url.protocol === 'https:' ? url.href : null;
}

const CAP = 'application/cap+xml';
/** Of Atom the link to the CAP message, else the one to what the entry is about; of RSS its link, else its id where that is an address. */
function linkOf(entry: Node): string {
  const links = all(entry, 'link').map((link) => ({
    href: attribute(link, 'href') || words(link),
    type: attribute(link, 'type'),
    rel: attribute(link, 'rel') || 'alternate',
  }));
  const enclosed = all(entry, 'enclosure').find((each) => attribute(each, 'type') === CAP);
  const chosen = links.find(({ type }) => type === CAP) ?? links.find(({ rel }) => rel === 'alternate');
  if (enclosed !== undefined && chosen?.type !== CAP) return attribute(enclosed, 'url');
  if (chosen && chosen.href !== '') return chosen.href;
  return attribute(all(entry, 'content')[0], 'src') || word(entry, 'guid') || word(entry, 'id');
}

/** Messages written out inside a list, each with the namespaces that the list declares for it. */
const OPENING = /<((?:[\w-]{1,30}:)?alert)(?:\s[^<>]*)?>/g;
const DECLARED = /\sxmlns(?::[\w-]{1,30})?\s*=\s*(?:"[^"<]*"|'[^'<]*')/g;
/** Names that begin and never end are no messages; nobody needs more than one. */
const MOST_UNENDED = 3;
function embedded(text: string): Entry[] {
  const found: Entry[] = [];
  const unended = new Set<string>();
  let declared: string[] | null = null;
  OPENING.lastIndex = 0;
  for (let start = OPENING.exec(text); start !== null && unended.size < MOST_UNENDED; start = OPENING.exec(text)) {
    const [opening, name = ''] = start;
    const end = unended.has(name) ? -1 : text.indexOf(`</${name}>`, start.index);
    if (end < 0) {
      unended.add(name);
      continue;
    }
    declared ??= [...new Set(text.slice(0, start.index).match(DECLARED) ?? [])];
    const missing = declared.filter((each) => !opening.includes(each.trim().split('=')[0] ?? ''));
    const inside = text.slice(start.index + opening.length, end);
    found.push({
      key: hash(opening, inside),
      xml: `<${name}${missing.join('')}${opening.slice(name.length + 1)}${inside}</${name}>`,
      url: null,
    });
    OPENING.lastIndex = end;
  }
  return found;
}

/** The messages of an answer, newest as the list has them; throws OutsideFailure unreadable for what is none of these, or has a DOCTYPE. */
export function entriesOf(body: Buffer, base: string): Entry[] {
  let text: string;
  let parsed: unknown;
  try {
    ({ text } = textOf(body));
    // entities, and what they reach for, are declared nowhere else
    if (/<!DOCTYPE/i.test(text) || XMLValidator.validate(text) !== true) throw unreadable();
    parsed = parser.parse(text);
  } catch (error) {
    throw unreadable(error);
  }
  if (!isNode(parsed)) throw unreadable();
  if (Object.hasOwn(parsed, 'alert')) return [{ key: hash(text), xml: body, url: null }];
  const channel = all(parsed, 'rss')
    .filter(isNode)
    .flatMap((rss) => all(rss, 'channel'))[0];
  const list = channel ?? all(parsed, 'feed')[0];
  // an empty element is parsed to ''
  if (!isNode(list)) {
    if (list === '') return [];
    throw unreadable();
  }
  const inside = embedded(text);
  if (inside.length > 0) return inside;
  return all(list, channel === undefined ? 'entry' : 'item')
    .filter(isNode)
    .flatMap((entry): Entry[] => {
      const url = resolved(linkOf(entry), base);
      const id = word(entry, 'id') || word(entry, 'guid');
      return url === null
        ? []
        : [{ key: hash(id, url, word(entry, 'updated') || word(entry, 'pubDate')), xml: null, url }];
    });
}
