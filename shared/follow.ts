/** The follow-up page's steps. Imports nothing at run time: server and script draw the same list. */
import type { FollowRow, FollowStatus } from './sightings.ts';

const way = ['received', 'seen', 'on_the_way'] as const satisfies readonly FollowStatus[];

export interface FollowStep {
  /** words under `follow.status.<name>`; 'outcome' is the end that is not known yet */
  name: FollowStatus | 'outcome';
  state: 'done' | 'now' | 'ahead';
  /** ISO 8601 UTC, or null */
  at: string | null;
}

/** What has happened, where it stands, and what is still to come. A step that was skipped is left out once it is passed. */
export function followSteps({ status, updates }: Pick<FollowRow, 'status' | 'updates'>): FollowStep[] {
  const timeOf = (name: FollowStatus): string | null =>
    [...updates].reverse().find((update) => update.status === name)?.at ?? null;
  const reached = way.indexOf(status as (typeof way)[number]);
  const ended = reached < 0;
  const steps: FollowStep[] = [];
  way.forEach((name, at) => {
    const passed = ended || at < reached;
    if (passed && timeOf(name) === null) return;
    steps.push({
      name,
      state: passed ? 'done' : at === reached ? 'now' : 'ahead',
      at: passed || at === reached ? timeOf(name) : null,
    });
  });
  for (const name of ['found', 'not_found'] as const)
    if (status === 'closed' && timeOf(name) !== null) steps.push({ name, state: 'done', at: timeOf(name) });
  steps.push(
    ended ? { name: status, state: 'now', at: timeOf(status) } : { name: 'outcome', state: 'ahead', at: null },
  );
  return steps;
}
