/** Reads XML that a stranger sent: small, shallow, without a DOCTYPE. Elements are found by name within one namespace. */
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { fieldProblem, Problem } from '../../shared/problems.ts';

const XML_LIMIT = 1_000_000;
/** A CAP message with its signature nests eight deep, a feed that holds it a few more. */
const MOST_NESTED = 30;
/** Chinese senders still use the national encoding; the newest of its family reads all of them. */
const ENCODINGS: Readonly<Record<string, string>> = {
  'utf-8': 'utf-8',
  utf8: 'utf-8',
  'us-ascii': 'utf-8',
  'utf-16': 'utf-16le',
  gb2312: 'gb18030',
  gbk: 'gb18030',
  gb18030: 'gb18030',
};

const bad = (code: string, message: string): Problem => fieldProblem('', code, message, 'bad_xml');

/** Bytes as text by their mark or by what they declare of themselves. */
function decoded(bytes: Buffer): string {
  const marked = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16' : undefined;
  const head = bytes.subarray(0, 200).toString('latin1');
  const declared = /^\s*(?:\u00ef\u00bb\u00bf)?<\?xml[^>]{0,150}?encoding\s*=\s*["']([\w-]{1,40})["']/.exec(head)?.[1];
  const encoding = ENCODINGS[marked ?? declared?.toLowerCase() ?? 'utf-8'];
  if (encoding === undefined) throw bad('encoding', 'an encoding that is not read here; send UTF-8');
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw bad('encoding', `not in ${encoding}`);
  }
}

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  parseTagValue: false,
  parseAttributeValue: false,
  // without a DOCTYPE only characters by number and the five of XML are left: plain() knows them
  processEntities: false,
  maxNestedTags: MOST_NESTED,
  isArray: (_name, _path, _leaf, isAttribute) => !isAttribute,
});

/** An element; its children are lists under their names, attributes begin with `@`. */
type Node = Readonly<Record<string, unknown>>;
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);
const own = (node: Node, key: string): unknown => (Object.hasOwn(node, key) ? node[key] : undefined);

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const character = (all: string, code: number): string =>
  code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : all;
/** Text as it was meant: references resolved, no controls but line ends. */
const plain = (text: string): string =>
  text
    .replace(
      /&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(amp|lt|gt|quot|apos));/gi,
      (all, hex?: string, dec?: string, name?: string) => {
        if (hex !== undefined) return character(all, parseInt(hex, 16));
        if (dec !== undefined) return character(all, Number(dec));
        return NAMED[(name ?? '').toLowerCase()] ?? all;
      },
    )
    .replace(/\r\n?/g, '\n')
    .replace(/(?!\n)[\p{Cc}\p{Surrogate}]/gu, ' ')
    .trim();

/** An element among others of its namespace, with the way to it for messages. */
export interface XmlElement {
  name: string;
  namespace: string;
  /** `/alert/info/0` */
  path: string;
  /** '' when there is none */
  text: string;
  /** child elements of that name in the same namespace */
  all(name: string): XmlElement[];
}

function element(node: unknown, name: string, prefix: string, namespace: string, path: string): XmlElement {
  const inside: Node = isNode(node) ? node : {};
  const text = typeof node === 'string' ? node : own(inside, '#text');
  return {
    name,
    namespace,
    path,
    text: typeof text === 'string' ? plain(text) : '',
    all(child) {
      const found = own(inside, prefix + child);
      const list: readonly unknown[] = Array.isArray(found) ? found : [];
      return list.map((each, n) => element(each, child, prefix, namespace, `${path}/${child}/${String(n)}`));
    },
  };
}

/**
 * The root element of a document. 413 too_large beyond 1 MB; 422 doctype before anything is parsed, because entities, and files and
 * addresses that they reach for, are declared nowhere else; 422 bad_xml for what is not well-formed, nested too deep, or in no known encoding.
 */
export function xmlRoot(xml: Buffer | string): XmlElement {
  if (Buffer.byteLength(xml) > XML_LIMIT) throw new Problem('too_large');
  const text = typeof xml === 'string' ? xml : decoded(xml);
  if (/<!DOCTYPE/i.test(text)) throw fieldProblem('', 'doctype', 'a message has no DOCTYPE', 'doctype');
  const judged = XMLValidator.validate(text);
  if (judged !== true) throw bad('xml', `not well-formed (line ${String(judged.err.line)})`);
  let parsed: unknown;
  try {
    parsed = parser.parse(text);
  } catch {
    throw bad('depth', 'nested too deep, or with names that are none');
  }
  const names = isNode(parsed) ? Object.keys(parsed).filter((key) => !key.startsWith('?') && key !== '#text') : [];
  const [key] = names;
  if (!isNode(parsed) || key === undefined || names.length > 1) throw bad('xml', 'it has no single root element');
  const found = own(parsed, key);
  const node: unknown = Array.isArray(found) ? found[0] : found;
  const [prefix, name] = key.includes(':')
    ? [key.slice(0, key.indexOf(':') + 1), key.slice(key.indexOf(':') + 1)]
    : ['', key];
  const said = isNode(node) ? own(node, prefix === '' ? '@xmlns' : `@xmlns:${prefix.slice(0, -1)}`) : undefined;
  return element(node, name, prefix, typeof said === 'string' ? said.trim() : '', `/${name}`);
}
