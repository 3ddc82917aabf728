/** What people do: come to the desk, load their vehicles, tick off a line of a list. */
import { Problem } from '../../shared/problems.ts';
import { callIn, callOff } from '../duty/commands-called.ts';
import { livePatrols } from '../patrols/queries.ts';
import { usableLoadList } from '../supplies/queries-loads.ts';
import type { Handler } from './steps-outcome.ts';

/** A call is known by its step, so that of two of one plan each is taken back alone. */
export const callRoster: Handler<'call_roster'> = {
  async do(ctx, { id, stationId }, { roles, minimum }) {
    const { called } = await callIn(ctx, { stationId, roles, minimum, activationId: id });
    return { state: 'done', result: { called } };
  },
  async undo(ctx, { id, stationId }) {
    await callOff(ctx, { stationId, activationId: id });
    return { state: 'done' };
  },
};

export const load: Handler<'load'> = {
  async do(ctx, { stationId }, { listId }) {
    if (!(await usableLoadList(ctx.db, stationId, listId))) throw new Problem('not_found');
    return { state: 'waiting', result: { patrols: (await livePatrols(ctx.db, stationId)).length } };
  },
  undo: null,
};

export const task: Handler<'task'> = {
  do: () => Promise.resolve({ state: 'waiting' }),
  undo: null,
};
