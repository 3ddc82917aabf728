/** What is known now of the weather, the warnings, the orders and the answers of a plan. */
import type { Knex } from 'knex';
import {
  lookBackDays,
  type PlanAnswer,
  type PlanInputs,
  type PlanOrder,
  type PlanReading,
} from '../../shared/plan-engine.ts';
import { weatherCourse } from '../../shared/weather-days.ts';
import { activeAlerts } from '../alerts/queries.ts';
import { asInstant } from '../db/postgis.ts';
import { rows } from '../db/rows.ts';
import { ruleNumber } from '../stations/queries.ts';
import { planReadings } from '../weather/queries-plan.ts';
import type { StoredPlan } from './queries-plan.ts';

type Db = Knex | Knex.Transaction;

const DAY = 86_400_000;
/** No rule looks further ahead than seven days. */
const BACK = lookBackDays * DAY;
const AHEAD = 8 * DAY;

const ms = (at: string): number => Date.parse(at);

/** Orders that are neither withdrawn nor over, in the order in which they were given. */
async function ordersOf(db: Db, planId: string, now: Date): Promise<PlanOrder[]> {
  const found = await rows<Pick<PlanOrder, 'id' | 'kind' | 'level'> & { at: string; until: string | null }>(
    db,
    `select o.id, o.kind, o.level, ${asInstant('o.at')} as at, ${asInstant('o.until')} as until from plan_orders o
     where o.plan_id = cast(:planId as uuid) and o.lifted_at is null and (o.until is null or o.until > :now) order by o.at, o.id`,
    { planId, now },
  );
  return found.map((order) => ({ ...order, at: ms(order.at), until: order.until === null ? null : ms(order.until) }));
}

/** What was answered since the first of the levels that ask, oldest first. */
async function answersSince(db: Db, planId: string, since: number): Promise<PlanAnswer[]> {
  if (since === Infinity) return [];
  const found = await rows<Pick<PlanAnswer, 'level' | 'accept'> & { at: string }>(
    db,
    `select r.level, r.accept, ${asInstant('r.at')} as at from plan_answers r where r.plan_id = cast(:planId as uuid) and r.at >= :since order by r.at, r.id`,
    { planId, since: new Date(since) },
  );
  return found.map((answer) => ({ ...answer, at: ms(answer.at) }));
}

/** What a decision uses of them: one telling of each clock hour and kind, however often a station was read. */
const hourly = (readings: readonly PlanReading[]): PlanReading[] => {
  const { observed, forecast } = weatherCourse(readings);
  return [...observed, ...forecast].map(({ at, feltC: _felt, ...told }) => ({
    ...told,
    at: new Date(at).toISOString(),
  }));
};

/** Everything a decision may go by. What is heard later is an input of later decisions. */
export async function inputsOf(db: Db, plan: StoredPlan, now: Date): Promise<PlanInputs> {
  return {
    readings: hourly(
      await planReadings(db, plan.path, new Date(now.getTime() - BACK), new Date(now.getTime() + AHEAD)),
    ),
    alerts: await activeAlerts(db, plan.path, now),
    orders: await ordersOf(db, plan.id, now),
    answers: await answersSince(db, plan.id, Math.min(...plan.memory.asking.map(({ at }) => at))),
    staleH: await ruleNumber(db, 'weather.stale', plan.stationId),
  };
}
