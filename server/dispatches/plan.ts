/** The plan for all: one open incident per free patrol, with the least expected harm. Reads and sends nothing. */
import type { Knex } from 'knex';
import type { ColdClock } from '../../shared/cold-clock.ts';
import type { AssignmentRow, PlanReply } from '../../shared/dispatches.ts';
import type { LonLat } from '../../shared/geo.ts';
import { awaitsClosing, byUrgency, type IncidentRow, isResting } from '../../shared/incidents.ts';
import { fieldProblem } from '../../shared/problems.ts';
import { incidentRows } from '../incidents/queries.ts';
import { liveShelters, shelterViews } from '../shelters/queries.ts';
import type { Case, Question, Solution, Unit } from './assign.ts';
import { fit, type Need, needOf } from './fit.ts';
import { type Field, fieldsOf, fitRules, harmRules, paceIn } from './queries-field.ts';
import { areaNames, type PlannedPatrol, plannedIncidents, plannedPatrols } from './queries-plan.ts';
import type { Routing } from './routing.ts';
import type { Solver } from './solver.ts';

type Db = Knex | Knex.Transaction;

export interface PlanParts {
  routing: Pick<Routing, 'ask'>;
  solver: Pick<Solver, 'solve'>;
  clocks: (
    db: Db,
    scope: string,
    rows: readonly IncidentRow[],
    now: Date,
  ) => Promise<ReadonlyMap<string, Pick<ColdClock, 'minutes'>>>;
}
export interface PlanWish {
  incidentIds?: readonly string[] | undefined;
  patrolIds?: readonly string[] | undefined;
}

/** More are not planned for at once: the least endangered wait for the next plan. */
const MOST = 2_000;

type Placed = IncidentRow & { position: NonNullable<IncidentRow['position']> };
type Located = PlannedPatrol & { lon: number; lat: number };

/** Why nothing can be planned for an incident that was asked about; null when it can. */
function outOfPlan(row: IncidentRow): string | null {
  if (row.status === 'closed') return 'closed';
  if (row.patrolIds.length > 0) return 'has_patrol';
  if (awaitsClosing(row)) return 'awaits_closing';
  if (isResting(row)) return 'rests';
  return row.position === null ? 'no_place' : null;
}

/** Numbers for equal things, in the order they are met, and one of each. */
function kindsOf<T, K>(all: readonly T[], trait: (one: T) => K): { of: number[]; kinds: K[] } {
  const known = new Map<string, number>();
  const kinds: K[] = [];
  const of = all.map((one) => {
    const its = trait(one);
    const key = JSON.stringify(its);
    const seen = known.get(key);
    if (seen !== undefined) return seen;
    known.set(key, kinds.length);
    return kinds.push(its) - 1;
  });
  return { of, kinds };
}

interface Board {
  incidents: readonly Placed[];
  patrols: readonly Located[];
  clocks: ReadonlyMap<string, Pick<ColdClock, 'minutes'>>;
  fields: ReadonlyMap<string, Field>;
  areas: ReadonlyMap<string, string>;
}
const fieldOf = (board: Board, stationId: string): Field => {
  const field = board.fields.get(stationId);
  if (!field) throw new Error('a station has no rules');
  return field;
};
const needAt = (board: Board, row: IncidentRow): Need =>
  needOf(row, fieldOf(board, row.stationId).rules['dispatch.fit']);
const minutesOf = (board: Pick<Board, 'clocks'>, id: string): number => board.clocks.get(id)?.minutes ?? 0;

/** Everything the solver needs, and nothing that tells who they are. */
function questionOf(board: Board, danger: readonly number[], seconds: Question['seconds'], now: Date): Question {
  const { incidents, patrols } = board;
  const stations = [...new Set(incidents.map(({ stationId }) => stationId))];
  const kinds = kindsOf(incidents, (row) => ({ stationId: row.stationId, need: needAt(board, row) }));
  const units = kindsOf(patrols, ({ stationId, spareSeats, skills, supplies }) => ({
    stationId,
    crew: { spareSeats, skills, supplies, shiftEndsInS: null },
  }));
  return {
    cases: incidents.map((row, n): Case => {
      const field = fieldOf(board, row.stationId);
      return {
        place: row.position.coordinates,
        pace: paceIn(field, board.areas.get(row.areaId ?? '') ?? null, now),
        clockMin: minutesOf(board, row.id),
        priority: row.priority,
        people: row.people,
        field: stations.indexOf(row.stationId),
        kind: kinds.of[n] ?? 0,
      };
    }),
    units: patrols.map(({ lon, lat, shiftEndsInS, spareSeats }, n): Unit => ({
      place: [lon, lat],
      walks: spareSeats === null,
      kind: units.of[n] ?? 0,
      shiftEndsInS,
    })),
    rules: stations.map((id) => {
      const field = fieldOf(board, id);
      const { penalties, jobS } = fitRules(field);
      const { on_scene: onScene, transporting } = field.rules['dispatch.soon_free'];
      return { harm: harmRules(field), shiftEndMin: penalties.shift_end, jobS, againMin: onScene + transporting };
    }),
    // a crew of a station that is not above the incident's would never hear of it
    penalties: kinds.kinds.map(({ stationId, need }) => {
      const field = fieldOf(board, stationId);
      return units.kinds.map((unit) =>
        field.path.includes(unit.stationId) ? fit(need, unit.crew, null, fitRules(field)).penaltyMin : NaN,
      );
    }),
    danger,
    seconds,
  };
}

/** Those in most danger first. */
function assignmentsOf(board: Board, danger: readonly number[], { plan, nearest }: Solution): AssignmentRow[] {
  return danger.flatMap((n): AssignmentRow[] => {
    const { unit = null, etaS = 0, harm = 0 } = plan[n] ?? {};
    const row = board.incidents[n];
    const patrol = board.patrols[unit ?? -1];
    if (row === undefined || patrol === undefined) return [];
    const field = fieldOf(board, row.stationId);
    const old = (patrol.fixAgeS ?? 0) > field.rules['positions.stale'];
    const reasons = [
      nearest[n] === unit ? 'nearest' : 'free',
      ...(old ? ['stale_position'] : []),
      ...fit(needAt(board, row), patrol, etaS, fitRules(field)).reasons,
    ];
    return [{ incidentId: row.id, patrolId: patrol.id, etaS, reasons, harm, clockMin: minutesOf(board, row.id) }];
  });
}

/** Why an incident of the plan stays without a patrol; one that was too many for it has no place in the answer. */
const whyNobody = (nearest: Solution['nearest'], at: number | undefined): string =>
  at === undefined ? 'beyond' : nearest[at] === null ? 'no_reach' : 'nobody_left';

/** Where nearest-first would have done otherwise, with what the plan saves there; greatest first, below zero where it gives way. */
function differencesOf(board: Board, { plan, nearestFirst }: Solution): PlanReply['differences'] {
  return board.incidents
    .flatMap((row, n) => {
      const [ours, theirs] = [plan[n], nearestFirst[n]];
      if (!ours || !theirs || ours.unit === theirs.unit) return [];
      return [
        {
          incidentId: row.id,
          patrolId: board.patrols[ours.unit ?? -1]?.id ?? null,
          nearestPatrolId: board.patrols[theirs.unit ?? -1]?.id ?? null,
          saved: theirs.harm - ours.harm,
        },
      ];
    })
    .sort((a, b) => b.saved - a.saved || a.incidentId.localeCompare(b.incidentId));
}

/** Beds that are free in the subtree at a time: by then a hold that nobody came for has run out. */
async function freeBeds(db: Db, scope: string, at: Date): Promise<number> {
  const open = (await liveShelters(db, scope)).filter(({ status }) => status === 'open');
  return (await shelterViews(db, open, at)).reduce((total, { available }) => total + available.total, 0);
}

/** Throws invalid (/incidentIds, /patrolIds) for what is not there or out of scope, and unavailable when the solver takes too long. */
export async function planFor(db: Db, scope: string, wish: PlanWish, now: Date, parts: PlanParts): Promise<PlanReply> {
  const wanted = wish.incidentIds === undefined ? null : [...new Set(wish.incidentIds)];
  const asked = wish.patrolIds === undefined ? null : [...new Set(wish.patrolIds)];
  const [ids, out] = await Promise.all([plannedIncidents(db, scope, wanted), plannedPatrols(db, scope, asked, now)]);
  if (wanted !== null && ids.length < wanted.length)
    throw fieldProblem('/incidentIds', 'not_found', 'no such incident', 'not_found');
  if (asked !== null && out.length < asked.length)
    throw fieldProblem('/patrolIds', 'not_found', 'no such patrol', 'not_found');
  const rows = await incidentRows(db, ids);
  const unassigned = rows.flatMap((row) => {
    const reason = outOfPlan(row);
    return reason === null ? [] : [{ incidentId: row.id, reason }];
  });
  const all = rows.filter((row): row is Placed => outOfPlan(row) === null);
  const [clocks, fields, areas] = await Promise.all([
    parts.clocks(db, scope, all, now),
    fieldsOf(db, [...new Set(all.map(({ stationId }) => stationId))]),
    areaNames(db, [...new Set(all.flatMap(({ areaId }) => areaId ?? []))]),
  ]);
  const endangered = [...all].sort(
    (a, b) => minutesOf({ clocks }, a.id) - minutesOf({ clocks }, b.id) || byUrgency(a, b),
  );
  const chosen = new Set(endangered.slice(0, MOST));
  const incidents = all.filter((row) => chosen.has(row));
  const at = new Map(incidents.map((row, n) => [row, n]));
  const danger = endangered.flatMap((row) => at.get(row) ?? []);
  const patrols = out
    .filter((patrol): patrol is Located => patrol.status === 'free' && patrol.lon !== null && patrol.lat !== null)
    .slice(0, MOST);
  const board: Board = { incidents, patrols, clocks, fields, areas };
  const { travel, router } = await parts.routing.ask(
    patrols.map(({ lon, lat }): LonLat => [lon, lat]),
    incidents.map(({ position }) => position.coordinates),
    patrols.map(({ spareSeats }) => spareSeats === null),
  );
  const solution = await parts.solver.solve(questionOf(board, danger, travel?.seconds ?? null, now));
  const assignments = assignmentsOf(board, danger, solution);
  const last = Math.max(0, ...assignments.map(({ etaS }) => etaS));
  const served = new Set(assignments.map(({ incidentId }) => incidentId));
  return {
    assignments,
    unassigned: [
      ...endangered
        .filter(({ id }) => !served.has(id))
        .map((row) => ({ incidentId: row.id, reason: whyNobody(solution.nearest, at.get(row)) })),
      ...unassigned,
    ],
    totals: solution.totals,
    differences: differencesOf(board, solution),
    beds: {
      free: await freeBeds(db, scope, new Date(now.getTime() + last * 1000)),
      people: incidents.filter(({ id }) => served.has(id)).reduce((people, row) => people + row.people, 0),
    },
    router,
    madeAt: now.toISOString(),
  };
}
