/** The cold clock's rules as they hold at each station of the desk's area. */
import { type ColdLimits, type ColdRules, coldRulesFrom } from '../../shared/cold-clock.ts';
import type { RuleKey } from '../../shared/rules.ts';
import type { RuleRow } from '../../shared/stations.ts';

export type ColdRulesHere = ColdRules & ColdLimits;
/** `path` goes from the root down to the station itself. The same station gets the same object. */
export type ColdRulesAt = (path: readonly string[]) => ColdRulesHere;

/** Until the rules have come, and for those a server does not have: the values the service comes with. */
const usual = {
  'cold.endurance': [
    { feltC: 15, minutes: 1440 },
    { feltC: 10, minutes: 720 },
    { feltC: 5, minutes: 420 },
    { feltC: 0, minutes: 240 },
    { feltC: -10, minutes: 120 },
    { feltC: -20, minutes: 60 },
    { feltC: -28, minutes: 30 },
    { feltC: -40, minutes: 10 },
    { feltC: -48, minutes: 5 },
    { feltC: -55, minutes: 2 },
  ],
  'cold.signs': {
    unresponsive: 0.1,
    confused: 0.2,
    injured: 0.4,
    child: 0.5,
    elderly: 0.6,
    pregnant: 0.7,
    no_shoes: 0.7,
    no_blanket: 0.7,
    wet: 0.3,
  },
  'cold.at_most': [
    { sign: 'unresponsive', minutes: 0 },
    { sign: 'confused', minutes: 10 },
    { sign: 'injured', minutes: 45 },
  ],
  'cold.precipitation': { rain: 0.5, sleet: 0.5, snow: 0.8 },
  'cold.answers': { spoken: 1.2, declined: 1.2, gone: 2, confirmed: 0.9, refused: 1.2 },
  'cold.unknown': { life_risk: 15, urgent: 90, normal: 240 },
  'weather.stale': 3,
  'cold.danger': 30,
  'cold.soon': 120,
} satisfies Partial<Record<RuleKey, unknown>>;
export const usualColdRules: ColdRulesHere = coldRulesFrom((key) => (usual as Partial<Record<RuleKey, unknown>>)[key]);
export const usualColdRulesAt: ColdRulesAt = () => usualColdRules;

/** The nearest row of each rule on a station's path, else the default, else the usual value. */
export function coldRulesAt(rows: readonly RuleRow[]): ColdRulesAt {
  const known = new Map<string, ColdRulesHere>();
  const work = (path: readonly string[]): ColdRulesHere =>
    coldRulesFrom((key) => {
      let nearest: RuleRow | null = null;
      let depth = -2;
      for (const row of rows) {
        if (row.key !== key) continue;
        const here = row.stationId === null ? -1 : path.indexOf(row.stationId);
        if (row.stationId !== null && here === -1) continue;
        if (here <= depth) continue;
        nearest = row;
        depth = here;
      }
      return nearest?.value ?? (usual as Partial<Record<RuleKey, unknown>>)[key];
    });
  return (path) => {
    const station = path.at(-1) ?? '';
    const rules = known.get(station) ?? work(path);
    known.set(station, rules);
    return rules;
  };
}
