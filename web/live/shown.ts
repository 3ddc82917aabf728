/** The picture as this phone has it: what the server told, its own newest answers, and what was done here and still waits to be sent. Pure. */
import type * as z from 'zod/mini';
import { type DispatchRow, type DispatchStatus, isEnded, judgeStep, stepDispatch } from '../../shared/dispatches.ts';
import { recordEncounter } from '../../shared/encounters.ts';
import { type Noun, type Nouns, type nouns } from '../../shared/events.ts';
import { loadPatrol, unloadPatrol } from '../../shared/loads.ts';
import { type PatrolRow, startPatrol, updatePatrol } from '../../shared/patrols.ts';
import { type StepRow, updateStep } from '../../shared/plans.ts';
import { takeRecheck } from '../../shared/rechecks.ts';
import { endRun, startRun, visitStop } from '../../shared/rounds.ts';
import { runAfter, runOf, type StopVisit } from '../../shared/run-steps.ts';
import { type BedKind, holdBed, type HoldRow, type PlaceUnit, releaseHold } from '../../shared/shelters.ts';
import { reportSighting, type SightingBody } from '../../shared/sightings.ts';
import { isLive, type State } from '../../shared/state.ts';
import { type Batch, moveSupplies, type Place, type StoreKind, storeKinds } from '../../shared/supplies.ts';
import type { OutboxItem } from './outbox-rules.ts';

/** What of an item the picture goes by. */
export type Made = Pick<OutboxItem, 'endpointName' | 'url' | 'body' | 'state' | 'madeAt'>;
/** Whose phone it is, and what it knows of vehicles. */
export interface Own {
  userId: string;
  stationId: string;
  vehicleName: (id: string) => string | null;
}
export interface Shown {
  state: State;
  /** ids of rows that are as they are shown on this phone only */
  waiting: ReadonlySet<string>;
}
type AnyRow = Nouns[Noun] & { id: string };
/** An answer of the server, kept until the picture has caught up with it. */
export interface Answer {
  noun: Noun;
  row: AnyRow;
}

/** Copies a table the first time it is written to. */
interface Draft {
  readonly state: State;
  put: <N extends Noun>(noun: N, row: Nouns[N] & { id: string }) => void;
  /** marks a row as known to this phone only */
  mark: (id: string) => void;
}
function draftOf(state: State, waiting: Set<string>): Draft {
  const next: Record<string, unknown> = { ...state };
  const copied = new Set<Noun>();
  return {
    state: next as unknown as State,
    put: (noun, row) => {
      if (!copied.has(noun)) next[noun] = { ...state[noun] };
      copied.add(noun);
      const table = next[noun] as Record<string, unknown>;
      if (isLive[noun](row)) table[row.id] = row;
      else delete table[row.id];
    },
    mark: (id) => waiting.add(id),
  };
}

/** The parts of a url's path: /api/shelters/<id>/holds/<holdId>. */
const part = ({ url }: Made, at: number): string => url.split('?')[0]?.split('/').at(at) ?? '';
const iso = (ms: number): string => new Date(ms).toISOString();
/** A wished bed has no end yet: its time begins when the shelter hears of it. */
const WISHED_MS = 24 * 3_600_000;

const reached: Partial<Record<DispatchStatus, 'acceptedAt' | 'enRouteAt' | 'onSceneAt' | 'transportingAt'>> = {
  accepted: 'acceptedAt',
  en_route: 'enRouteAt',
  on_scene: 'onSceneAt',
  transporting: 'transportingAt',
};
const ownPatrol = ({ state }: Draft, { userId }: Own): PatrolRow | undefined =>
  Object.values(state.patrols).find(({ crew }) => crew.includes(userId));

/** What of the batches is left when only so many lie there: those that expire first have gone first. */
function within(batches: readonly Batch[], quantity: number): Batch[] {
  let over = batches.reduce((sum, batch) => sum + batch.quantity, 0) - Math.max(0, quantity);
  return batches.flatMap((batch) => {
    const gone = Math.min(batch.quantity, Math.max(0, over));
    over -= gone;
    return gone < batch.quantity ? [{ ...batch, quantity: batch.quantity - gone }] : [];
  });
}
function shift(draft: Draft, place: { kind: string; id?: string | undefined }, itemId: string, by: number): void {
  const { kind, id } = place;
  if (id === undefined || !(storeKinds as readonly string[]).includes(kind)) return;
  const rows = Object.values(draft.state.stock);
  const known = rows.find((row) => row.place.kind === kind && row.place.id === id && row.itemId === itemId);
  // the stock of others is not in a crew's picture
  const stationId = known?.stationId ?? draft.state.patrols[id]?.stationId;
  if (stationId === undefined) return;
  const row = known ?? {
    id: `${kind}:${id}:${itemId}`,
    stationId,
    place: { kind: kind as StoreKind, id },
    itemId,
    quantity: 0,
    batches: [],
  };
  const quantity = row.quantity + by;
  draft.put('stock', { ...row, quantity, batches: within(row.batches, quantity) });
  draft.mark(row.id);
}

/** A step of a plan after what was said of it. */
function stepAfter(step: StepRow, what: string, at: string): StepRow {
  const read = { ...step, acknowledgedAt: step.acknowledgedAt ?? at };
  return what === 'done' ? { ...read, state: 'done', doneAt: at } : read;
}

/** What each command does to the own picture. What it would be refused for is left as the server has it. */
const folds: Readonly<Record<string, (draft: Draft, made: Made, own: Own) => void>> = {
  [startPatrol.name]: (draft, { body, madeAt }, own) => {
    const asked = body as { id: string; crew: string[]; crewCount: number; vehicleId?: string; shiftEndsAt?: string };
    if (draft.state.patrols[asked.id]) return;
    const vehicleName = asked.vehicleId === undefined ? null : own.vehicleName(asked.vehicleId);
    draft.put('patrols', {
      id: asked.id,
      version: 0,
      num: 0,
      stationId: own.stationId,
      name: vehicleName ?? '',
      vehicleId: asked.vehicleId ?? null,
      vehicleName,
      crew: asked.crew,
      crewCount: asked.crewCount,
      status: 'free',
      startedAt: iso(madeAt),
      endedAt: null,
      seats: null,
      skills: [],
      shiftEndsAt: asked.shiftEndsAt ?? null,
      setByDesk: false,
      rollCallDueAt: null,
      rollCallRung: null,
    });
    draft.mark(asked.id);
  },
  [updatePatrol.name]: (draft, made) => {
    const row = draft.state.patrols[part(made, -1)];
    const { status } = made.body as { status?: PatrolRow['status'] };
    if (!row || status === undefined || status === row.status) return;
    draft.put('patrols', { ...row, status, setByDesk: false });
    draft.mark(row.id);
  },
  [stepDispatch.name]: (draft, made, own) => {
    const row = draft.state.dispatches[part(made, -1)];
    const { status, at = iso(made.madeAt) } = made.body as { status: DispatchStatus; at?: string };
    if (!row || judgeStep(row.status, status, false) !== 'step') return;
    const time = reached[status];
    draft.put('dispatches', { ...row, status, ...(time === undefined ? {} : { [time]: at }) });
    draft.mark(row.id);
    const patrol = ownPatrol(draft, own);
    if (!patrol || !isEnded(status) || patrol.status !== 'busy') return;
    if (Object.values(draft.state.dispatches).some((other) => other.patrolId === patrol.id)) return;
    draft.put('patrols', { ...patrol, status: 'free' });
    draft.mark(patrol.id);
  },
  [takeRecheck.name]: (draft, made, own) => {
    const { id } = made.body as { id: string };
    const row = draft.state.rechecks[part(made, -2)];
    const patrol = ownPatrol(draft, own);
    if (!row || !patrol || row.status === 'taken' || draft.state.dispatches[id]) return;
    const at = iso(made.madeAt);
    draft.put('rechecks', { ...row, status: 'taken', dispatchId: id });
    draft.put('dispatches', {
      id,
      version: 0,
      incidentId: row.incidentId,
      patrolId: patrol.id,
      stationId: row.stationId,
      status: 'accepted',
      dispatchedAt: at,
      acceptedAt: at,
      enRouteAt: null,
      onSceneAt: null,
      transportingAt: null,
      endedAt: null,
      reason: null,
      setByDesk: false,
      acceptBy: at,
      rung: null,
      alarmedAt: null,
      suggestedPatrolId: null,
    });
    draft.put('patrols', { ...patrol, status: 'busy' });
    for (const marked of [row.id, id, patrol.id]) draft.mark(marked);
  },
  [startRun.name]: (draft, { body, madeAt }) => {
    const {
      id,
      roundId,
      patrolId,
      at = iso(madeAt),
    } = body as {
      id: string;
      roundId: string;
      patrolId: string;
      at?: string;
    };
    const round = draft.state.rounds[roundId];
    if (!round || draft.state.runs[id]) return;
    draft.put('runs', runOf(round, { id, patrolId, at }));
    draft.mark(id);
  },
  [visitStop.name]: (draft, made) => {
    const run = draft.state.runs[part(made, -2)];
    if (!run) return;
    draft.put('runs', runAfter(run, { at: iso(made.madeAt), ...(made.body as Omit<StopVisit, 'at'>) }));
    draft.mark(run.id);
  },
  [endRun.name]: (draft, made) => {
    const run = draft.state.runs[part(made, -1)];
    if (run) draft.put('runs', { ...run, endedAt: iso(made.madeAt) });
  },
  [holdBed.name]: (draft, made) => {
    const asked = made.body as {
      id: string;
      people: number;
      kind?: BedKind;
      unit?: PlaceUnit;
      for: string;
      dispatchId?: string;
    };
    const shelter = draft.state.shelters[part(made, -2)];
    if (!shelter || draft.state.holds[asked.id]) return;
    const hold: HoldRow = {
      id: asked.id,
      version: 0,
      shelterId: shelter.id,
      stationId: shelter.stationId,
      unit: asked.unit ?? 'bed',
      kind: asked.kind ?? 'any',
      people: asked.people,
      for: asked.for,
      dispatchId: asked.dispatchId ?? null,
      patrolId: asked.dispatchId === undefined ? null : (draft.state.dispatches[asked.dispatchId]?.patrolId ?? null),
      status: 'held',
      expiresAt: iso(made.madeAt + WISHED_MS),
      createdAt: iso(made.madeAt),
      etaAt: null,
      shelter: { name: shelter.name, address: shelter.address ?? '', position: shelter.position },
    };
    draft.put('holds', hold);
    draft.mark(hold.id);
  },
  [releaseHold.name]: (draft, made) => {
    const hold = draft.state.holds[part(made, -1)];
    if (hold) draft.put('holds', { ...hold, status: 'cancelled' });
  },
  [moveSupplies.name]: (draft, { body }) => {
    const moved = body as { itemId: string; quantity: number; from: Place; to: Place };
    shift(draft, moved.from, moved.itemId, -moved.quantity);
    shift(draft, moved.to, moved.itemId, moved.quantity);
  },
  [loadPatrol.name]: (draft, { body }) => {
    const { patrolId, depotId, lines = [] } = body as z.input<typeof loadPatrol.body>;
    for (const { itemId, quantity } of lines) {
      shift(draft, { kind: 'depot', id: depotId }, itemId, -quantity);
      shift(draft, { kind: 'patrol', id: patrolId }, itemId, quantity);
    }
  },
  [unloadPatrol.name]: (draft, { body }) => {
    const { patrolId, depotId } = body as z.input<typeof unloadPatrol.body>;
    for (const { place, itemId, quantity } of Object.values(draft.state.stock)) {
      if (place.kind !== 'patrol' || place.id !== patrolId || quantity <= 0) continue;
      shift(draft, place, itemId, -quantity);
      shift(draft, { kind: 'depot', id: depotId }, itemId, quantity);
    }
  },
  [updateStep.name]: (draft, made) => {
    const row = draft.state.activations[part(made, -3)];
    const id = part(made, -1);
    const { do: what } = made.body as { do: string };
    if (!row || (what !== 'acknowledge' && what !== 'done') || !row.steps.some((step) => step.id === id)) return;
    const steps = row.steps.map((step) => (step.id === id ? stepAfter(step, what, iso(made.madeAt)) : step));
    draft.put('activations', { ...row, steps });
    draft.mark(id);
  },
  [recordEncounter.name]: (draft, { body }, own) => {
    const patrol = ownPatrol(draft, own);
    const { handouts = [] } = body as { handouts?: { itemId: string; quantity: number }[] };
    if (patrol)
      for (const { itemId, quantity } of handouts) shift(draft, { kind: 'patrol', id: patrol.id }, itemId, -quantity);
  },
};

/** Rows that answers of these calls are. */
const answeredBy: Readonly<Record<string, Noun>> = {
  [startPatrol.name]: 'patrols',
  [updatePatrol.name]: 'patrols',
  [stepDispatch.name]: 'dispatches',
  [takeRecheck.name]: 'dispatches',
  [startRun.name]: 'runs',
  [visitStop.name]: 'runs',
  [endRun.name]: 'runs',
  [holdBed.name]: 'holds',
  [releaseHold.name]: 'holds',
  [updateStep.name]: 'activations',
} satisfies Record<string, (typeof nouns)[number]>;
/** The row that the server answered with, where the picture has such rows. */
export function answerTo(endpointName: string, reply: unknown): Answer | null {
  const noun = answeredBy[endpointName];
  return noun === undefined ? null : { noun, row: reply as AnyRow };
}

/** Answers newer than the picture first, then what waits, in the order of making. */
export function shown(state: State, items: readonly Made[], answers: readonly Answer[], own: Own): Shown {
  const waits = items.filter((item) => item.state === 'waiting' && folds[item.endpointName] !== undefined);
  if (waits.length === 0 && answers.length === 0) return { state, waiting: new Set() };
  const waiting = new Set<string>();
  const draft = draftOf(state, waiting);
  for (const { noun, row } of answers) {
    const known = draft.state[noun][row.id] as { version?: number } | undefined;
    const { version } = row as { version?: number };
    if (known === undefined || (known.version ?? 0) < (version ?? 0)) draft.put(noun, row);
  }
  for (const item of waits) folds[item.endpointName]?.(draft, item, own);
  return { state: draft.state, waiting };
}

/** A report of this phone on its way, with the meeting that followed it, if any. */
export interface Reported {
  sighting: SightingBody;
  state: OutboxItem['state'];
}
export const reportedHere = (items: readonly Made[]): Reported[] =>
  items
    .filter(({ endpointName }) => endpointName === reportSighting.name)
    .map(({ body, state }) => ({ sighting: body as SightingBody, state }));

/** Another side of a job that ended without us: what was done here, which the server has not taken. */
export const unheardSteps = (items: readonly Made[], dispatchId: string): { status: DispatchStatus; at: string }[] =>
  items
    .filter((item) => item.endpointName === stepDispatch.name && part(item, -1) === dispatchId)
    .map(({ body, madeAt }) => {
      const { status, at } = body as { status: DispatchStatus; at?: string };
      return { status, at: at ?? iso(madeAt) };
    });

/** The steps a job's row tells of, in order. */
export const heardSteps = (row: DispatchRow): { status: DispatchStatus; at: string }[] =>
  (Object.entries(reached) as [DispatchStatus, 'acceptedAt'][]).flatMap(([status, time]) => {
    const at = row[time];
    return at === null ? [] : [{ status, at }];
  });
