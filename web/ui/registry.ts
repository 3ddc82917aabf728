/**
 * A kind of thing a city keeps a list of (vehicles, shelters, people ...), described once: the admin page makes list, form
 * and help from it. Limits, choices and what is required are not repeated here: they are read from the endpoints' schemas.
 */
import * as z from 'zod/mini';
import type { Endpoint } from '../../shared/contract.ts';
import type { LonLat } from '../../shared/geo.ts';
import type { OpeningWindow } from '../../shared/opening.ts';
import type { IconName } from './icons.ts';

/** Lists that a field can point into. */
export type Source = 'stations' | 'shelters' | 'vehicles' | 'items';

export type Kind =
  | {
      kind:
        | 'text'
        | 'long'
        | 'number'
        | 'check'
        | 'point'
        | 'tags'
        | 'skills'
        | 'day'
        | 'secret'
        | 'moment'
        | 'age'
        | 'percent'
        | 'opening';
    }
  /** one of the schema's values; its words are under `word` + value */
  | { kind: 'choice'; word: string }
  /** any of the schema's values, with words like a choice's */
  | { kind: 'choices'; word: string }
  /** the time zones a browser knows, and any other that is typed */
  | { kind: 'zone' }
  /** the id of another row */
  | { kind: 'pick'; from: Source }
  /** a number for each of the schema's keys; their words are under `word` + key */
  | { kind: 'counts'; word: string }
  /** items and how many of each; a form holds it as item id -> quantity */
  | { kind: 'lines' };

/** A field's words are `field.<noun>.<key>`, or `field.<key>` where all nouns mean the same by it; what it is for is under the same key + `.about`. */
export type Field = Kind & {
  key: string;
  /** its value in a row, where that is not what the calls take under its key */
  of?: (row: Row) => unknown;
  /** only shown; a form asks for every other field that its call takes */
  shown?: true;
  /** what a new one begins with */
  begins?: string | number | boolean;
  /** asked for only when another field has one of these values */
  when?: { key: string; is: readonly string[] };
};

export interface Registry {
  /** its place in the address and in the words: `admin.<noun>`, `.about`, `.add`, `.empty` */
  noun: string;
  icon: IconName;
  list: Endpoint;
  /** null: new ones come another way */
  create: Endpoint | null;
  update: Endpoint | null;
  /** the first one names the row */
  fields: readonly [Field, ...Field[]];
  /** keys of the fields that the list shows after the name */
  columns: readonly string[];
}

export type Row = Record<string, unknown> & { id: string; version: number };
/** What a form holds of a field: '' is nothing for text and numbers. */
export type Value =
  | string
  | number
  | boolean
  | null
  | LonLat
  | readonly string[]
  | readonly OpeningWindow[]
  | Readonly<Record<string, number>>;
/** What a row says of a field. */
export const valueOf = (field: Field, row: Row): unknown => (field.of ? field.of(row) : row[field.key]);
export type Draft = Readonly<Record<string, Value>>;

export interface Limits {
  required: boolean;
  nullable: boolean;
  minLength: number | undefined;
  maxLength: number | undefined;
  minimum: number | undefined;
  maximum: number | undefined;
  whole: boolean;
  choices: readonly string[];
  keys: readonly string[];
}
interface Described {
  type?: string;
  anyOf?: Described[];
  properties?: Record<string, Described>;
  required?: string[];
  enum?: string[];
  items?: Described;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
}

const described = new WeakMap<object, Described>();
/** A schema as JSON Schema says it. */
export function describe(schema: z.ZodMiniType): Described {
  const known = described.get(schema);
  if (known) return known;
  const made = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Described;
  described.set(schema, made);
  return made;
}

/** What the schema of a call's body says of one of its fields; null when the call does not take it. */
export function limitsOf(endpoint: Endpoint | null, key: string): Limits | null {
  const body = endpoint?.body ? describe(endpoint.body) : null;
  const found = body?.properties?.[key];
  if (!body || !found) return null;
  const inner = found.anyOf?.find(({ type }) => type !== 'null') ?? found;
  return {
    required: body.required?.includes(key) === true,
    nullable: found.anyOf?.some(({ type }) => type === 'null') === true,
    minLength: inner.minLength,
    maxLength: inner.maxLength,
    minimum: inner.minimum,
    maximum: inner.maximum,
    whole: inner.type === 'integer',
    choices: inner.enum ?? inner.items?.enum ?? [],
    keys: Object.keys(inner.properties ?? {}),
  };
}
