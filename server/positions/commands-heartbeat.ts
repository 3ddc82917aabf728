/**
 * Signs of life apart from movement: who stands still is not offline. They are no facts and leave no trace in the audit. Those
 * that come while one write is under way are written together in the next statement, the newest of each patrol.
 */
import type * as z from 'zod/mini';
import type { sendHeartbeat, TrackingReport } from '../../shared/positions.ts';
import { Problem } from '../../shared/problems.ts';
import { type Actor, staffOf } from '../context.ts';
import type { Service } from '../realtime/command.ts';
import { writeHeard } from './queries-heard.ts';

/** What is known of the phone or device; null where it does not say. */
export interface Sign {
  tracking: TrackingReport | null;
  /** percent */
  battery: number | null;
}
interface Waiting extends Sign {
  at: Date;
}

class Intake {
  private readonly service: Service;
  private waiting = new Map<string, Waiting>();
  private writing: Promise<void> | null = null;
  private next: Promise<void> | null = null;

  constructor(service: Service) {
    this.service = service;
  }

  /** Resolves when it is written. */
  take(patrolId: string, sign: Sign): Promise<void> {
    this.waiting.set(patrolId, { ...sign, at: this.service.now() });
    this.next ??= (this.writing ?? Promise.resolve())
      .catch(() => undefined)
      .then(() => {
        this.next = null;
        this.writing = this.write();
        return this.writing;
      });
    return this.next;
  }

  private async write(): Promise<void> {
    // in id order, so that two nodes never wait for each other
    const batch = [...this.waiting].sort(([a], [b]) => (a < b ? -1 : 1));
    this.waiting = new Map();
    await writeHeard(this.service.database.knex, {
      patrolIds: batch.map(([id]) => id),
      ats: batch.map(([, { at }]) => at.toISOString()),
      trackings: batch.map(([, { tracking }]) => tracking),
      batteries: batch.map(([, { battery }]) => battery),
    });
  }
}
const intakes = new WeakMap<Service, Intake>();

/** A patrol was heard of by whatever it carries; also for devices that have no new place to tell. */
export function heardOf(service: Service, patrolId: string, sign: Sign): Promise<void> {
  let intake = intakes.get(service);
  if (!intake) intakes.set(service, (intake = new Intake(service)));
  return intake.take(patrolId, sign);
}

/** The heartbeat of a crew's own phone; 404 for an outing that it is not on now. */
export async function takeHeartbeat(
  service: Service,
  actor: Actor,
  id: string,
  { tracking, battery }: z.infer<NonNullable<typeof sendHeartbeat.body>>,
): Promise<{ at: string }> {
  if (staffOf({ actor }).patrolId !== id) throw new Problem('not_found');
  const at = service.now().toISOString();
  await heardOf(service, id, { tracking, battery: battery ?? null });
  return { at };
}
