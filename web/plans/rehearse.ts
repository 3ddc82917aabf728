/** A long time rehearsed month by month: what was carried from one month to the next. */
import { type ShallowRef, shallowRef } from 'vue';
import { type PlanSpec, type Rehearsal, rehearsePlan } from '../../shared/plans.ts';
import { call } from '../live/call.ts';
import { around, joined, monthsBetween, type Weather, type Whole } from './stretches.ts';

/** Rules that were not saved when somebody went to rehearse them. */
export const draftFor: ShallowRef<{ planId: string; spec: PlanSpec } | null> = shallowRef(null);

export interface Course {
  planId: string;
  spec: PlanSpec | null;
  weather: Weather;
  /** calendar days of the station, both with, YYYY-MM-DD */
  from: string;
  to: string;
  zone: string;
  forecastH: number;
}
/** Rehearses month by month; `told` hears how many are done. Throws what a call throws, and stops when `signal` says so. */
export async function rehearse(
  { planId, spec, weather, from, to, zone, forecastH }: Course,
  told: (done: number, of: number) => void,
  signal: AbortSignal,
): Promise<Whole | null> {
  const stretches = monthsBetween(from, to, zone);
  let whole: Whole | null = null;
  let memory: unknown;
  for (const [at, stretch] of stretches.entries()) {
    told(at, stretches.length);
    const part: Rehearsal = await call(rehearsePlan, {
      params: { id: planId },
      body: {
        ...stretch,
        weather: around(weather, stretch, forecastH),
        forecastH,
        ...(spec === null ? {} : { spec }),
        ...(memory === undefined ? {} : { memory }),
      },
      signal,
    });
    if (signal.aborted) return null;
    const { memory: after, ...said } = part;
    memory = after;
    whole = whole ? joined(whole, said) : said;
  }
  told(stretches.length, stretches.length);
  return whole;
}
