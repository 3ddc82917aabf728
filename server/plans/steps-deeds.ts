/** What each kind of step does and how it is taken back. */
import type { StepRow } from '../../shared/plans.ts';
import type { Handler } from './steps-outcome.ts';
import { callRoster, load, task } from './steps-people.ts';
import { setRules, visitSites } from './steps-places.ts';
import { openShelters } from './steps-shelters.ts';
import { notify, publicNotice, webhook } from './steps-told.ts';

export const deeds: { readonly [K in StepRow['kind']]: Handler<K> } = {
  open_shelters: openShelters,
  visit_sites: visitSites,
  call_roster: callRoster,
  set_rules: setRules,
  load,
  notify,
  public_notice: publicNotice,
  webhook,
  task,
};
