/** What a step does, in one line: for lists, and for the question before something is switched on. */
import type { ShelterRow } from '../../shared/shelters.ts';
import { isTemporary } from '../../shared/shelters.ts';
import type { StepRow, StepSpec } from '../../shared/plans.ts';
import type { State } from '../../shared/state.ts';
import { inOne } from './both.ts';
import type { Speech } from './sentence.ts';

export { inOne };

type Picture = Pick<State, 'shelters' | 'stations'>;
/** Places that a plan of a station can open: its own and those below it. */
export const placesOf = ({ shelters, stations }: Picture, stationId: string): ShelterRow[] =>
  Object.values(shelters)
    .filter((row) => stations[row.stationId]?.path.includes(stationId) ?? row.stationId === stationId)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
/** Which of them a step would open. */
export const opened = (places: readonly ShelterRow[], chosen: 'all' | readonly string[]): ShelterRow[] =>
  places.filter(({ id, kind }) => (chosen === 'all' ? isTemporary(kind) : chosen.includes(id)));

export function deedWords(speech: Speech, { deed }: Pick<StepSpec, 'deed'>, places: readonly ShelterRow[]): string {
  const { t, locale } = speech;
  const list = (words: readonly string[]): string => words.join(t('list.comma'));
  switch (deed.kind) {
    case 'open_shelters': {
      const found = opened(places, deed.shelters);
      const what =
        deed.shelters === 'all'
          ? t('plans.deed.open_all', { count: found.length })
          : t('plans.deed.open', { count: deed.shelters.length, names: list(found.map(({ name }) => name)) });
      return [
        what,
        ...(deed.surge ? [t('plans.deed.surge')] : []),
        ...(deed.opening === undefined ? [] : [t('plans.deed.opening')]),
      ].join(t('list.comma'));
    }
    case 'visit_sites':
      return deed.sites === 'all'
        ? t('plans.deed.visit_all', { hours: deed.everyH })
        : t('plans.deed.visit', { count: deed.sites.length, hours: deed.everyH });
    case 'call_roster':
      return t('plans.deed.call', { roles: list(deed.roles.map((role) => t(`role.${role}`))), count: deed.minimum });
    case 'set_rules':
      return t('plans.deed.rules', { rules: list(Object.keys(deed.values).map((key) => t(`rule.${key}`))) });
    case 'load':
      return t('plans.deed.load');
    case 'notify':
      return t(deed.alarm ? 'plans.deed.alarm' : 'plans.deed.notify', {
        to: list(deed.to.map((role) => t(`role.${role}`))),
        words: inOne(locale, deed.words),
      });
    case 'public_notice':
      return t('plans.deed.public', { words: inOne(locale, deed.words) });
    case 'webhook':
      return t('plans.deed.webhook', { url: deed.url });
    case 'task':
      return t('plans.deed.task');
  }
}
/** Counts that a step left, in words: `opened 6 places, 84 beds`. */
export function resultWords({ t, has }: Speech, { result }: Pick<StepRow, 'result'>): string {
  return Object.entries(result)
    .map(([key, count]) =>
      has(`plan.result.${key}`) || has(`plan.result.${key}_other`)
        ? t(`plan.result.${key}`, { count })
        : `${key.replaceAll('_', ' ')}: ${String(count)}`,
    )
    .join(t('list.comma'));
}
