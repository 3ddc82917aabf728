/** Small plans to test with: true when a test says so, and nothing else. */
import { randomUUID } from 'node:crypto';
import { rows } from '../../server/db/rows.ts';
import { decidePlans } from '../../server/plans/jobs.ts';
import { type AlertRow, type AlertLevel, postAlert, updateAlert } from '../../shared/alerts.ts';
import type { Condition } from '../../shared/plan-conditions.ts';
import { decide } from '../../shared/plan-decide.ts';
import type { PlanInputs, PlanMemory } from '../../shared/plan-engine.ts';
import {
  createPlan,
  type DecisionRow,
  listDecisions,
  listPlans,
  type PlanRow,
  type PlanSpec,
  type StepSpec,
} from '../../shared/plans.ts';
import type { TestApp } from '../kit/app.ts';
import type { Person } from '../kit/people.ts';

/** Nothing makes it true but an order. */
export const never: Condition = { dates: ['2020-01-01'] };
export const always: Condition = { season: { from: '01-01', to: '12-31' } };
export const warned = (level: AlertLevel): Condition => ({ alert: { types: ['cold_wave'], level } });

export const step = (key: string, over: Partial<StepSpec> = {}): StepSpec => ({
  key,
  from: 'blue',
  title: { en: key },
  owner: 'manager',
  dueMin: null,
  acknowledge: false,
  deed: { kind: 'task' },
  ...over,
});
/** One level by itself, gone again as soon as it is not wanted. */
export const spec = (over: Partial<PlanSpec> = {}): PlanSpec => ({
  levels: [{ level: 'blue', mode: 'automatic', askMin: 30, when: never }],
  steady: { minimumOnH: 0, confirmH: 0, bridgeH: 0 },
  steps: [],
  ...over,
});

/** Adds a plan in use at the station of whoever adds it. */
export const addPlan = (by: Person, of: PlanSpec, over: { active?: boolean; name?: string } = {}): Promise<PlanRow> =>
  by.does(createPlan, { body: { id: randomUUID(), name: 'Cold nights', spec: of, active: true, ...over } });
export async function planOf(by: Person, id: string): Promise<PlanRow> {
  const found = (await by.does(listPlans)).items.find((plan) => plan.id === id);
  if (!found) throw new Error('the plan is not seen');
  return found;
}
export type Kept = DecisionRow & { inputs: PlanInputs & { memory: PlanMemory; version: number } };
export const decisionsOf = async (by: Person, id: string): Promise<Kept[]> =>
  (await by.does(listDecisions, { params: { id } })).items as Kept[];

export const warn = (by: Person, level: AlertLevel): Promise<AlertRow> =>
  by.does(postAlert, {
    body: { id: randomUUID(), event: 'cold wave', type: 'cold_wave', level, expiresAt: null },
  });
export const endWarning = (by: Person, { id, version }: AlertRow): Promise<AlertRow> =>
  by.does(updateAlert, { params: { id }, body: { version, end: 'it is over' } });

/** What is decided now from what was kept of a decision. */
export function decidedAgain({ at, inputs: { memory, ...inputs } }: Kept, of: PlanSpec): Pick<Kept, 'level' | 'why'> {
  const { level, why } = decide(memory, inputs, { ...of, zone: 'Asia/Shanghai' }, Date.parse(at));
  return { level, why };
}

/** What the minute's job does. */
export const minute = (app: TestApp): Promise<void> => decidePlans(app.service);

interface StoredStep {
  id: string;
  key: string;
  state: string;
  wanted: boolean;
  due: Date | null;
  next: Date | null;
}
export const stepsOf = (app: TestApp, planId: string): Promise<StoredStep[]> =>
  rows<StoredStep>(
    app.database.knex,
    `select t.id, t.key, t.state, t.wanted, t.due_at as due, t.next_at as next from activation_steps t join activations a on a.id = t.activation_id
     where a.plan_id = cast(:planId as uuid) order by a.since, a.id, t.key`,
    { planId },
  );
export const wantedKeys = async (app: TestApp, planId: string): Promise<string[]> =>
  (await stepsOf(app, planId)).filter(({ wanted }) => wanted).map(({ key }) => key);
