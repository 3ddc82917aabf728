/** Which patrol to which incident, so that the least harm is to be expected. Pure: runs in a thread of its own, see solver.ts. */
import { munkres } from 'munkres';
import type { LonLat } from '../../shared/geo.ts';
import { expectedHarm, type HarmRules } from '../../shared/harm.ts';
import type { Priority } from '../../shared/incidents.ts';
import { endsTooSoon } from './fit.ts';
import { estimateTable, type Pace } from './router-estimate.ts';

export interface Case {
  place: LonLat;
  pace: Pace;
  /** minutes until danger */
  clockMin: number;
  priority: Priority;
  people: number;
  /** row of `rules` and of `penalties` */
  field: number;
  kind: number;
}
export interface Unit {
  place: LonLat;
  /** has no vehicle */
  walks: boolean;
  /** column of `penalties` */
  kind: number;
  /** seconds */
  shiftEndsInS: number | null;
}
export interface Terms {
  harm: HarmRules;
  /** minutes that a shift which ends too soon counts for */
  shiftEndMin: number;
  /** seconds that a crew is needed after it has come */
  jobS: number;
  /** minutes until a crew that is sent now is free again */
  againMin: number;
}
/** Cases and units in the order of their ids: the answer then depends on nothing but what is asked. */
export interface Question {
  cases: readonly Case[];
  units: readonly Unit[];
  /** by station */
  rules: readonly Terms[];
  /** minutes for what each kind of unit lacks for each kind of case, before the shift's end; NaN: it cannot go there */
  penalties: readonly (readonly number[])[];
  /** cases in the order of danger: whom nearest-first serves first */
  danger: readonly number[];
  /** seconds of each pair, units x cases, NaN where it knows no road; null: all estimated */
  seconds: Float64Array<ArrayBuffer> | null;
}
/** What is done for one case. */
export interface Choice {
  /** null: nobody */
  unit: number | null;
  etaS: number;
  harm: number;
}
export interface Solution {
  /** one for each case */
  plan: Choice[];
  nearestFirst: Choice[];
  /** the unit with the shortest way to each case; null when none can go */
  nearest: (number | null)[];
  totals: { plan: number; nearestFirst: number };
}

const sum = (choices: readonly Choice[]): number => choices.reduce((total, { harm }) => total + harm, 0);
/** Far below any difference that matters: where nothing else decides, somebody comes rather than nobody. */
const SOMEBODY = 1e-9;

/** A question with the seconds of each pair, units x cases, worked out; NaN where the unit cannot go. */
interface Table {
  asked: Question;
  seconds: Float64Array;
}
const termsOf = ({ rules }: Question, { field }: Case): Terms => {
  const terms = rules[field];
  if (terms === undefined) throw new Error('a case has no rules');
  return terms;
};

/** The unit with the shortest way to a case, of those that can go and are not taken. */
function nearestTo({ asked, seconds }: Table, x: number, taken?: Uint8Array): number | null {
  const width = asked.cases.length;
  let [best, least] = [-1, Infinity];
  for (let y = 0; y < asked.units.length; y += 1) {
    const etaS = seconds[y * width + x] ?? NaN;
    // never so for NaN
    if (etaS < least && taken?.[y] !== 1) [best, least] = [y, etaS];
  }
  return best < 0 ? null : best;
}

/**
 * Nobody is sent now: somebody comes who has done another job first, wherever that was, so the way from there is taken as the
 * median of the shortest ones. All the harm there can be where none can go.
 */
function waitingFor({ asked, seconds }: Table, nearest: readonly (number | null)[]): Choice[] {
  const width = asked.cases.length;
  const ways = nearest.flatMap((y, x) => (y === null ? [] : (seconds[y * width + x] ?? 0))).sort((a, b) => a - b);
  const typicalS = ways[Math.floor(ways.length / 2)] ?? 0;
  return asked.cases.map((one, x) => {
    const { harm, againMin } = termsOf(asked, one);
    const minutes = nearest[x] === null ? Infinity : typicalS / 60 + againMin;
    return { unit: null, etaS: 0, harm: expectedHarm(one.clockMin, minutes, one, harm) };
  });
}

/** Harm of each pair, units x cases; never more than that of waiting, for whoever is free sooner can still be sent instead. */
function harms({ asked, seconds }: Table, waiting: readonly Choice[]): Float64Array {
  const { cases, units, penalties } = asked;
  const all = new Float64Array(seconds.length);
  const columns = cases.map((one, x) => ({
    one,
    terms: termsOf(asked, one),
    lacks: penalties[one.kind] ?? [],
    most: waiting[x]?.harm ?? 0,
  }));
  units.forEach(({ kind, shiftEndsInS }, y) => {
    const start = y * cases.length;
    columns.forEach(({ one, terms, lacks, most }, x) => {
      const etaS = seconds[start + x] ?? NaN;
      const late = endsTooSoon(shiftEndsInS, etaS, terms.jobS) ? terms.shiftEndMin : 0;
      all[start + x] = Math.min(
        most,
        expectedHarm(one.clockMin, etaS / 60 + (lacks[kind] ?? 0) + late, one, terms.harm),
      );
    });
  });
  return all;
}

/**
 * The solver's matrix. A pair that cannot be costs a little more than nobody. Where units are scarce what counts is what each
 * pair saves against waiting; where every case gets one, that takes the same off every way there is, and without it the solver
 * is ten times faster.
 */
function costs({ asked }: Table, harm: Float64Array, waiting: readonly Choice[]): Float64Array[] {
  const width = asked.cases.length;
  const all = new Float64Array(harm.length);
  const nobody = Float64Array.from(waiting.map((each) => each.harm));
  const scarce = asked.units.length < width;
  return asked.units.map((_, y) => {
    const row = all.subarray(y * width, (y + 1) * width);
    for (let x = 0; x < width; x += 1) {
      const [pair, alone] = [harm[y * width + x] ?? NaN, nobody[x] ?? 0];
      row[x] = (Number.isNaN(pair) ? alone + SOMEBODY : pair) - (scarce ? alone : 0);
    }
    return row;
  });
}

/**
 * Least harm in total, with at most one unit for a case and one case for a unit. What a unit lacks counts as so many minutes
 * more until it helps. Whoever stays without one waits until a unit is free again, so scarce units go where they save most.
 * Never worse than sending the nearest to each in the order of danger. Ties go by the order of the ids.
 */
export function assign(asked: Question): Solution {
  const { cases, units, danger } = asked;
  const width = cases.length;
  const table: Table = { asked, seconds: travel(asked) };
  const nearest = cases.map((_, x) => nearestTo(table, x));
  const waiting = waitingFor(table, nearest);
  const harm = harms(table, waiting);
  const choice = (y: number, x: number): Choice => ({
    unit: y,
    etaS: table.seconds[y * width + x] ?? 0,
    harm: harm[y * width + x] ?? 0,
  });

  const nearestFirst = [...waiting];
  const taken = new Uint8Array(units.length);
  for (const x of danger) {
    const y = nearestTo(table, x, taken);
    if (y === null) continue;
    taken[y] = 1;
    nearestFirst[x] = choice(y, x);
  }

  const plan = [...waiting];
  if (units.length > 0 && width > 0)
    for (const [y, x] of munkres(costs(table, harm, waiting)))
      if (!Number.isNaN(harm[y * width + x])) plan[x] = choice(y, x);
  const best = sum(plan) <= sum(nearestFirst) ? plan : nearestFirst;
  return { plan: best, nearestFirst, nearest, totals: { plan: sum(best), nearestFirst: sum(nearestFirst) } };
}

/** Whole seconds, at least one, of every pair that can be. */
function travel({ cases, units, penalties, seconds }: Question): Float64Array {
  const estimate = (): Float64Array =>
    estimateTable(
      units.map(({ place }) => place),
      cases.map(({ place }) => place),
      cases.map(({ pace }) => pace),
      units.map(({ walks }) => walks),
    ).seconds;
  const told = seconds ?? estimate();
  const rest = seconds !== null && told.some(Number.isNaN) ? estimate() : told;
  const all = new Float64Array(told.length);
  const lacks = cases.map(({ kind }) => penalties[kind] ?? []);
  units.forEach(({ kind }, y) => {
    for (let cell = y * cases.length, x = 0; x < cases.length; x += 1, cell += 1) {
      const way = told[cell] ?? NaN;
      const known = Number.isNaN(way) ? (rest[cell] ?? NaN) : way;
      all[cell] = Number.isNaN(lacks[x]?.[kind] ?? NaN) ? NaN : Math.max(1, Math.ceil(known));
    }
  });
  return all;
}
