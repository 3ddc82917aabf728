/** Editing a plan's rules: every function answers with a new document and leaves the old one as it was. Pure. */
import type { AlertLevel } from '../../shared/alerts.ts';
import { alertLevels } from '../../shared/alerts.ts';
import type { Condition, WeatherMeasure, WeatherTest } from '../../shared/plan-conditions.ts';
import type { LevelSpec } from '../../shared/plan-engine.ts';
import type { PlanSpec, StepSpec } from '../../shared/plans.ts';

/** Kinds of a node, in the order in which they are offered. */
export const nodeKinds = ['weather', 'alert', 'hours', 'season', 'dates', 'lunar', 'all', 'any'] as const;
export type NodeKind = (typeof nodeKinds)[number];
export const kindOf = (node: Condition): NodeKind => Object.keys(node)[0] as NodeKind;
export const isGroup = (node: Condition): node is { all: Condition[] } | { any: Condition[] } =>
  'all' in node || 'any' in node;
export const membersOf = (node: Condition): Condition[] => ('all' in node ? node.all : 'any' in node ? node.any : []);
/** As many as the contract takes in one group. */
export const MOST_MEMBERS = 12;
/** Groups within groups, beyond which nobody follows any more. */
export const DEEPEST = 4;

/** Measures where the danger lies below the bound. */
export const isLow = (measure: WeatherMeasure): boolean => measure === 'minimum' || measure === 'felt';
const usual: Readonly<Record<WeatherMeasure, number>> = {
  minimum: 0,
  felt: -5,
  fall1: 8,
  fall2: 10,
  wind: 39,
  rain: 10,
  snow: 5,
  precipitation: 10,
};
export const newTest = (measure: WeatherMeasure): WeatherTest =>
  isLow(measure) ? { measure, atMost: usual[measure] } : { measure, atLeast: usual[measure] };

/** What a new node of a kind begins with; `day` is today at the station. */
export function newNode(kind: NodeKind, day: string): Condition {
  switch (kind) {
    case 'weather':
      return { weather: { tests: [newTest('minimum')], basis: 'either', days: 2 } };
    case 'alert':
      return { alert: { level: 'orange' } };
    case 'hours':
      return { hours: { from: '18:00', to: '08:00' } };
    case 'season':
      return { season: { from: '11-01', to: '03-31' } };
    case 'dates':
      return { dates: [day] };
    case 'lunar':
      return { lunar: { month: 1, day: 1, before: 1, after: 7 } };
    case 'all':
      return { all: [newNode('season', day), newNode('weather', day)] };
    case 'any':
      return { any: [newNode('alert', day), newNode('weather', day)] };
  }
}
/** What is no group has no members to change. */
const withMembers = (node: Condition, members: Condition[]): Condition =>
  'all' in node ? { all: members } : 'any' in node ? { any: members } : node;

export const replaceAt = <T>(list: readonly T[], at: number, item: T): T[] =>
  list.map((each, n) => (n === at ? item : each));
export const removeAt = <T>(list: readonly T[], at: number): T[] => list.filter((_, n) => n !== at);
/** Moves one place up (-1) or down (1); at an end it stays. */
export function moveBy<T>(list: readonly T[], at: number, by: -1 | 1): T[] {
  const next = [...list];
  const [here, there] = [next[at], next[at + by]];
  if (here === undefined || there === undefined) return next;
  next[at] = there;
  next[at + by] = here;
  return next;
}

export const setMember = (node: Condition, at: number, member: Condition): Condition =>
  withMembers(node, replaceAt(membersOf(node), at, member));
/** The last member stays: an empty group says nothing. */
export const dropMember = (node: Condition, at: number): Condition =>
  membersOf(node).length > 1 ? withMembers(node, removeAt(membersOf(node), at)) : node;
export const moveMember = (node: Condition, at: number, by: -1 | 1): Condition =>
  withMembers(node, moveBy(membersOf(node), at, by));
/** Adds to a group; anything else becomes the first of a new group of `as`. */
export const addTo = (node: Condition, member: Condition, as: 'all' | 'any' = 'all'): Condition =>
  isGroup(node)
    ? withMembers(node, [...membersOf(node), member])
    : as === 'all'
      ? { all: [node, member] }
      : { any: [node, member] };
/** A group with the other word between its members; anything else unchanged. */
export const turnGroup = (node: Condition): Condition =>
  'all' in node ? { any: node.all } : 'any' in node ? { all: node.any } : node;
/** A group with one member is that member. */
export const unwrap = (node: Condition): Condition => {
  const [only, second] = membersOf(node);
  return only !== undefined && second === undefined ? only : node;
};

/** Another measure keeps the number where it means the same, and turns the bound round where danger lies the other way. */
export function setMeasure(test: WeatherTest, measure: WeatherMeasure): WeatherTest {
  const same = isLow(test.measure) === isLow(measure) && isLow(measure);
  return same ? { ...test, measure } : newTest(measure);
}
/** The bound of a test, to which side it lies, and its milder one (null: none). */
export function setBound(test: WeatherTest, side: 'atMost' | 'atLeast', value: number): WeatherTest {
  const { measure, keep } = test;
  return { measure, [side]: value, ...(keep === undefined ? {} : { keep }) };
}
export function setKeep({ measure, atMost, atLeast }: WeatherTest, keep: number | null): WeatherTest {
  return {
    measure,
    ...(atMost === undefined ? {} : { atMost }),
    ...(atLeast === undefined ? {} : { atLeast }),
    ...(keep === null ? {} : { keep }),
  };
}

export const levelOf = (spec: PlanSpec, level: AlertLevel): LevelSpec | null =>
  spec.levels.find((each) => each.level === level) ?? null;
/** Puts a level in, or takes it out with null; levels stay in their order, and the last one stays. */
export function setLevel(spec: PlanSpec, level: AlertLevel, next: LevelSpec | null): PlanSpec {
  const levels = alertLevels.flatMap((name) => {
    const held = name === level ? next : levelOf(spec, name);
    return held === null ? [] : [held];
  });
  return levels.length === 0 ? spec : { ...spec, levels };
}

/** A name for a step that the plan has not used: the kind, then a number. */
export function freeKey(steps: readonly StepSpec[], kind: StepSpec['deed']['kind']): string {
  const base = kind.replaceAll('_', '-');
  const taken = new Set(steps.map(({ key }) => key));
  for (let n = 1; ; n += 1) {
    const key = n === 1 ? base : `${base}-${String(n)}`;
    if (!taken.has(key)) return key;
  }
}
/** What a step of a kind does before anybody has said more. */
export function newDeed(kind: StepSpec['deed']['kind'], said: StepSpec['title']): StepSpec['deed'] {
  switch (kind) {
    case 'open_shelters':
      return { kind, shelters: 'all', surge: true };
    case 'visit_sites':
      return { kind, sites: 'all', everyH: 4 };
    case 'call_roster':
      return { kind, roles: ['dispatcher'], minimum: 0 };
    case 'set_rules':
      return { kind, values: {} };
    case 'load':
      return { kind, listId: '' };
    case 'notify':
      return { kind, to: ['dispatcher', 'crew'], words: said, alarm: true };
    case 'public_notice':
      return { kind, words: said };
    case 'webhook':
      return { kind, url: 'https://' };
    case 'task':
      return { kind };
  }
}
export const newStep = (
  spec: PlanSpec,
  kind: StepSpec['deed']['kind'],
  from: AlertLevel,
  title: StepSpec['title'],
): StepSpec => ({
  key: freeKey(spec.steps, kind),
  from,
  title,
  owner: 'duty_officer',
  dueMin: kind === 'task' ? 60 : null,
  acknowledge: kind === 'task' || kind === 'notify',
  deed: newDeed(kind, title),
});

/** A plan that begins with nothing but a cold warning of orange. */
export const blankSpec = (): PlanSpec => ({
  levels: [{ level: 'orange', mode: 'ask', askMin: 30, when: { alert: { level: 'orange' } } }],
  steady: { minimumOnH: 12, confirmH: 12, bridgeH: 36 },
  steps: [],
});
/** Steps that run when a plan is raised to a level: those from it and from every level below it. */
export const stepsUpTo = (spec: PlanSpec, level: AlertLevel): StepSpec[] =>
  spec.steps
    .filter(({ from }) => alertLevels.indexOf(from) <= alertLevels.indexOf(level))
    .toSorted((a, b) => alertLevels.indexOf(a.from) - alertLevels.indexOf(b.from));

/** The longest of the known paths that an error lies at or below; null when there is none. Pure. */
export function homeOf(path: string, known: Iterable<string>): string | null {
  let best: string | null = null;
  for (const each of known)
    if ((path === each || path.startsWith(`${each}/`)) && each.length > (best?.length ?? -1)) best = each;
  return best;
}
