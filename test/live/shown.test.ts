/** The picture of a phone without a line: what was told, what was answered, what still waits; in whatever order it comes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DispatchRow } from '../../shared/dispatches.ts';
import type { PatrolRow } from '../../shared/patrols.ts';
import type { RecheckRow } from '../../shared/rechecks.ts';
import { type HoldRow, noBeds, type ShelterRow } from '../../shared/shelters.ts';
import { emptyState, type State } from '../../shared/state.ts';
import {
  type Answer,
  answerTo,
  heardSteps,
  type Made,
  reportedHere,
  shown,
  unheardSteps,
} from '../../web/live/shown.ts';

const AT = Date.parse('2026-01-10T18:00:00.000Z');
const at = (min: number): string => new Date(AT + min * 60_000).toISOString();
const own = { userId: 'me', stationId: 'station', vehicleName: (id: string) => (id === 'van' ? 'Van 3' : null) };
const patrol = (more: Partial<PatrolRow> = {}): PatrolRow => ({
  id: 'p',
  version: 3,
  num: 7,
  stationId: 'station',
  name: 'Patrol 7',
  vehicleId: null,
  vehicleName: null,
  crew: ['me'],
  crewCount: 2,
  status: 'free',
  startedAt: at(-60),
  endedAt: null,
  seats: null,
  skills: [],
  shiftEndsAt: null,
  setByDesk: true,
  rollCallDueAt: null,
  rollCallRung: null,
  ...more,
});
const job = (more: Partial<DispatchRow> = {}): DispatchRow => ({
  id: 'd',
  version: 2,
  incidentId: 'i',
  patrolId: 'p',
  stationId: 'station',
  status: 'dispatched',
  dispatchedAt: at(-5),
  acceptedAt: null,
  enRouteAt: null,
  onSceneAt: null,
  transportingAt: null,
  endedAt: null,
  reason: null,
  setByDesk: false,
  acceptBy: at(0),
  rung: null,
  alarmedAt: null,
  suggestedPatrolId: null,
  ...more,
});
const recheck = (more: Partial<RecheckRow> = {}): RecheckRow => ({
  id: 'r',
  version: 1,
  stationId: 'station',
  incidentId: 'i',
  encounterId: 'e',
  patrolId: 'p',
  people: 1,
  startedAt: at(-240),
  dueAt: at(0),
  openToAllAt: at(30),
  status: 'same_crew',
  dispatchId: null,
  endedAt: null,
  ended: null,
  ...more,
});
const shelter: ShelterRow = {
  id: 's',
  version: 1,
  stationId: 'station',
  name: 'Warm house',
  kind: 'station',
  status: 'open',
  position: null,
  address: 'Road 1',
  phone: null,
  contact: null,
  operator: null,
  hours: '',
  opening: [],
  features: [],
  about: '',
  confidential: false,
  beds: { ...noBeds(), any: 4 },
  occupiedBeds: noBeds(),
  seats: noBeds(),
  occupiedSeats: noBeds(),
  surgeBeds: noBeds(),
  surgeOpen: false,
  countedAt: at(-30),
  exportedAt: null,
  closedDownAt: null,
};
const stock = {
  id: 'patrol:p:blanket',
  stationId: 'station',
  place: { kind: 'patrol', id: 'p' } as const,
  itemId: 'blanket',
  quantity: 5,
  batches: [],
};
const picture: State = {
  ...emptyState,
  seq: 9,
  patrols: { p: patrol() },
  dispatches: { d: job() },
  rechecks: { r: recheck() },
  shelters: { s: shelter },
  stock: { [stock.id]: stock },
};
let n = 0;
const item = (endpointName: string, url: string, body: unknown, state: Made['state'] = 'waiting'): Made => ({
  endpointName,
  url,
  body,
  state,
  madeAt: AT + n++ * 1000,
});
const step = (status: string, min: number, state?: Made['state']): Made =>
  item('stepDispatch', '/api/dispatches/d', { status, at: at(min) }, state);
const look = (state: State, items: Made[], answers: Answer[] = []) => shown(state, items, answers, own);

it('a step of a plan is read and done on the phone at once, and nothing else of it changes', () => {
  const step = (id: string) => ({ id, state: 'waiting', acknowledgedAt: null, doneAt: null });
  const run = { id: 'a', closedAt: null, steps: [step('s1'), step('s2')] };
  const state = { ...emptyState, activations: { a: run } } as unknown as State;
  const made = (stepId: string, what: string): Made => ({
    endpointName: 'updateStep',
    url: `/api/activations/a/steps/${stepId}`,
    body: { do: what },
    state: 'waiting',
    madeAt: AT,
  });
  const both = shown(state, [made('s1', 'acknowledge'), made('s2', 'done'), made('unheard of', 'done')], [], own);
  expect(both.state.activations['a']?.steps).toEqual([
    { ...step('s1'), acknowledgedAt: at(0) },
    { ...step('s2'), acknowledgedAt: at(0), state: 'done', doneAt: at(0) },
  ]);
  expect([...both.waiting]).toEqual(['s1', 's2']);
  expect(answerTo('updateStep', run)).toEqual({ noun: 'activations', row: run });
});

describe('what was done here', () => {
  it('shows at once, and says what the server does not know yet', () => {
    const { state, waiting } = look(picture, [
      step('accepted', 1),
      step('on_scene', 9),
      item('recordEncounter', '/api/encounters', { id: 'e', handouts: [{ itemId: 'blanket', quantity: 2 }] }),
      item('holdBed', '/api/shelters/s/holds', { id: 'h', people: 2, for: 'us', dispatchId: 'd' }),
      item('moveSupplies', '/api/supplies/movements', {
        id: 'm',
        itemId: 'blanket',
        quantity: 1,
        from: { kind: 'patrol', id: 'p' },
        to: { kind: 'loss' },
      }),
    ]);
    expect(state.dispatches['d']).toMatchObject({ status: 'on_scene', acceptedAt: at(1), onSceneAt: at(9) });
    expect(state.stock[stock.id]?.quantity).toBe(2);
    expect(state.holds['h']).toMatchObject({
      status: 'held',
      people: 2,
      patrolId: 'p',
      shelter: { name: 'Warm house' },
    });
    expect(waiting).toEqual(new Set(['d', stock.id, 'h']));
    // what was told is never changed
    expect(picture.dispatches['d']?.status).toBe('dispatched');
    expect(picture.stock[stock.id]?.quantity).toBe(5);
  });

  it.each([
    [
      'a break',
      item('updatePatrol', '/api/patrols/p', { status: 'break' }),
      (s: State) => s.patrols['p']?.status,
      'break',
    ],
    [
      'the end of the outing',
      item('updatePatrol', '/api/patrols/p', { status: 'ended' }),
      (s: State) => s.patrols['p'],
      undefined,
    ],
    ['a job done', step('done', 5), (s: State) => s.dispatches['d'], undefined],
    ['a decline', step('declined', 5), (s: State) => s.dispatches['d'], undefined],
    ['a step back', step('dispatched', 5), (s: State) => s.dispatches['d']?.status, 'dispatched'],
    ['a refused step', step('accepted', 5, 'refused'), (s: State) => s.dispatches['d']?.status, 'dispatched'],
    ['a step in conflict', step('accepted', 5, 'conflict'), (s: State) => s.dispatches['d']?.status, 'dispatched'],
    [
      'a step of a job that is gone',
      item('stepDispatch', '/api/dispatches/x', { status: 'done' }),
      (s: State) => Object.keys(s.dispatches),
      ['d'],
    ],
  ])('%s', (_what, made, read, expected) => {
    expect(read(look(picture, [made]).state)).toEqual(expected);
  });

  it('an outing begun without a line is the own outing, with its vehicle, until the server has it', () => {
    const start = item('startPatrol', '/api/patrols', { id: 'new', crew: ['me'], crewCount: 3, vehicleId: 'van' });
    const rest = item('updatePatrol', '/api/patrols/new', { status: 'break' });
    const { state, waiting } = look(emptyState, [start, rest]);
    expect(state.patrols['new']).toMatchObject({ version: 0, name: 'Van 3', crewCount: 3, status: 'break' });
    expect(waiting.has('new')).toBe(true);
    const known = look({ ...emptyState, patrols: { new: patrol({ id: 'new' }) } }, [start]);
    expect(known.state.patrols['new']?.version).toBe(3);
    expect(known.waiting.size).toBe(0);
  });

  it('a re-check that is taken is the job; the patrol is free again when it is done', () => {
    const { state, waiting } = look({ ...picture, dispatches: {} }, [
      item('takeRecheck', '/api/rechecks/r/take', { id: 'again' }),
    ]);
    expect(state.rechecks['r']).toMatchObject({ status: 'taken', dispatchId: 'again' });
    expect(state.dispatches['again']).toMatchObject({ status: 'accepted', incidentId: 'i', patrolId: 'p' });
    expect(waiting).toEqual(new Set(['r', 'again', 'p']));
    const over = look({ ...picture, dispatches: {} }, [
      item('takeRecheck', '/api/rechecks/r/take', { id: 'again' }),
      item('stepDispatch', '/api/dispatches/again', { status: 'done' }),
    ]);
    expect(over.state.dispatches).toEqual({});
    expect(over.state.patrols['p']?.status).toBe('free');
    const late = { ...picture, rechecks: { r: recheck({ status: 'taken', dispatchId: 'theirs' }) } };
    expect(look(late, [item('takeRecheck', '/api/rechecks/r/take', { id: 'again' })]).state.dispatches).toEqual(
      late.dispatches,
    );
  });

  it('nothing done leaves the very same picture', () => {
    expect(look(picture, [step('accepted', 1, 'refused')]).state).toBe(picture);
  });
});

describe('an answer of the server', () => {
  it('holds until the picture is as new, and never overrules a newer picture', () => {
    const accepted: Answer = { noun: 'dispatches', row: job({ version: 3, status: 'accepted' }) };
    expect(look(picture, [], [accepted]).state.dispatches['d']?.status).toBe('accepted');
    const later = { ...picture, dispatches: { d: job({ version: 4, status: 'en_route' }) } };
    expect(look(later, [], [accepted]).state.dispatches['d']?.status).toBe('en_route');
    expect(
      look(picture, [], [{ noun: 'dispatches', row: job({ version: 3, status: 'done' }) }]).state.dispatches,
    ).toEqual({});
    expect(answerTo('stepDispatch', accepted.row)).toEqual(accepted);
    expect(answerTo('noteIncident', {})).toBeNull();
  });
});

it('steps only ever move a job on, whatever was pressed and however often it is folded', () => {
  const order = ['dispatched', 'accepted', 'en_route', 'on_scene', 'transporting'];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...order.slice(1)), { maxLength: 8 }), (pressed) => {
      const items = pressed.map((status, min) => step(status, min));
      const status = look(picture, items).state.dispatches['d']?.status ?? '';
      const furthest = Math.max(0, ...pressed.map((each) => order.indexOf(each)));
      expect(order.indexOf(status)).toBe(furthest);
      // the server has taken the first of them meanwhile: the same picture
      const taken = look(picture, items.slice(0, 1)).state;
      expect(look({ ...picture, dispatches: taken.dispatches }, items.slice(1)).state.dispatches).toEqual(
        look(picture, items).state.dispatches,
      );
    }),
  );
});

it('both sides of a job that ended without us are told apart', () => {
  const row = job({ status: 'recalled', acceptedAt: at(-4), enRouteAt: at(-3) });
  expect(heardSteps(row).map(({ status }) => status)).toEqual(['accepted', 'en_route']);
  expect(
    unheardSteps(
      [step('on_scene', 2, 'conflict'), item('stepDispatch', '/api/dispatches/other', { status: 'done' })],
      'd',
    ),
  ).toEqual([{ status: 'on_scene', at: at(2) }]);
  expect(reportedHere([item('reportSighting', '/api/sightings', { id: 'g', people: 2 }, 'refused')])).toEqual([
    { sighting: { id: 'g', people: 2 }, state: 'refused' },
  ]);
});

it('a bed that is given back is not shown', () => {
  const hold = {
    ...look(picture, [item('holdBed', '/api/shelters/s/holds', { id: 'h', people: 1, for: '' })]).state.holds['h'],
  } as HoldRow;
  const back = item('releaseHold', '/api/shelters/s/holds/h', undefined);
  expect(look({ ...picture, holds: { h: hold } }, [back]).state.holds).toEqual({});
});
