/** What the desk does: each call tells its outcome in a toast, with undo where there is one. */
import { type ShallowRef, shallowRef, watch } from 'vue';
import { type DispatchRow, type DispatchStatus, sendPatrol, stepDispatch } from '../../shared/dispatches.ts';
import type { Point } from '../../shared/geo.ts';
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
import { call, outgoing } from '../live/call.ts';
import { dismiss, say, sayProblem } from '../ui/toasts.ts';
import { t } from '../ui/words.ts';
import type { Desk } from './desk.ts';

export interface Actions {
  /** true while a command is under way, so that a second press does nothing */
  busy: Readonly<ShallowRef<boolean>>;
  send: (incident: IncidentRow, patrolId: string) => Promise<boolean>;
  step: (dispatch: DispatchRow, status: DispatchStatus) => Promise<boolean>;
  recall: (dispatch: DispatchRow) => Promise<boolean>;
  /** Folds the younger of the two into the older; the id of the one that stays. */
  merge: (a: IncidentRow, b: IncidentRow) => Promise<string | null>;
  unmerge: (id: string) => Promise<boolean>;
  close: (incident: IncidentRow, reason: string) => Promise<boolean>;
  reopen: (id: string) => Promise<boolean>;
  seen: (incident: IncidentRow) => Promise<void>;
  note: (incident: IncidentRow, text: string) => Promise<void>;
  place: (incident: IncidentRow, change: { position?: Point; placeText?: string }) => Promise<boolean>;
  priority: (incident: IncidentRow, priority: Priority) => Promise<boolean>;
  patrolStatus: (patrol: PatrolRow, status: 'free' | 'break') => Promise<boolean>;
  taskDone: (task: TaskRow) => Promise<boolean>;
}

export function createActions(desk: Desk): Actions {
  const busy = shallowRef(false);
  const nameOf = (patrolId: string): string => desk.patrolName(patrolId) ?? t('patrol.some');
  const codeOf = (incidentId: string): string => desk.store.state.value.incidents[incidentId]?.code ?? '';

  /** Runs one command; false when it failed, which has then been said. */
  const run = async (command: () => Promise<void>, again?: () => void): Promise<boolean> => {
    if (busy.value) return false;
    busy.value = true;
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
  /** Undo runs outside of any other command's way. */
  const undo = (command: () => Promise<boolean>) => (): void => void command();

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

  const recall: Actions['recall'] = (dispatch) =>
    run(async () => {
      await call(stepDispatch, { params: { id: dispatch.id }, body: { status: 'recalled' } });
      const code = codeOf(dispatch.incidentId);
      offer(
        dispatch.incidentId,
        say(
          t('desk.recalled', { patrol: nameOf(dispatch.patrolId) }),
          undo(() => sendWith(crypto.randomUUID(), dispatch.incidentId, code, dispatch.patrolId)),
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
  const change = (
    incident: IncidentRow,
    body: { position?: Point; placeText?: string; priority?: Priority },
    words: string,
  ): Promise<boolean> =>
    run(async () => {
      await call(updateIncident, { params: { id: incident.id }, body: { version: incident.version, ...body } });
      say(words);
    });

  return {
    busy,
    send,
    recall,
    unmerge,
    reopen,
    step: (dispatch, status) =>
      run(async () => {
        await call(stepDispatch, { params: { id: dispatch.id }, body: { status, version: dispatch.version } });
        say(t('desk.stepped', { patrol: nameOf(dispatch.patrolId), status: t(`dispatch.status.${status}`) }));
      }),
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
    patrolStatus: (patrol, status) =>
      run(async () => {
        await call(updatePatrol, { params: { id: patrol.id }, body: { status, version: patrol.version } });
        say(t('desk.patrol', { patrol: patrol.name, status: t(`patrol.status.${status}`) }));
      }),
    taskDone: (task) =>
      run(async () => {
        await call(updateTask, { params: { id: task.id }, body: { version: task.version, done: true } });
        say(t('desk.task_done'));
      }),
  };
}
