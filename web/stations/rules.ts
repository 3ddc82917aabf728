/** Rules of the field as they hold at one station, and how each is edited: by its schema. */
import { type RuleKey, ruleKeys, ruleSchemas } from '../../shared/rules.ts';
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

export type Editor =
  | { kind: 'number'; least: number; most: number; whole: boolean }
  | { kind: 'set'; choices: readonly string[] }
  | { kind: 'numbers'; services: readonly string[]; most: number };

interface Described {
  type?: string;
  minimum?: number;
  maximum?: number;
  maxItems?: number;
  items?: { enum?: string[]; properties?: { service?: { enum?: string[] } } };
}
/** How the values of a rule are edited. */
export function editorOf(key: RuleKey): Editor {
  const schema = describe(ruleSchemas[key]) as Described;
  if (schema.type === 'number' || schema.type === 'integer')
    return { kind: 'number', least: schema.minimum ?? 0, most: schema.maximum ?? 0, whole: schema.type === 'integer' };
  const services = schema.items?.properties?.service?.enum;
  return services === undefined
    ? { kind: 'set', choices: schema.items?.enum ?? [] }
    : { kind: 'numbers', services, most: schema.maxItems ?? 0 };
}
/** Where the words of a set's members are. */
export const memberWords = (key: RuleKey): string => (groupOf(key) === 'signs' ? 'sign.' : 'role.');
