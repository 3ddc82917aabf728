/** Looking at known places more often, and rules of the field laid over a station's own. */
import { Problem } from '../../shared/problems.ts';
import type { RuleKey } from '../../shared/rules.ts';
import { setVisitEvery } from '../sites/commands.ts';
import { lockedVisits } from '../sites/queries.ts';
import { type OwnRule, overlayRules, putRulesBack } from '../stations/commands-rules.ts';
import { stationById } from '../stations/queries.ts';
import { runningRechecks } from './queries-steps.ts';
import { lay, takeOut } from './steps-laid.ts';
import { type Handler, some } from './steps-outcome.ts';

const siteName = (id: string): string => `site:${id}:visits`;

export const visitSites: Handler<'visit_sites'> = {
  async do(ctx, step, { sites, everyH }) {
    const found = await lockedVisits(ctx.db, step.stationId, sites === 'all' ? null : sites);
    const used = found.filter(({ active }) => active);
    if (sites !== 'all' && used.length === 0) throw new Problem('not_found');
    const seldom = used.filter(({ visitEveryH }) => visitEveryH === null || visitEveryH > everyH);
    const changed = await setVisitEvery(
      ctx,
      seldom.map(({ id }) => ({ id, everyH })),
    );
    const now = new Map([...used, ...changed].map(({ id, visitEveryH }) => [id, visitEveryH]));
    const before = await lay(
      ctx,
      step,
      used.map(({ id, visitEveryH }) => ({ of: siteName(id), found: visitEveryH, set: now.get(id) ?? null })),
    );
    const missing = sites === 'all' ? 0 : new Set(sites).size - used.length;
    return { state: 'done', result: { sites: changed.length, ...some({ missing }) }, before };
  },

  async undo(ctx, step) {
    const ids = (step.before ?? []).map(({ of }) => of.split(':')[1] ?? '');
    const held = new Map((await lockedVisits(ctx.db, step.stationId, ids)).map((site) => [site.id, site]));
    const back: { id: string; everyH: number | null }[] = [];
    let kept = 0;
    for (const { of, found, set } of await takeOut(ctx, step)) {
      const site = held.get(of.split(':')[1] ?? '');
      if (!site || site.visitEveryH === found) continue;
      if (site.visitEveryH === set) back.push({ id: site.id, everyH: found as number | null });
      else kept += 1;
    }
    await setVisitEvery(ctx, back);
    return { state: 'done', result: some({ kept }) };
  },
};

/** Where the value of a rule comes from while a plan is on. */
const SOURCE = 'Set by a plan while it is on';
const ruleName = (stationId: string, key: string): string => `rule:${stationId}:${key}`;
const ownOf = ({ value, source, version }: OwnRule): OwnRule => ({ value, source, version });

export const setRules: Handler<'set_rules'> = {
  async do(ctx, step, { values }) {
    const station = await stationById(ctx.db, step.stationId);
    if (!station) throw new Problem('not_found');
    const laid = await overlayRules(ctx, station, values, SOURCE);
    const before = await lay(
      ctx,
      step,
      laid.map((each) => ({
        of: ruleName(station.id, each.key),
        found: each.found && ownOf(each.found),
        set: ownOf(each.laid),
      })),
    );
    return { state: 'done', result: { rules: laid.length }, before };
  },

  async undo(ctx, step, { values }) {
    const top = await takeOut(ctx, step);
    const kept = await putRulesBack(
      ctx,
      step.stationId,
      top.map(({ of, found, set }) => ({
        key: (of.split(':')[2] ?? '') as RuleKey,
        found: found as OwnRule | null,
        laid: set as OwnRule,
      })),
    );
    const clocks = Object.keys(values).some((key) => key.startsWith('recheck.'));
    const rechecks = clocks ? await runningRechecks(ctx.db, step.activationId) : 0;
    return { state: 'done', result: some({ kept: kept.length, rechecks }) };
  },
};
