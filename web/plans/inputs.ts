/** What was known when a decision was made, read back from its row: rows of other editions may hold less. */
import type { PlanAlert, PlanAnswer, PlanInputs, PlanOrder, PlanReading } from '../../shared/plan-engine.ts';
import type { DecisionRow } from '../../shared/plans.ts';
import { isRecord } from '../live/call.ts';

/** One hour as it was known then: what was observed goes before what was forecast, the last received before the others. */
export interface KnownHour {
  at: string;
  kind: PlanReading['kind'];
  temperatureC: number;
  windKmh: number | null;
  precipitation: PlanReading['precipitation'];
}
export interface Known {
  hours: readonly KnownHour[];
  alerts: readonly PlanAlert[];
  orders: readonly PlanOrder[];
  answers: readonly PlanAnswer[];
}
const HOUR = 3_600_000;
/** Hours shown around the decision; all of them would be hundreds. */
const BEFORE_H = 12;
const AFTER_H = 36;

const listOf = <T>(value: unknown): readonly T[] => (Array.isArray(value) ? (value as T[]) : []);

export function knownThen({ inputs, at }: Pick<DecisionRow, 'inputs' | 'at'>): Known {
  const given: Partial<Record<keyof PlanInputs, unknown>> = isRecord(inputs) ? inputs : {};
  const moment = Date.parse(at);
  const byHour = new Map<number, PlanReading>();
  for (const reading of listOf<PlanReading>(given.readings)) {
    const hour = Math.floor(Date.parse(reading.at) / HOUR);
    if (hour * HOUR < moment - BEFORE_H * HOUR || hour * HOUR > moment + AFTER_H * HOUR) continue;
    const held = byHour.get(hour);
    const better =
      held === undefined ||
      (held.kind === reading.kind ? reading.receivedAt >= held.receivedAt : reading.kind === 'observed');
    if (better) byHour.set(hour, reading);
  }
  return {
    hours: [...byHour.entries()]
      .sort(([a], [b]) => a - b)
      .map(([, { at: on, kind, temperatureC, windKmh, precipitation }]) => ({
        at: on,
        kind,
        temperatureC,
        windKmh,
        precipitation,
      })),
    alerts: listOf(given.alerts),
    orders: listOf(given.orders),
    answers: listOf(given.answers),
  };
}
