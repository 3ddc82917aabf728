/** Plans are rehearsed in a thread of their own: a year takes a second, in which the desk must go on living. */
import type { PlanInputs, PlanRules } from '../../shared/plan-engine.ts';
import type { rehearsalDatasets } from '../../shared/plans.ts';
import type { Course, Preview, Rehearsed } from '../../shared/rehearsal.ts';
import type { ToldReading } from '../../shared/weather-days.ts';
import { createThread } from '../thread.ts';

/** A course to play, its weather given or by the name of a built-in one; or a look ahead. */
export type Asked =
  | { course: Omit<Course, 'readings'>; readings: (typeof rehearsalDatasets)[number] | readonly ToldReading[] }
  | { inputs: PlanInputs; rules: PlanRules; now: number };
export interface Answers {
  rehearsed?: Rehearsed;
  preview?: Preview;
}

export interface Stage {
  rehearse(asked: Extract<Asked, { course: unknown }>): Promise<Rehearsed>;
  preview(asked: Extract<Asked, { inputs: unknown }>): Promise<Preview>;
  /** Ends the thread, and fails what it was asked. */
  close(): Promise<void>;
}

const DEADLINE_MS = 30_000;

/** The thread starts with the first rehearsal and is kept warm. */
export function createStage({ deadlineMs = DEADLINE_MS }: { deadlineMs?: number } = {}): Stage {
  const thread = createThread<Asked, Answers>(import.meta.url, 'rehearsal', deadlineMs);
  return {
    async rehearse(asked) {
      const { rehearsed } = await thread.ask(asked);
      if (!rehearsed) throw new Error('the thread answered something else');
      return rehearsed;
    },
    async preview(asked) {
      const { preview } = await thread.ask(asked);
      if (!preview) throw new Error('the thread answered something else');
      return preview;
    },
    close: () => thread.close(),
  };
}
