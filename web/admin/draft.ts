/** Between a row, what a form holds of it, and the body of a call. */
import type { Endpoint } from '../../shared/contract.ts';
import type { LonLat } from '../../shared/geo.ts';
import type { OpeningWindow } from '../../shared/opening.ts';
import { type FieldError, fieldErrors } from '../../shared/problems.ts';
import { type Draft, type Field, limitsOf, type Registry, type Row, type Value, valueOf } from '../ui/registry.ts';

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** How each kind of field is read from a row, and what it is in a body; null is nothing. */
const forms: Record<
  Field['kind'],
  { read: (value: unknown, keys: readonly string[]) => Value; write: (value: Value) => unknown }
> = (() => {
  const words = {
    read: text,
    write: (value: Value) => (typeof value === 'string' && value.trim() !== '' ? value : null),
  };
  const list = {
    read: (value: unknown) => (Array.isArray(value) ? value.map(String) : []),
    write: (value: Value) => (Array.isArray(value) ? (value as readonly unknown[]) : []),
  };
  return {
    text: words,
    long: words,
    choice: words,
    zone: words,
    pick: words,
    secret: words,
    moment: words,
    age: words,
    percent: words,
    number: {
      read: (value) => (typeof value === 'number' ? value : ''),
      write: (value) => (typeof value === 'number' ? value : null),
    },
    check: { read: (value) => value === true, write: (value) => value === true },
    point: {
      read: (value) =>
        isRecord(value) && Array.isArray(value['coordinates']) ? (value['coordinates'] as LonLat) : null,
      write: (value) => (Array.isArray(value) ? { type: 'Point', coordinates: value } : null),
    },
    tags: list,
    choices: list,
    opening: {
      read: (value) => (Array.isArray(value) ? (value as OpeningWindow[]) : []),
      write: list.write,
    },
    skills: list,
    counts: {
      read: (value, keys) =>
        Object.fromEntries(
          keys.map((key) => [key, isRecord(value) && typeof value[key] === 'number' ? value[key] : 0]),
        ),
      write: (value) => value,
    },
    lines: {
      read: (value) =>
        Array.isArray(value)
          ? Object.fromEntries(
              (value as { itemId: string; quantity: number }[]).map(({ itemId, quantity }) => [itemId, quantity]),
            )
          : {},
      write: (value) =>
        Object.entries(isRecord(value) ? value : {}).map(([itemId, quantity]) => ({ itemId, quantity })),
    },
    // the whole of the last day counts, by the clock of whoever says so
    day: {
      read: (value) => text(value).slice(0, 10),
      write: (value) =>
        typeof value === 'string' && value !== '' ? new Date(`${value}T23:59:59`).toISOString() : null,
    },
  };
})();

/** Whether a form asks for a field now: when the call takes it, and what it depends on is so. */
export const asked = ({ key, shown, when }: Field, endpoint: Endpoint | null, draft: Draft): boolean =>
  shown !== true &&
  limitsOf(endpoint, key) !== null &&
  (when === undefined || when.is.some((value) => value === draft[when.key]));

/** The form of a row, or of a new one with `preset` already given. */
export function draftOf({ fields, create, update }: Registry, row: Row | null, preset: Draft = {}): Draft {
  return Object.fromEntries(
    fields
      .filter(({ shown }) => shown !== true)
      .map((field) => {
        const { key, kind, begins } = field;
        const keys = (limitsOf(update, key) ?? limitsOf(create, key))?.keys ?? [];
        const given = row ? valueOf(field, row) : (preset[key] ?? begins);
        return [key, row || !(key in preset) ? forms[kind].read(given, keys) : (preset[key] ?? null)];
      }),
  );
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
/** Keys of the fields whose value differs. */
export const changedKeys = (before: Draft, now: Draft): string[] =>
  Object.keys(now).filter((key) => !same(before[key], now[key]));

/** Body of a create: what is empty is left out. */
export function createBody({ fields, create }: Registry, draft: Draft, id: string): Record<string, unknown> {
  const body: Record<string, unknown> = { id };
  for (const field of fields) {
    if (!asked(field, create, draft)) continue;
    const value = forms[field.kind].write(draft[field.key] ?? null);
    if (value !== null) body[field.key] = value;
  }
  return body;
}
/** Body of a change: only what differs, and the version it was made from. */
export function updateBody(
  { fields, update }: Registry,
  before: Draft,
  draft: Draft,
  version: number,
): Record<string, unknown> {
  const changed = new Set(changedKeys(before, draft));
  const body: Record<string, unknown> = { version };
  for (const field of fields) {
    const limits = limitsOf(update, field.key);
    if (!changed.has(field.key) || limits === null) continue;
    if (asked(field, update, draft)) body[field.key] = forms[field.kind].write(draft[field.key] ?? null);
    // what is asked for no longer is taken away: the house of somebody who is no longer its keeper
    else if (limits.nullable) body[field.key] = null;
  }
  return body;
}

/** What the contract finds wrong with a body, before it travels. */
export function bodyErrors(endpoint: Endpoint, body: unknown): FieldError[] {
  const parsed = endpoint.body?.safeParse(body);
  return parsed === undefined || parsed.success ? [] : fieldErrors(parsed.error.issues, body);
}

/** Errors by the field they belong to; '' for those of no field. */
export function errorsByKey(errors: readonly FieldError[], keys: readonly string[]): Map<string, FieldError> {
  const found = new Map<string, FieldError>();
  for (const error of errors) {
    const key = error.path.split('/')[1] ?? '';
    const at = keys.includes(key) ? key : '';
    if (!found.has(at)) found.set(at, error);
  }
  return found;
}
