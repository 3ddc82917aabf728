/** Plans that are ordered on and off, and their steps worked, as a test says. */
import { randomUUID } from 'node:crypto';
import { rows } from '../../server/db/rows.ts';
import { runSteps } from '../../server/plans/commands-steps.ts';
import {
  activatePlan,
  type ActivationRow,
  listActivations,
  type PlanSpec,
  standDownPlan,
  type StepRow,
  type StepSpec,
} from '../../shared/plans.ts';
import { createShelter, listShelters, type ShelterView } from '../../shared/shelters.ts';
import type { TaskRow } from '../../shared/tasks.ts';
import type { TestApp } from '../kit/app.ts';
import type { Person } from '../kit/people.ts';
import { addPlan, never, spec, step } from './kit.ts';

/** Blue and orange by order alone. */
const ordered = (steps: readonly StepSpec[]): PlanSpec =>
  spec({
    levels: (['blue', 'orange'] as const).map((level) => ({ level, mode: 'automatic', askMin: 30, when: never })),
    steps: [...steps],
  });
/** A step that does this. */
export const doing = (deed: StepSpec['deed'], over: Partial<StepSpec> = {}): StepSpec =>
  step(deed.kind.replaceAll('_', '-'), { deed, ...over });

/** A plan with these steps, ordered to a level; its steps are still to be worked. */
export async function ordersOn(
  by: Person,
  steps: readonly StepSpec[],
  level: 'blue' | 'orange' = 'blue',
): Promise<string> {
  const { id } = await addPlan(by, ordered(steps));
  await raise(by, id, level);
  return id;
}
/** At least this level from now on; the latest order wins. */
export const raise = async (by: Person, id: string, level: 'blue' | 'orange'): Promise<void> => {
  await by.does(activatePlan, { params: { id }, body: { level, reason: 'a bitter night' } });
};
export const lower = async (by: Person, id: string): Promise<void> => {
  await by.does(standDownPlan, { params: { id }, body: { reason: 'a mild night' } });
};
export const work = (app: TestApp): Promise<void> => runSteps(app.service);
/** Orders it on, and works its steps. */
export async function switchOn(
  app: TestApp,
  by: Person,
  steps: readonly StepSpec[],
  level: 'blue' | 'orange' = 'blue',
): Promise<string> {
  const id = await ordersOn(by, steps, level);
  await work(app);
  return id;
}
/** Orders it off, and has it taken back. */
export async function switchOff(app: TestApp, by: Person, id: string): Promise<void> {
  await lower(by, id);
  await work(app);
}

export async function activationOf(by: Person, planId: string): Promise<ActivationRow> {
  const { items } = await by.does(listActivations, { query: { status: 'all' } });
  const found = items.find((each) => each.planId === planId);
  if (!found) throw new Error('the plan was never on');
  return found;
}
export async function stepAt(by: Person, planId: string, key: string): Promise<StepRow> {
  const found = (await activationOf(by, planId)).steps.find((each) => each.key === key);
  if (!found) throw new Error(`no step ${key}`);
  return found;
}
/** Key -> state. */
export const statesOf = async (by: Person, planId: string): Promise<Record<string, string>> =>
  Object.fromEntries((await activationOf(by, planId)).steps.map(({ key, state }) => [key, state]));

/** A warm place of the station of whoever adds it, closed unless said. */
export async function warmPlace(by: Person, over: Partial<Parameters<typeof body>[0]> = {}): Promise<string> {
  const made = body(over);
  await by.does(createShelter, { body: made });
  return made.id;
}
const body = (over: { any?: number; surge?: number; status?: 'open' | 'closed'; kind?: 'station' | 'warm_place' }) => ({
  id: randomUUID(),
  name: 'Warm place',
  kind: over.kind ?? ('warm_place' as const),
  address: 'an address',
  status: over.status ?? ('closed' as const),
  capacity: { any: over.any ?? 10 },
  surge: { any: over.surge ?? 0 },
});
export async function house(by: Person, id: string): Promise<ShelterView> {
  const found = (await by.does(listShelters)).items.find((each) => each.id === id);
  if (!found) throw new Error('no such house');
  return found;
}
/** Open tasks of a kind, of what the viewer sees. */
export const tasksOf = async (by: Person, kind: TaskRow['kind']): Promise<TaskRow[]> =>
  (await by.snapshot()).tasks.filter((each) => each.kind === kind);
/** Facts that told of a row, by their names. */
export const factsOf = async (app: TestApp, noun: string, id: string): Promise<string[]> =>
  (
    await rows<{ type: string }>(
      app.database.knex,
      `select e.type from events e, jsonb_array_elements(e.payload -> 'rows' -> :noun) as r where r ->> 'id' = :id order by e.seq`,
      { noun, id },
    )
  ).map(({ type }) => type);
