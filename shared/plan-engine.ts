/**
 * What a plan's level should be: a pure function of what was on, what is known, the rules and the time. It never relies on having seen a
 * change: whoever asks it a minute or a day later gets what is right then.
 */
import type { AlertLevel } from './alerts.ts';
import type { Condition } from './plan-conditions.ts';
import type { PlanLevel } from './plan-levels.ts';
import type { PictureReading } from './weather.ts';

/** A reading with all that a plan may ask of it. */
export interface PlanReading extends PictureReading {
  precipitationMm: number | null;
  /** epoch ms */
  receivedAt: number;
}
/** A warning in force at some time, for the plan's station. Times in epoch ms. */
export interface PlanAlert {
  id: string;
  type: string | null;
  level: AlertLevel | null;
  from: number;
  /** when it ends or was ended; null while open */
  until: number | null;
}
/** A floor (at least this level) or a ceiling (at most). Times in epoch ms. */
export interface PlanOrder {
  id: string;
  kind: 'floor' | 'ceiling';
  level: PlanLevel;
  at: number;
  until: number | null;
}
/** What was answered to a level that asks first. */
export interface PlanAnswer {
  level: PlanLevel;
  accept: boolean;
  at: number;
}
export interface PlanInputs {
  readings: readonly PlanReading[];
  alerts: readonly PlanAlert[];
  /** all not withdrawn; the latest that holds at a time wins */
  orders: readonly PlanOrder[];
  answers: readonly PlanAnswer[];
  /** hours after which what was last heard of the weather says nothing any more (rule `weather.stale`) */
  staleH: number;
}

/** `automatic`: on by itself. `ask`: on at a deadline unless refused. `advise`: only says so. */
export const levelModes = ['automatic', 'ask', 'advise'] as const;
export interface LevelSpec {
  level: AlertLevel;
  mode: (typeof levelModes)[number];
  /** minutes to answer before it switches on by itself; only for `ask` */
  askMin: number;
  when: Condition;
}
/** How slowly a level is given up. */
export interface Steady {
  /** hours that a level stays on at least once the rules have raised it */
  minimumOnH: number;
  /** hours for which the rules must have wanted less without a break */
  confirmH: number;
  /** hours ahead in which the rules must not want it again by the forecast: one mild night in a cold run is bridged */
  bridgeH: number;
}
export interface PlanRules {
  levels: readonly LevelSpec[];
  steady: Steady;
  /** IANA zone of the station */
  zone: string;
}

/** A level that asks first: since when it has been wanted without a break, and the answer if there was one. */
export interface Asking {
  level: AlertLevel;
  at: number;
  accepted: boolean | null;
}
/** What is carried from one decision to the next. Times in epoch ms. */
export interface PlanMemory {
  /** the level by the rules alone, made steady; orders do not touch it */
  rules: PlanLevel;
  /** when the rules last raised it; null while at 'none' */
  raisedAt: number | null;
  /** for each level that is on by the rules: since when they have wanted less than it without a break; not there while they want it */
  eased: Partial<Record<AlertLevel, number>>;
  /** the mildest first; a refusal stays until its level is not wanted any more */
  asking: readonly Asking[];
  /** what holds, with orders */
  level: PlanLevel;
  /** since when this level holds; null when none ever did */
  since: number | null;
}
export const startMemory: PlanMemory = {
  rules: 'none',
  raisedAt: null,
  eased: {},
  asking: [],
  level: 'none',
  since: null,
};
/** Days of the past that rules may reach back to: seven days in a row whose minimum is compared with two days before, or 168 hours. */
export const lookBackDays = 9;

/** What speaks for or against a level. Each has its words under `plan.why.<code>`; `facts` fill their holes. */
export const reasonCodes = [
  'weather',
  'alert',
  'schedule',
  'order_floor',
  'order_ceiling',
  'minimum_on',
  'confirming',
  'returning',
  'unknown',
  'asking',
  'refused',
  'advised',
  'mild',
  'closed',
] as const;
export interface PlanReason {
  code: (typeof reasonCodes)[number];
  level: PlanLevel;
  /** numbers, ISO times, and codes (`measure`, `basis`, `type`) */
  facts: Record<string, string | number>;
}

export interface Decision {
  level: PlanLevel;
  memory: PlanMemory;
  /** the highest level that the rules want now, made neither steady nor asked for */
  wanted: PlanLevel;
  /** a level that would be on if it did not ask first, and when it will be */
  proposal: { level: PlanLevel; askedAt: number; deadline: number } | null;
  /** the highest level that is only advised */
  advice: PlanLevel;
  /** the order that holds */
  orderId: string | null;
  /** the earliest time at which it can go down by what is known now; null when nothing says so or it is off */
  until: number | null;
  why: PlanReason[];
}
