/** What a crew does beside the steps of a job: everything goes through the outbox, so that nothing waits for a network. */
import { onScopeDispose } from 'vue';
import type * as z from 'zod/mini';
import type { Endpoint } from '../../shared/contract.ts';
import type { DispatchRow } from '../../shared/dispatches.ts';
import { noteIncident } from '../../shared/incidents.ts';
import { loadPatrol, unloadPatrol } from '../../shared/loads.ts';
import { answerCall, answerSpotCheck } from '../../shared/duty.ts';
import { startPatrol, updatePatrol } from '../../shared/patrols.ts';
import { updateStep } from '../../shared/plans.ts';
import { type RecheckRow, takeRecheck } from '../../shared/rechecks.ts';
import { endRun, type RoundRow, type RunRow, type RunStop, startRun, visitStop } from '../../shared/rounds.ts';
import { holdBed, type HoldRow, releaseHold, type ShelterRow } from '../../shared/shelters.ts';
import { reportSighting } from '../../shared/sightings.ts';
import { moveSupplies } from '../../shared/supplies.ts';
import { outgoing } from '../live/call.ts';
import { serverNow } from '../live/clock.ts';
import type { OutboxItem } from '../live/outbox-rules.ts';
import type { Outbox } from '../live/outbox.ts';
import { t } from '../ui/words.ts';

/** Work that has no incident keeps the order of the outing: it must have begun, and ends last. */
export const outingLane = (patrolId: string): string => `outing:${patrolId}`;

interface Way {
  /** in words, for whoever looks what waits */
  label: string;
  lane: string;
  /** the id in a true answer, where the body has none */
  expectId?: string;
  /** key of what must have gone before */
  after?: string | null;
}
type BodyOf<E> = E extends { body: infer B extends z.ZodMiniType } ? z.input<B> : never;

/** Inside a scope, with which it ends. */
export function createDeeds(outbox: Outbox) {
  const waiting = (): readonly OutboxItem[] => outbox.items.value;
  /** the outing while it is on this phone only: nothing of it can be taken before it has begun */
  const beginning = (): string | null =>
    waiting().find(({ endpointName }) => endpointName === startPatrol.name)?.key ?? null;
  const post = <E extends Endpoint>(
    endpoint: E,
    input: { params?: Record<string, string>; body?: BodyOf<E> },
    way: Way,
  ): Promise<unknown> =>
    outbox.enqueue({ after: beginning(), ...outgoing(endpoint, input), endpointName: endpoint.name, ...way });

  /** Once out, a start that was refused before means nothing any more; what waited for it is work of this outing. */
  const forgetRefusedStart = async (): Promise<void> => {
    for (const item of outbox.stuck.value) if (item.endpointName === startPatrol.name) await outbox.discard(item.key);
    await outbox.flush();
  };
  onScopeDispose(
    outbox.onSent(({ endpointName }) => {
      if (endpointName === startPatrol.name) void forgetRefusedStart();
    }),
  );

  return {
    beginning,
    start: (body: BodyOf<typeof startPatrol>) =>
      post(startPatrol, { body }, { label: t('crew.outbox.start'), lane: outingLane(body.id), after: null }),
    status: (patrolId: string, status: 'free' | 'break' | 'ended') =>
      post(
        updatePatrol,
        { params: { id: patrolId }, body: { status } },
        {
          label: t(`crew.outbox.${status}`),
          lane: outingLane(patrolId),
          expectId: patrolId,
          // an outing ends after its work
          ...(status === 'ended' ? { after: waiting().at(-1)?.key ?? null } : {}),
        },
      ),
    note: (incidentId: string, text: string) =>
      post(
        noteIncident,
        { params: { id: incidentId }, body: { text } },
        { label: t('crew.outbox.note'), lane: incidentId, expectId: incidentId },
      ),
    move: (body: BodyOf<typeof moveSupplies>) =>
      post(
        moveSupplies,
        { body: { ...body, at: serverNow().toISOString() } },
        { label: t('crew.outbox.supplies'), lane: 'supplies' },
      ),
    load: (body: BodyOf<typeof loadPatrol>) =>
      post(loadPatrol, { body }, { label: t('crew.outbox.load'), lane: 'supplies' }),
    /** All that is left goes back, so what was handed out must be booked before. */
    unload: (body: BodyOf<typeof unloadPatrol>) =>
      post(
        unloadPatrol,
        { body },
        { label: t('crew.outbox.unload'), lane: 'supplies', after: waiting().at(-1)?.key ?? null },
      ),
    /** Asks for beds; whether they are kept is known when the shelter's side has answered. */
    hold: (job: DispatchRow, shelter: ShelterRow, body: BodyOf<typeof holdBed>) =>
      post(
        holdBed,
        { params: { id: shelter.id }, body },
        { label: t('crew.outbox.bed', { name: shelter.name }), lane: job.incidentId },
      ),
    release: (job: Pick<DispatchRow, 'incidentId'>, hold: Pick<HoldRow, 'id' | 'shelterId'>) =>
      post(
        releaseHold,
        { params: { id: hold.shelterId, holdId: hold.id } },
        { label: t('crew.outbox.bed_back'), lane: job.incidentId, expectId: hold.id },
      ),
    takeRecheck: (recheck: RecheckRow, place: string) =>
      post(
        takeRecheck,
        { params: { id: recheck.id }, body: { id: crypto.randomUUID(), at: serverNow().toISOString() } },
        { label: t('crew.outbox.recheck', { place }), lane: recheck.incidentId },
      ),
    beginRound: (round: RoundRow, patrolId: string) =>
      post(
        startRun,
        { body: { id: crypto.randomUUID(), roundId: round.id, patrolId, at: serverNow().toISOString() } },
        { label: t('crew.outbox.round', { name: round.name }), lane: outingLane(patrolId) },
      ),
    /** `at` is when it happened, in ms; now unless said. */
    visit: (run: RunRow, stop: RunStop, what: { how: 'geofence' | 'hand'; at?: number } | { reason: string }) =>
      post(
        visitStop,
        {
          params: { id: run.id },
          body: {
            stopId: stop.id,
            at: new Date('at' in what && what.at !== undefined ? what.at : serverNow()).toISOString(),
            ...('how' in what ? { state: 'visited', how: what.how } : { state: 'skipped', reason: what.reason }),
          },
        },
        {
          label:
            'how' in what ? t('crew.outbox.visit', { name: stop.name }) : t('crew.outbox.skip', { name: stop.name }),
          lane: outingLane(run.patrolId),
          expectId: run.id,
        },
      ),
    endRound: (run: RunRow) =>
      post(
        endRun,
        { params: { id: run.id }, body: { status: 'ended', at: serverNow().toISOString() } },
        { label: t('crew.outbox.round_end', { name: run.name }), lane: outingLane(run.patrolId), expectId: run.id },
      ),
    /** Says of a step of a plan that it was read, or is done. */
    planStep: (activationId: string, stepId: string, what: 'acknowledge' | 'done') =>
      post(
        updateStep,
        { params: { id: activationId, stepId }, body: { do: what } },
        {
          label: t(`crew.outbox.plan_${what}`),
          lane: `plan:${activationId}`,
          expectId: activationId,
          // whoever is called out need not be out yet
          after: null,
        },
      ),
    /** What counts is when the server hears of it. */
    spotCheck: (checkId: string) =>
      post(
        answerSpotCheck,
        { params: { id: checkId }, body: {} },
        { label: t('crew.outbox.check'), lane: `check:${checkId}`, expectId: checkId, after: null },
      ),
    called: (shiftId: string, coming: boolean) =>
      post(
        answerCall,
        { params: { id: shiftId }, body: { coming } },
        {
          label: t(coming ? 'crew.outbox.coming' : 'crew.outbox.cannot'),
          lane: `called:${shiftId}`,
          expectId: shiftId,
          after: null,
        },
      ),
    report: (body: BodyOf<typeof reportSighting>) =>
      post(reportSighting, { body }, { label: t('crew.outbox.sighting'), lane: body.id }),
  };
}
