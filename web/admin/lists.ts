/** Lists of the service as the parts of the page need them: page by page to be read, or whole to be chosen from. */
import { onScopeDispose, type ShallowRef, shallowRef } from 'vue';
import type { Endpoint } from '../../shared/contract.ts';
import { listVehicles } from '../../shared/patrols.ts';
import { listShelters } from '../../shared/shelters.ts';
import { listStations } from '../../shared/stations.ts';
import { listItems } from '../../shared/supplies.ts';
import { outgoing, send } from '../live/call.ts';
import type { Row, Source } from '../ui/registry.ts';

/** A call of any endpoint; the form of its answer is the endpoint's promise. */
export async function ask<T>(
  endpoint: Endpoint,
  input: Record<string, unknown> = {},
  signal?: AbortSignal,
): Promise<T> {
  return (await send(outgoing(endpoint, input), signal)).body as T;
}
interface Page {
  items: Row[];
  nextCursor: string | null;
}
/** Rows of one page: enough for most cities, little enough for a slow line. */
const PAGE = 100;
/** The most the service gives at once. */
const MOST = 500;

export interface Rows {
  rows: Readonly<ShallowRef<readonly Row[]>>;
  loading: Readonly<ShallowRef<boolean>>;
  error: Readonly<ShallowRef<unknown>>;
  /** whether the first page is there */
  ready: Readonly<ShallowRef<boolean>>;
  hasMore: Readonly<ShallowRef<boolean>>;
  more: () => Promise<void>;
  /** Everything that is left, to be searched. */
  rest: () => Promise<void>;
  again: () => Promise<void>;
  /** Puts a row that was made or changed here into the list. */
  put: (row: Row) => void;
  drop: (id: string) => void;
}

/** A list, its first page at once. */
export function useRows(endpoint: Endpoint): Rows {
  const rows = shallowRef<readonly Row[]>([]);
  const loading = shallowRef(false);
  const error = shallowRef<unknown>(null);
  const ready = shallowRef(false);
  const hasMore = shallowRef(false);
  const abort = new AbortController();
  let cursor: string | null = null;

  async function load(limit: number): Promise<void> {
    if (loading.value) return;
    loading.value = true;
    error.value = null;
    try {
      const query = { limit: String(limit), ...(cursor === null ? {} : { cursor }) };
      const page = await ask<Page>(endpoint, { query }, abort.signal);
      const fresh = new Set(page.items.map(({ id }) => id));
      rows.value = [...(cursor === null ? [] : rows.value.filter(({ id }) => !fresh.has(id))), ...page.items];
      cursor = page.nextCursor;
      hasMore.value = cursor !== null;
      ready.value = true;
    } catch (problem) {
      if (!abort.signal.aborted) error.value = problem;
    } finally {
      loading.value = false;
    }
  }
  onScopeDispose(() => abort.abort());
  void load(PAGE);
  return {
    rows,
    loading,
    error,
    ready,
    hasMore,
    more: () => load(PAGE),
    rest: async () => {
      while (hasMore.value && error.value === null && !abort.signal.aborted) await load(MOST);
    },
    again: () => {
      cursor = null;
      return load(PAGE);
    },
    put: (row) => {
      const known = rows.value.some(({ id }) => id === row.id);
      rows.value = known ? rows.value.map((each) => (each.id === row.id ? row : each)) : [row, ...rows.value];
    },
    drop: (id) => {
      rows.value = rows.value.filter((row) => row.id !== id);
    },
  };
}

const endpoints: Record<Source, Endpoint> = {
  stations: listStations,
  shelters: listShelters,
  vehicles: listVehicles,
  items: listItems,
};
const whole: Partial<Record<Source, ShallowRef<readonly Row[] | null>>> = {};

/** All rows of a list; null until they are there. */
export async function everyRow(endpoint: Endpoint): Promise<readonly Row[]> {
  const all: Row[] = [];
  let cursor: string | null = null;
  do {
    const query: Record<string, string> = { limit: String(MOST), ...(cursor === null ? {} : { cursor }) };
    const page: Page = await ask<Page>(endpoint, { query });
    all.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return all;
}
/** The name of the row with this id; '' while it is not known. */
export function nameIn(rows: readonly Row[] | null, id: unknown): string {
  const name = rows?.find((row) => row.id === id)?.['name'];
  return typeof name === 'string' ? name : '';
}
/** A row within its tree, so that two of the same name can be told apart. */
export function labelIn(row: Row): string {
  const depth = Array.isArray(row['path']) ? row['path'].length - 1 : 0;
  return '\u2003'.repeat(depth) + (typeof row['name'] === 'string' ? row['name'] : row.id);
}
/** Rows of a tree with each below its parent; others as they are. */
function inTreeOrder(rows: readonly Row[]): readonly Row[] {
  const names = new Map(rows.map(({ id, name }) => [id, typeof name === 'string' ? name : '']));
  const keyOf = ({ path }: Row): string =>
    Array.isArray(path) ? path.map((id: string) => `${names.get(id) ?? ''} ${id}`).join('\u0000') : '';
  const keys = new Map(rows.map((row) => [row.id, keyOf(row)]));
  return [...rows].sort((a, b) => ((keys.get(a.id) ?? '') < (keys.get(b.id) ?? '') ? -1 : 1));
}
/** Loads a list that fields point into again, once somebody has looked at it. */
export async function refresh(source: Source): Promise<void> {
  const known = whole[source];
  if (!known) return;
  const rows = await everyRow(endpoints[source]);
  known.value = source === 'stations' ? inTreeOrder(rows) : rows;
}
/** All rows that a field can point to, loaded once for the page; null until they are there. */
export function choicesOf(source: Source): Readonly<ShallowRef<readonly Row[] | null>> {
  const known = whole[source];
  if (known) return known;
  const made = shallowRef<readonly Row[] | null>(null);
  whole[source] = made;
  refresh(source).catch(() => {
    // without it a field shows ids; the next visit asks again
    delete whole[source];
    made.value = [];
  });
  return made;
}
