/** The cold clock's rules as they hold at each station of the desk's area. */
import { type ColdLimits, type ColdRules, coldRulesFrom } from '../../shared/cold-clock.ts';
import type { RuleRow } from '../../shared/stations.ts';

export type ColdRulesHere = ColdRules & ColdLimits;
/** `path` goes from the root down to the station itself. The same station gets the same object. */
export type ColdRulesAt = (path: readonly string[]) => ColdRulesHere;
/** What of a rule's row says where it holds. */
export type HeldRow = Pick<RuleRow, 'key' | 'stationId' | 'value'>;

/** The nearest row of each rule on a station's path, else the one that holds everywhere. */
export function coldRulesAt(rows: readonly HeldRow[]): ColdRulesAt {
  const known = new Map<string, ColdRulesHere>();
  const work = (path: readonly string[]): ColdRulesHere =>
    coldRulesFrom((key) => {
      let nearest: HeldRow | null = null;
      let depth = -2;
      for (const row of rows) {
        if (row.key !== key) continue;
        const here = row.stationId === null ? -1 : path.indexOf(row.stationId);
        if (row.stationId !== null && here === -1) continue;
        if (here <= depth) continue;
        nearest = row;
        depth = here;
      }
      return nearest?.value;
    });
  return (path) => {
    const station = path.at(-1) ?? '';
    const rules = known.get(station) ?? work(path);
    known.set(station, rules);
    return rules;
  };
}
