/** Two editions of a plan, compared by what each says in words. Pure. */
import type { PlanSpec } from '../../shared/plans.ts';
import type { ShelterRow } from '../../shared/shelters.ts';
import { inOne } from './both.ts';
import { deedWords } from './deeds.ts';
import { conditionWords, type Speech, steadyWords } from './sentence.ts';

export interface Edition {
  name: string;
  active: boolean;
  source: string;
  spec: PlanSpec;
}
/** Everything a plan says, line by line. */
export function linesOf(
  speech: Speech,
  { name, active, source, spec }: Edition,
  places: readonly ShelterRow[],
): string[] {
  const { t, locale } = speech;
  return [
    t('plans.line.name', { name }),
    t(active ? 'plans.line.in_use' : 'plans.inactive'),
    ...(source === '' ? [] : [t('plans.template.source', { source })]),
    ...spec.levels.map((each) =>
      t('plans.line.level', {
        level: t(`plan.level.${each.level}`),
        mode: t(`plans.mode.${each.mode}`, { count: each.askMin }),
        when: conditionWords(speech, each.when),
      }),
    ),
    ...steadyWords(speech, spec.steady),
    ...spec.steps.map((step) =>
      t(step.dueMin === null ? 'plans.line.step' : 'plans.line.step_due', {
        level: t(`plan.level.${step.from}`),
        title: inOne(locale, step.title),
        deed: deedWords(speech, step, places),
        owner: t(`plans.owner.${step.owner}`),
        count: step.dueMin ?? 0,
      }),
    ),
  ];
}
/** Lines that only one of two editions has. */
export function changed(before: readonly string[], after: readonly string[]): { gone: string[]; come: string[] } {
  const [old, fresh] = [new Set(before), new Set(after)];
  return { gone: before.filter((line) => !fresh.has(line)), come: after.filter((line) => !old.has(line)) };
}
