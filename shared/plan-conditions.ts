/** When a level of a plan is wanted: a tree of what the calendar, the weather and the warnings say. Data, never code. */
import * as z from 'zod/mini';
import { alertLevels, type AlertLevel, alertType } from './alerts.ts';
import { text } from './ids.ts';

const clock = text(5).check(z.regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, 'not a time of day'));
const monthDay = text(5).check(z.regex(/^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/, 'not a month and day'));
const day = text(10).check(z.regex(/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/, 'not a day'));
const count = (most: number) => z.int().check(z.gte(0), z.lte(most));

/**
 * What is measured, each per local day or over hours: lowest air and lowest felt temperature (°C), fall of the calendar day's minimum
 * against the day before and two days before (K), highest mean wind (km/h at 10 m), rain, snow and any precipitation (mm).
 */
export const weatherMeasures = ['minimum', 'felt', 'fall1', 'fall2', 'wind', 'rain', 'snow', 'precipitation'] as const;
export type WeatherMeasure = (typeof weatherMeasures)[number];
/** `observed` up to now, `forecast` from now on, `either` both: what was observed goes before what was forecast for the same hour. */
export const weatherBases = ['observed', 'forecast', 'either'] as const;
/** True when the value is at most / at least the bound. `keep` is the milder bound that keeps a level on that is on already. */
export const weatherTest = z
  .strictObject({
    measure: z.enum(weatherMeasures),
    atMost: z.optional(z.number().check(z.gte(-100), z.lte(1_000))),
    atLeast: z.optional(z.number().check(z.gte(-100), z.lte(1_000))),
    keep: z.optional(z.number().check(z.gte(-100), z.lte(1_000))),
  })
  .check(
    z.refine(
      (test) => (test.atMost === undefined) !== (test.atLeast === undefined),
      'one bound, either atMost or atLeast',
    ),
  );
export type WeatherTest = z.infer<typeof weatherTest>;

/** Season from one day of the year to another, both with, over New Year too. */
export interface SeasonNode {
  season: { from: string; to: string };
}
/** Hours of the night or day of the station's wall clock; `days` are ISO weekdays on which they begin. */
export interface HoursNode {
  hours: { from: string; to: string; days?: number[] | undefined };
}
/** Chosen days. */
export interface DatesNode {
  dates: string[];
}
/**
 * A day of the Chinese calendar, `before` and `after` days around it with it; leap months do not count. The 30th is the last day
 * of its month, also where that has 29: New Year's Eve is the 30th of the twelfth.
 */
export interface LunarNode {
  lunar: { month: number; day: number; before: number; after: number };
}
/**
 * All tests hold: on one and the same local day among today and the next `days` - 1 (with `run`: on one that stands in a row of so many
 * such days, those before today counted where they were observed), or over the `hours` up to now (observed), from now on (forecast) or both.
 */
export interface WeatherNode {
  weather: {
    tests: WeatherTest[];
    basis: (typeof weatherBases)[number];
    days?: number | undefined;
    run?: number | undefined;
    hours?: number | undefined;
  };
}
/** A warning of one of these kinds (any kind when none is named) at this colour or above is in force here. */
export interface AlertNode {
  alert: { types?: string[] | undefined; level: AlertLevel };
}
export interface AllNode {
  all: Condition[];
}
export interface AnyNode {
  any: Condition[];
}
export type Condition = AllNode | AnyNode | SeasonNode | HoursNode | DatesNode | LunarNode | WeatherNode | AlertNode;

const group = z.lazy(() => z.array(condition).check(z.minLength(1), z.maxLength(12)));
export const condition: z.ZodMiniType<Condition> = z.lazy(() =>
  z.union([
    z.strictObject({ all: group }),
    z.strictObject({ any: group }),
    z.strictObject({ season: z.strictObject({ from: monthDay, to: monthDay }) }),
    z.strictObject({
      hours: z.strictObject({
        from: clock,
        to: clock,
        days: z.optional(z.array(z.int().check(z.gte(1), z.lte(7))).check(z.minLength(1), z.maxLength(7))),
      }),
    }),
    z.strictObject({ dates: z.array(day).check(z.minLength(1), z.maxLength(200)) }),
    z.strictObject({
      lunar: z.strictObject({
        month: z.int().check(z.gte(1), z.lte(12)),
        day: z.int().check(z.gte(1), z.lte(30)),
        before: count(60),
        after: count(60),
      }),
    }),
    z.strictObject({
      weather: z
        .strictObject({
          tests: z.array(weatherTest).check(z.minLength(1), z.maxLength(8)),
          basis: z.enum(weatherBases),
          days: z.optional(z.int().check(z.gte(1), z.lte(7))),
          run: z.optional(z.int().check(z.gte(1), z.lte(7))),
          hours: z.optional(z.int().check(z.gte(1), z.lte(168))),
        })
        .check(z.refine((node) => (node.days === undefined) !== (node.hours === undefined), 'either days or hours')),
    }),
    z.strictObject({
      alert: z.strictObject({
        types: z.optional(z.array(alertType).check(z.minLength(1), z.maxLength(30))),
        level: z.enum(alertLevels),
      }),
    }),
  ]),
);
