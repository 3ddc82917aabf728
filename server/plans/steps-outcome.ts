/** What the deed of a step is, and what it answers. */
import type { StepCounts, StepRow, StepSpec } from '../../shared/plans.ts';
import type { TaskRow } from '../../shared/tasks.ts';
import type { Context } from '../context.ts';
import type { Laid, Step } from './queries-steps.ts';

type Kind = StepRow['kind'];
type Deed<K extends Kind> = Extract<StepSpec['deed'], { kind: K }>;

/** How it went; what throws has not happened at all. */
export interface Outcome {
  /** 'waiting': for people, or for somebody else's server. 'failed': that server did not take it. Taking back is over with 'done'. */
  state: 'done' | 'waiting' | 'failed';
  /** counts of what it did and left */
  result?: StepCounts;
  /** what it has to put back later */
  before?: Laid[];
  /** handed over to people */
  tasks?: TaskRow[];
  /** when to look again (ms from now) while it is not done; null: when somebody says so */
  againMs?: number | null;
  /** why it failed, a code */
  fault?: string;
}

/** What a kind of step does, in the transaction in which it is marked, and how it is taken back (null: there is nothing to take back). */
export interface Handler<K extends Kind> {
  do(ctx: Context, step: Step, deed: Deed<K>): Promise<Outcome>;
  undo: ((ctx: Context, step: Step, deed: Deed<K>) => Promise<Outcome>) | null;
}

/** Counts worth a word: what there is none of is not said. */
export const some = (counts: StepCounts): StepCounts =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
