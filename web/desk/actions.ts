/** What the desk does: each call tells its outcome in a toast, with undo where there is one. */
import { type ShallowRef, shallowRef, watch } from 'vue';
import {
  type DispatchRow,
  type DispatchStatus,
  isEnded,
  reassignDispatch,
  sendPatrol,
  stepDispatch,
} from '../../shared/dispatches.ts';
import {
  closeIncident,
  type IncidentRow,
  markSeen,
  mergeIncident,
  noteIncident,
  type Priority,
  reopenIncident,
  unmergeIncident,
  updateIncident,
} from '../../shared/incidents.ts';
import { type PatrolRow, updatePatrol } from '../../shared/patrols.ts';
import { type TaskRow, updateTask } from '../../shared/tasks.ts';
import type { PlaceChange } from '../incidents/placing.ts';
import { call, CallProblem, outgoing } from '../live/call.ts';
import { dismiss, say, sayProblem } from '../ui/toasts.ts';
import { t } from '../ui/words.ts';
import type { Desk } from './desk.ts';
import { createSituationActions, type SituationActions } from './situation.ts';

export interface Actions extends SituationActions {
  /** true while a command is under way, so that a second press does nothing */
  busy: Readonly<ShallowRef<boolean>>;
  send: (incident: IncidentRow, patrolId: string) => Promise<boolean>;
  step: (dispatch: DispatchRow, status: DispatchStatus, reason?: string) => Promise<boolean>;
  /** Gives the job to another patrol, or the patrol another job. */
  reassign: (dispatch: DispatchRow, to: { patrolId: string } | { incidentId: string }) => Promise<boolean>;
  recall: (dispatch: DispatchRow) => Promise<boolean>;
  /** Folds the younger of the two into the older; the id of the one that stays. */
  merge: (a: IncidentRow, b: IncidentRow) => Promise<string | null>;
  unmerge: (id: string) => Promise<boolean>;
  close: (incident: IncidentRow, reason: string) => Promise<boolean>;
  reopen: (id: string) => Promise<boolean>;
  seen: (incident: IncidentRow) => Promise<void>;
  note: (incident: IncidentRow, text: string) => Promise<void>;
  place: (incident: IncidentRow, change: PlaceChange) => Promise<boolean>;
  priority: (incident: IncidentRow, priority: Priority) => Promise<boolean>;
  wants: (incident: IncidentRow, wants: string[]) => Promise<boolean>;
  patrolStatus: (patrol: PatrolRow, status: 'free' | 'break') => Promise<boolean>;
  taskDone: (task: TaskRow) => Promise<boolean>;
}

interface Correction extends PlaceChange {
  priority?: Priority;
  wants?: string[];
}
/** The correction that takes another one back; undefined when there was nothing before that could be put back. */
function backTo(before: IncidentRow, made: Correction): Correction | undefined {
  const back: Correction = {
    ...(made.position !== undefined ? { position: before.position } : {}),
    ...(made.position !== undefined && before.position && before.accuracyM !== null
      ? { accuracyM: before.accuracyM }
      : {}),
    // words can be put back, not taken away: new ones stay
    ...(made.placeText !== undefined && before.placeText !== null ? { placeText: before.placeText } : {}),
    ...(made.placeCode !== undefined && before.placeCode !== null ? { placeCode: before.placeCode } : {}),
    ...(made.priority !== undefined ? { priority: before.priority } : {}),
    ...(made.wants !== undefined ? { wants: before.wants } : {}),
  };
  return Object.keys(back).length > 0 ? back : undefined;
}

export function createActions(desk: Desk): Actions {
  const busy = shallowRef(false);
  const nameOf = (patrolId: string): string => desk.patrolName(patrolId) ?? t('patrol.some');
  const codeOf = (incidentId: string): string => desk.store.state.value.incidents[incidentId]?.code ?? '';

  /** settles when the command under way has */
  let last: Promise<unknown> = Promise.resolve();
  /** Runs one command; false when it failed, which has then been said. */
  const run = (command: () => Promise<void>, again?: () => void): Promise<boolean> => {
    if (busy.value) return Promise.resolve(false);
    busy.value = true;
    const running = perform(command, again);
    last = running;
    return running;
  };
  const perform = async (command: () => Promise<void>, again?: () => void): Promise<boolean> => {
    try {
      await command();
      // the fact comes by the socket; without one it is fetched
      if (desk.store.connection.value !== 'live') void desk.store.catchUp();
      return true;
    } catch (error) {
      sayProblem(error, again);
      return false;
    } finally {
      busy.value = false;
    }
  };
  /** what was said with an undo, by the incident it is about */
  const offers = new Map<string, number[]>();
  const offer = (incidentId: string, toast: number): void => {
    offers.set(incidentId, [...(offers.get(incidentId) ?? []), toast]);
  };
  // a closed incident cannot be sent to, or be recalled from: its undo goes with it, whoever closed it
  watch(
    () => desk.store.state.value.incidents,
    (incidents) => {
      for (const [id, toasts] of offers) {
        if (id in incidents) continue;
        toasts.forEach(dismiss);
        offers.delete(id);
      }
    },
  );
  /** What was promised is done: an undo waits for a command that is under way, and is not lost to it. */
  const undo = (command: () => Promise<boolean>) => (): void => void last.then(command);

  const sendWith = (id: string, incidentId: string, code: string, patrolId: string): Promise<boolean> =>
    run(
      async () => {
        const row = await call(sendPatrol, { body: { id, incidentId, patrolId } });
        offer(
          incidentId,
          say(
            t('desk.sent', { patrol: nameOf(patrolId), code }),
            undo(() => recall(row)),
          ),
        );
      },
      // the same id again: had the first try arrived, this one finds it done
      () => void sendWith(id, incidentId, code, patrolId),
    );
  const send: Actions['send'] = (incident, patrolId) =>
    sendWith(crypto.randomUUID(), incident.id, incident.code, patrolId);

  const sendAgain = ({ incidentId, patrolId }: DispatchRow): Promise<boolean> =>
    sendWith(crypto.randomUUID(), incidentId, codeOf(incidentId), patrolId);
  const recall: Actions['recall'] = (dispatch) =>
    run(async () => {
      await call(stepDispatch, { params: { id: dispatch.id }, body: { status: 'recalled' } });
      offer(
        dispatch.incidentId,
        say(
          t('desk.recalled', { patrol: nameOf(dispatch.patrolId) }),
          undo(() => sendAgain(dispatch)),
        ),
      );
    });
  const step: Actions['step'] = (dispatch, status, reason) =>
    run(async () => {
      const { id, version, incidentId, patrolId } = dispatch;
      const body = { status, version, ...(reason === undefined ? {} : { reason }) };
      const row = await call(stepDispatch, { params: { id }, body });
      offer(
        incidentId,
        say(
          t('desk.stepped', { patrol: nameOf(patrolId), status: t(`dispatch.status.${status}`) }),
          // a job that is over is not begun again: the crew gets it anew
          undo(() => (isEnded(status) ? sendAgain(dispatch) : step(row, dispatch.status))),
        ),
      );
    });
  const reassign: Actions['reassign'] = (dispatch, to) =>
    run(async () => {
      const row = await call(reassignDispatch, {
        params: { id: dispatch.id },
        body: { id: crypto.randomUUID(), ...to },
      });
      const { patrolId, incidentId } = dispatch;
      offer(
        row.incidentId,
        say(
          t('desk.reassigned', { patrol: nameOf(row.patrolId), code: codeOf(row.incidentId) }),
          undo(() => reassign(row, 'patrolId' in to ? { patrolId } : { incidentId })),
        ),
      );
    });

  const unmerge: Actions['unmerge'] = (id) =>
    run(async () => {
      await call(unmergeIncident, { params: { id }, body: {} });
      desk.selectedId.value = id;
      say(t('desk.unmerged'));
    });
  const reopen: Actions['reopen'] = (id) =>
    run(async () => {
      await call(reopenIncident, { params: { id }, body: {} });
      desk.selectedId.value = id;
      say(t('desk.reopened'));
    });
  /** A row that was claimed, seen or noted meanwhile is no conflict about what is corrected here. */
  const correct = async (incident: IncidentRow, body: Correction): Promise<IncidentRow> => {
    const put = ({ version }: IncidentRow): Promise<IncidentRow> =>
      call(updateIncident, { params: { id: incident.id }, body: { version, ...body } });
    try {
      return await put(incident);
    } catch (error) {
      if (!(error instanceof CallProblem) || error.code !== 'version_conflict') throw error;
      const now = error.current as IncidentRow;
      const said = (row: IncidentRow): string =>
        JSON.stringify(Object.keys(body).map((field) => row[field as keyof Correction]));
      if (said(now) !== said(incident)) throw error;
      return put(now);
    }
  };
  const change = (incident: IncidentRow, body: Correction, words: string): Promise<boolean> =>
    run(async () => {
      const row = await correct(incident, body);
      const back = backTo(incident, body);
      offer(incident.id, say(words, back && undo(() => change(latest(row), back, t('desk.undone')))));
    });
  /** The row as the picture has it by now, where that is newer. */
  const latest = (row: IncidentRow): IncidentRow => {
    const known = desk.store.state.value.incidents[row.id];
    return known && known.version > row.version ? known : row;
  };
  const patrolStatus: Actions['patrolStatus'] = (patrol, status) =>
    run(async () => {
      const { id, version, status: before } = patrol;
      const row = await call(updatePatrol, { params: { id }, body: { status, version } });
      say(
        t('desk.patrol', { patrol: patrol.name, status: t(`patrol.status.${status}`) }),
        before === 'free' || before === 'break' ? undo(() => patrolStatus(row, before)) : undefined,
      );
    });

  return {
    busy,
    send,
    recall,
    unmerge,
    reopen,
    ...createSituationActions(desk, { run, undo, offer }),
    step,
    reassign,
    patrolStatus,
    merge: async (a, b) => {
      const [stays, goes] = a.openedAt <= b.openedAt ? [a, b] : [b, a];
      const done = await run(async () => {
        await call(mergeIncident, { params: { id: goes.id }, body: { intoId: stays.id } });
        say(
          t('desk.merged', { from: goes.code, into: stays.code }),
          undo(() => unmerge(goes.id)),
        );
      });
      return done ? stays.id : null;
    },
    close: (incident, reason) =>
      run(async () => {
        await call(closeIncident, { params: { id: incident.id }, body: { reason } });
        say(
          t('desk.closed', { code: incident.code }),
          undo(() => reopen(incident.id)),
        );
      }),
    seen: async (incident) => {
      try {
        await call(markSeen, { params: { id: incident.id }, body: {} });
      } catch {
        // it stays marked as new, which is true; opening it again tries again
      }
    },
    note: async (incident, text) => {
      // through the outbox: a note typed while the line is down must not be lost
      const posting = outgoing(noteIncident, { params: { id: incident.id }, body: { text } });
      await desk.outbox.enqueue({
        ...posting,
        endpointName: noteIncident.name,
        label: t('note.label', { code: incident.code }),
        lane: incident.id,
      });
      if (desk.store.connection.value !== 'live') say(t('desk.note_waits'));
    },
    place: (incident, body) =>
      Object.keys(body).length === 0
        ? Promise.resolve(true)
        : change(incident, body, t('desk.placed', { code: incident.code })),
    priority: (incident, priority) =>
      change(incident, { priority }, t('desk.priority', { code: incident.code, priority: t(`priority.${priority}`) })),
    wants: (incident, wants) => change(incident, { wants }, t('desk.wants', { code: incident.code })),
    taskDone: (task) =>
      run(async () => {
        await call(updateTask, { params: { id: task.id }, body: { version: task.version, done: true } });
        say(t('desk.task_done'));
      }),
  };
}
