import { lookBackDays, type PlanAlert, type PlanInputs } from '../../shared/plan-engine.ts';
import { type PlanLevel, planLevels } from '../../shared/plan-levels.ts';
import { previewPlan, rehearsePlan } from '../../shared/plans.ts';
import type { Part } from '../../shared/contract.ts';
import { fieldProblem, Problem } from '../../shared/problems.ts';
import { rehearsalMemory, type RehearsalMemory } from '../../shared/rehearsal.ts';
import type { ToldReading } from '../../shared/weather-days.ts';
import { activeAlerts } from '../alerts/queries.ts';
import { staffOf } from '../context.ts';
import { ownRoute, type Route } from '../http/route.ts';
import { readContext } from '../realtime/command.ts';
import { stationFor } from '../stations/commands.ts';
import { ruleNumber } from '../stations/queries.ts';
import { planReadings } from '../weather/queries-plan.ts';
import { needsAt, rehearsedPlan } from './queries-rehearse.ts';
import type { Stage } from './rehearsal.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A winter and what came before it; longer times are rehearsed in parts. */
const MOST_DAYS = 400;
/** No forecast goes further. */
const AHEAD = 16 * DAY;

type Body = Part<(typeof rehearsePlan)['body']>;

function spanOf({ from, to }: Body): { from: number; to: number } {
  const span = { from: Date.parse(from), to: Date.parse(to) };
  if (span.to <= span.from) throw fieldProblem('/to', 'not_above', 'after `from`');
  if (span.to - span.from > MOST_DAYS * DAY) throw fieldProblem('/to', 'range', 'at most 400 days a call');
  return span;
}
/** Of an earlier stretch; 422 at /memory when it is none. */
function memoryOf({ memory }: Body): { memory?: RehearsalMemory } {
  if (memory === undefined || memory === null) return {};
  const read = rehearsalMemory.safeParse(memory);
  if (!read.success) throw fieldProblem('/memory', 'invalid_value', 'not the memory of a rehearsal');
  return { memory: read.data };
}
const given = (alerts: Body['alerts'] = []): PlanAlert[] =>
  alerts.map(({ type, level, from, until }, n) => ({
    id: String(n),
    type,
    level,
    from: Date.parse(from),
    until: until === null ? null : Date.parse(until),
  }));
const observed = (readings: Extract<Body['weather'], readonly unknown[]>): ToldReading[] =>
  readings.map(({ at, temperatureC, windKmh = null, precipitation = 'none', precipitationMm = null }) => ({
    kind: 'observed',
    at,
    temperatureC,
    windKmh,
    precipitation,
    precipitationMm,
  }));

/** Trying a plan: neither touches anything, and neither holds a transaction while the thread works. */
export const rehearsalRoutes = (stage: Stage): readonly Route[] => [
  ownRoute(rehearsePlan, async ({ database: { knex }, now }, actor, { params, body }) => {
    const plan = await rehearsedPlan(knex, staffOf({ actor }).stationId, params.id);
    if (!plan) throw new Problem('not_found');
    const { weather, forecastH = 48 } = body;
    const { from, to } = spanOf(body);
    const spec = body.spec ?? plan.spec;
    const stored = weather === 'stored';
    const readings =
      weather === 'stored'
        ? await planReadings(
            knex,
            plan.path,
            new Date(from - lookBackDays * DAY),
            new Date(Math.min(to + forecastH * HOUR, now().getTime() + AHEAD)),
          )
        : typeof weather === 'string'
          ? weather
          : observed(weather);
    const alerts =
      stored && body.alerts === undefined ? await activeAlerts(knex, plan.path, new Date(from)) : given(body.alerts);
    const rehearsed = await stage.rehearse({
      readings,
      course: {
        rules: { levels: spec.levels, steady: spec.steady, zone: plan.zone },
        staleH: await ruleNumber(knex, 'weather.stale', plan.stationId),
        alerts,
        from,
        to,
        forecastH,
        ...memoryOf(body),
      },
    });
    const top = Object.keys(rehearsed.hoursAt).reduce<PlanLevel>(
      (highest, level) =>
        planLevels.indexOf(level as PlanLevel) > planLevels.indexOf(highest) ? (level as PlanLevel) : highest,
      'none',
    );
    return {
      status: rehearsePlan.status,
      body: { ...rehearsed, needs: await needsAt(knex, plan.stationId, spec, top) },
    };
  }),
  ownRoute(previewPlan, async (service, actor, { body }) => {
    const ctx = readContext(service, actor);
    const station = await stationFor(ctx, body.stationId);
    const now = ctx.now();
    const inputs: PlanInputs = {
      readings: await planReadings(
        ctx.db,
        station.path,
        new Date(now.getTime() - lookBackDays * DAY),
        new Date(now.getTime() + AHEAD),
      ),
      alerts: await activeAlerts(ctx.db, station.path, now),
      orders: [],
      answers: [],
      staleH: await ruleNumber(ctx.db, 'weather.stale', station.id),
    };
    const rules = { levels: body.spec.levels, steady: body.spec.steady, zone: station.timeZone };
    const preview = await stage.preview({ inputs, rules, now: now.getTime() });
    return {
      status: previewPlan.status,
      body: { ...preview, until: preview.until === null ? null : new Date(preview.until).toISOString() },
    };
  }),
];
