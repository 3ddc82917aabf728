/** Rules of the field as they hold at one station, and how each is edited: by its schema. */
import { priorities } from '../../shared/incidents.ts';
import { type RuleKey, ruleKeys, ruleSchemas } from '../../shared/rules.ts';
import { signs } from '../../shared/sightings.ts';
import type { RuleRow, StationRow } from '../../shared/stations.ts';
import { describe } from '../ui/registry.ts';

export interface HeldRule {
  key: RuleKey;
  /** the row whose value holds here */
  row: RuleRow;
  /** this station's own row */
  own: RuleRow | null;
  /** what would hold without it */
  above: RuleRow;
}

/** Every rule as it holds at a station: its own row, else the nearest above, else the default. */
export function rulesAt(station: Pick<StationRow, 'id' | 'path'>, rows: readonly RuleRow[]): HeldRule[] {
  const nearness = (row: RuleRow): number => (row.stationId === null ? -1 : station.path.indexOf(row.stationId));
  return ruleKeys.flatMap((key): HeldRule[] => {
    const mine = rows
      .filter((row) => row.key === key && (row.stationId === null || station.path.includes(row.stationId)))
      .sort((a, b) => nearness(b) - nearness(a));
    const own = mine.find((row) => row.stationId === station.id) ?? null;
    const above = mine.find((row) => row !== own);
    const row = own ?? above;
    return row && above ? [{ key, row, own, above }] : [];
  });
}

/** Rules with the same first word belong together. */
export const groupOf = (key: RuleKey): string => key.split('.')[0] ?? key;
export const groups: readonly string[] = [...new Set(ruleKeys.map(groupOf))];

/** One value of an editor with several: a number within limits, one of some names (or yes and no), or words; null, where it may be, is whatever it is. */
export type Cell = { key: string } & (
  | { kind: 'number'; least: number; most: number; whole: boolean }
  | { kind: 'choice'; choices: readonly string[]; nullable: boolean }
  | { kind: 'flag'; nullable: boolean }
  | { kind: 'text'; nullable: boolean; most: number; pattern: string | undefined }
);
export type Editor =
  | { kind: 'number'; least: number; most: number; whole: boolean }
  | { kind: 'set'; choices: readonly string[] }
  /** one number for each name */
  | { kind: 'fields'; cells: readonly Cell[] }
  /** rows with the same columns */
  | { kind: 'table'; cells: readonly Cell[]; least: number; most: number };

interface Described {
  type?: string;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  maxLength?: number;
  pattern?: string;
  enum?: string[];
  anyOf?: Described[];
  items?: Described;
  properties?: Record<string, Described>;
}
const isNumber = ({ type }: Described): boolean => type === 'number' || type === 'integer';
const numberOf = ({ type, minimum = 0, maximum = 0 }: Described) =>
  ({ kind: 'number', least: minimum, most: maximum, whole: type === 'integer' }) as const;

function cellOf([key, schema]: [string, Described]): Cell {
  const inner = schema.anyOf?.find(({ type }) => type !== 'null') ?? schema;
  const nullable = schema.anyOf !== undefined;
  if (isNumber(inner)) return { key, ...numberOf(inner) };
  if (inner.enum) return { key, kind: 'choice', choices: inner.enum, nullable };
  if (inner.type === 'boolean') return { key, kind: 'flag', nullable };
  return {
    key,
    kind: 'text',
    nullable,
    most: inner.maxLength ?? 40,
    pattern: inner.pattern,
  };
}
const cellsOf = ({ properties = {} }: Described): Cell[] => Object.entries(properties).map(cellOf);

/** How the values of a rule are edited. */
export function editorOf(key: RuleKey): Editor {
  const schema = describe(ruleSchemas[key]) as Described;
  if (isNumber(schema)) return numberOf(schema);
  if (schema.type === 'object') return { kind: 'fields', cells: cellsOf(schema) };
  if (schema.items?.properties)
    return { kind: 'table', cells: cellsOf(schema.items), least: schema.minItems ?? 0, most: schema.maxItems ?? 0 };
  return { kind: 'set', choices: schema.items?.enum ?? [] };
}
/** What a new row of a table begins with. */
export const emptyRow = (cells: readonly Cell[]): Record<string, unknown> =>
  Object.fromEntries(
    cells.map((cell): [string, unknown] => {
      if (cell.kind === 'number' || cell.nullable) return [cell.key, null];
      if (cell.kind === 'flag') return [cell.key, false];
      return [cell.key, cell.kind === 'choice' ? (cell.choices[0] ?? '') : ''];
    }),
  );

/** Where the words of a set's members are. */
export const memberWords = (key: RuleKey): string => (groupOf(key) === 'signs' ? 'sign.' : 'role.');
/** Where the words of a choice's values are. */
const choiceWords: Readonly<Record<string, string>> = {
  service: 'emergency.',
  sign: 'sign.',
  priority: 'priority.',
  rung: 'rung.',
  level: 'plan.level.',
  stage: 'aid.stage.',
  path: 'handover.path.',
  due: 'due.',
  kind: 'item.kind.',
  place: 'store.',
};
export const choiceWord = (cell: string, choice: string): string => (choiceWords[cell] ?? 'rule.choice.') + choice;
/** The key of the words that head a column, or name one number of several. */
export function cellWord(kind: 'fields' | 'table', cell: string): string {
  if (kind === 'table') return `rule.column.${cell}`;
  if ((signs as readonly string[]).includes(cell)) return `sign.${cell}`;
  if ((priorities as readonly string[]).includes(cell)) return `priority.${cell}`;
  return `rule.field.${cell}`;
}
