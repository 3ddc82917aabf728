/** One catalogue in two languages: every word that code asks for is there, with the same holes to fill. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { alertNeeds, alertStates } from '../../shared/alerts.ts';
import { lookReasons } from '../../shared/coverage.ts';
import { stopStates, visitWays } from '../../shared/rounds.ts';
import { coldLevels } from '../../shared/cold-clock.ts';
import { dispatchStatuses } from '../../shared/dispatches.ts';
import { coldAdvice, coldQuestions } from '../../shared/cold-aid.ts';
import {
  coldStages,
  consents,
  consentScopes,
  handoverTo,
  keyGroups,
  notFoundReasons,
  personNeeds,
  personOutcomes,
  spokenLanguages,
} from '../../shared/encounters.ts';
import { feedFaults, feedKinds } from '../../shared/feeds.ts';
import { crsNames } from '../../shared/geo.ts';
import { entryKinds, incidentStatuses, lanes, priorities } from '../../shared/incidents.ts';
import en from '../../shared/locales/en.json' with { type: 'json' };
import zh from '../../shared/locales/zh-CN.json' with { type: 'json' };
import { patrolStatuses } from '../../shared/patrols.ts';
import { weatherBases, weatherMeasures } from '../../shared/plan-conditions.ts';
import { levelModes } from '../../shared/plan-engine.ts';
import { planLevels } from '../../shared/plan-levels.ts';
import { rehearsalDatasets, stepCounts, stepKinds, stepOwners } from '../../shared/plans.ts';
import { problemStatus } from '../../shared/problems.ts';
import { roles } from '../../shared/roles.ts';
import { exclusions } from '../../shared/shelter-match.ts';
import { bedKinds, freshnesses, placeUnits, shelterKinds, shelterStatuses } from '../../shared/shelters.ts';
import { followStatuses, signs, sources } from '../../shared/sightings.ts';
import { namedSkills } from '../../shared/skills.ts';
import { stocktakeReasons } from '../../shared/stocktakes.ts';
import { itemKinds, placeKinds, reasons } from '../../shared/supplies.ts';
import { taskKinds } from '../../shared/tasks.ts';
import { precipitations } from '../../shared/weather.ts';
import { adminTour } from '../../web/admin/tour.ts';
import { crewTour } from '../../web/crew/tour.ts';
import { mapLayers } from '../../web/desk/address.ts';
import { alarmKinds } from '../../web/desk/alarms.ts';
import { commands } from '../../web/desk/commands.ts';
import { deskTour } from '../../web/desk/tour.ts';
import { dutyTour } from '../../web/duty/tour.ts';
import { changeCodes, refusalCodes } from '../../web/encounters/draft.ts';
import { compass, skipReasons } from '../../web/rounds/progress.ts';
import { nodeKinds } from '../../web/plans/edit.ts';
import { feasts } from '../../web/plans/sentence.ts';
import { plansTour } from '../../web/plans/tour.ts';
import { shelterTour } from '../../web/shelter/tour.ts';
import { tallyTour } from '../../web/tally/tour.ts';

const english: Record<string, string> = en;
const chinese: Record<string, string> = zh;
const has = (key: string): boolean => key in english || `${key}_other` in english;

const root = fileURLToPath(new URL('../../', import.meta.url));
const files = ['web', 'server']
  .flatMap((folder) =>
    readdirSync(`${root}${folder}`, { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`),
  )
  .filter((name) => /\.(ts|vue)$/.test(name));
const sources_ = files.map((name) => ({ name, text: readFileSync(`${root}${name}`, 'utf8') }));

/** Families of keys that code makes from a value: every value of the list has its words. */
/** Kinds of warnings that the default of the rule `alerts.types` names. */
const alertTypes = [
  'cold_wave',
  'low_temperature',
  'cold',
  'snowstorm',
  'road_ice',
  'gale',
  'frost',
  'rainstorm',
  'fog',
];

const families: Record<string, readonly string[]> = {
  'problem.': Object.keys(problemStatus),
  'timeline.': entryKinds,
  'incident.status.': incidentStatuses,
  'dispatch.status.': dispatchStatuses,
  'patrol.status.': patrolStatuses,
  'shelter.status.': shelterStatuses,
  'shelter.kind.': shelterKinds,
  'follow.status.': followStatuses,
  'role.': roles,
  'sign.': signs,
  'source.': sources,
  'priority.': priorities,
  'lane.': lanes,
  'outcome.': personOutcomes,
  'notfound.': notFoundReasons,
  // what rows of before may hold stays readable
  'encounter.group.': [...keyGroups, 'family'],
  'encounter.need.': [...personNeeds, 'pet', 'couple'],
  'encounter.language.': [...spokenLanguages, 'other'],
  'encounter.consent.': consents,
  'encounter.scope.': consentScopes,
  'encounter.refusal.': refusalCodes,
  'encounter.change.': changeCodes,
  'handover.to.': handoverTo,
  'aid.question.': coldQuestions,
  'aid.advice.': coldAdvice,
  'aid.stage.': coldStages,
  'bed.': bedKinds,
  'match.excluded.': exclusions,
  'match.unit.': placeUnits,
  'freshness.': freshnesses,
  'crs.': crsNames,
  'cold.level.': coldLevels,
  'cold.basis.': ['weather', 'signs'],
  'precipitation.': precipitations,
  'task.': taskKinds,
  'feeds.kind.': feedKinds,
  'feeds.form.url.': feedKinds,
  'feeds.fault.': feedFaults,
  'feeds.upload.error.': ['type', 'format', 'enum', 'columns', 'duplicate', 'unknown_field', 'malformed', 'encoding'],
  'alert.state.': alertStates,
  'alert.needs.': alertNeeds,
  'alert.type.': alertTypes,
  'item.kind.': itemKinds,
  'supplies.place.': placeKinds,
  'supplies.reason.': reasons,
  'stocktake.reason.': stocktakeReasons,
  'command.': commands.map(({ id }) => id),
  'alarm.': alarmKinds,
  'map.layer.': mapLayers,
  'coverage.reason.': lookReasons,
  'coverage.kind.': ['site', 'cell'],
  'compass.': compass,
  'round.how.': visitWays,
  'round.stop.': [...stopStates, 'next'],
  'crew.round.skip.': [...skipReasons, 'other'],
  'site.state.': ['overdue', 'soon', 'ok', 'free'],
  'actor.': ['public', 'system', 'token'],
  'suggestion.reason.': [
    ...[
      'no_position',
      'no_place',
      'stale_position',
      'nearest',
      'free',
      'soon_free',
      'seats',
      'missing_seats',
      'on_foot',
    ],
    ...namedSkills.flatMap((name) => [name, `missing_${name}`]),
    ...['speaks', 'missing_language', 'supplies', 'missing_supplies', 'shift_ends'],
  ],
  'send.router.': ['slow', 'wrong', 'dead', 'big'],
  'plan.result.': stepCounts,
  'plan.fault.': ['not_found', 'invalid', 'unavailable', 'other', ...feedFaults],
  'plan.level.': planLevels,
  'plan.measure.': weatherMeasures,
  'plans.measure.': weatherMeasures,
  'plans.basis.': weatherBases,
  'plans.say.basis.': weatherBases,
  'plans.say.hours.': weatherBases,
  'plans.node.': nodeKinds,
  'plans.lunar.': [...feasts, 'other'],
  'plans.mode.': levelModes.flatMap((mode) => [mode, `${mode}.short`]),
  'plans.owner.': stepOwners,
  'plans.kind.': stepKinds,
  'plans.order.': ['floor', 'ceiling'],
  'plans.dataset.': [...rehearsalDatasets, 'stored', 'own'],
  'plans.csv.': ['empty', 'columns', 'line', 'too_long'],
  'plans.part.': ['now', 'rules', 'rehearsal', 'warnings', 'feeds'],
  'plan.unassigned.': ['nobody_left', 'no_reach', 'no_place', 'beyond', 'closed', 'has_patrol', 'awaits_closing'],
  ...Object.fromEntries(
    Object.entries({
      admin: adminTour,
      desk: deskTour,
      crew: crewTour,
      shelter: shelterTour,
      duty: dutyTour,
      plans: plansTour,
      tally: tallyTour,
    }).map(([face, steps]) => [`tour.${face}.`, steps.flatMap(({ at }) => [at, `${at}.text`])]),
  ),
  'suggestion.excluded.': ['busy', 'break', 'other_station'],
};

describe('words', () => {
  it('has the same keys in both languages, all of them with words', () => {
    expect(Object.keys(chinese).sort()).toEqual(Object.keys(english).sort());
    for (const [key, words] of [...Object.entries(english), ...Object.entries(chinese)])
      expect(words.trim(), key).not.toBe('');
  });

  it('has the same holes to fill in both languages', () => {
    const holes = (words: string): string[] =>
      [...new Set([...words.matchAll(/\{\{\s*(\w+)[^}]*\}\}/g)].map(([, name]) => name ?? ''))].sort();
    const differing = Object.keys(english).filter((key) => {
      // "one report": a singular may do without its number
      if (key.endsWith('_one'))
        return holes(english[key] ?? '').some((name) => name !== 'count' && !holes(chinese[key] ?? '').includes(name));
      return holes(english[key] ?? '').join() !== holes(chinese[key] ?? '').join();
    });
    expect(differing).toEqual([]);
    // i18next's own braces and none left open
    for (const words of [...Object.values(english), ...Object.values(chinese)])
      expect(words.replaceAll(/\{\{\w+\}\}/g, '')).not.toMatch(/[{}]/);
  });

  it('writes Chinese in the Chinese catalogue and none in the English one, names apart', () => {
    const names = /暖途|中文/g;
    const untranslated = Object.entries(chinese).filter(
      ([key, words]) =>
        !/\p{Script=Han}/u.test(words) &&
        words === english[key] &&
        /[a-z]{4}/i.test(words.replaceAll(/\{\{\w+\}\}/g, '')),
    );
    expect(untranslated.filter(([, words]) => !/GCJ|WGS|BD-?09|English|CSV|Amap|Baidu|Apple/i.test(words))).toEqual([]);
    expect(Object.entries(english).filter(([, words]) => /\p{Script=Han}/u.test(words.replaceAll(names, '')))).toEqual(
      [],
    );
  });

  it('has every word that code names', () => {
    const missing = sources_.flatMap(({ name, text }) =>
      [
        ...text.matchAll(/\b(?:t|problemWords|hasWord)\(\s*(['"])([^'"]+)\1/g),
        ...text.matchAll(/\btitle: (')(title\.[\w.]+)'/g),
      ]
        .map(([, , key]) => key ?? '')
        .filter((key) => key.includes('.') && !has(key))
        .map((key) => `${name}: ${key}`),
    );
    expect(missing).toEqual([]);
  });

  it('has every word that code makes from a value', () => {
    const missing = Object.entries(families).flatMap(([prefix, values]) =>
      values.map((value) => `${prefix}${value}`).filter((key) => !has(key)),
    );
    expect(missing).toEqual([]);
    const empty = sources_.flatMap(({ name, text }) =>
      [...text.matchAll(/\bt\(\s*`([\w.]+\.)\$\{/g)]
        .map(([, prefix]) => prefix ?? '')
        .filter((prefix) => !Object.keys(english).some((key) => key.startsWith(prefix)))
        .map((prefix) => `${name}: ${prefix}*`),
    );
    expect(empty).toEqual([]);
  });

  it('says which words nobody asks for (said, not refused)', () => {
    const all = sources_.map(({ text }) => text).join('\n');
    const quoted = new Set([...all.matchAll(/(['"])([\w./-]+)\1/g)].map(([, , key]) => key));
    const made = [...new Set([...all.matchAll(/`([\w.]+\.)\$\{/g)].map(([, prefix]) => prefix ?? ''))];
    const unused = Object.keys(english)
      .map((key) => key.replace(/_(one|other)$/, ''))
      .filter((key) => !quoted.has(key) && !made.some((prefix) => key.startsWith(prefix)));
    if (unused.length > 0) console.warn(`words that no code seems to ask for: ${[...new Set(unused)].join(', ')}`);
    expect(unused.length).toBeLessThan(Object.keys(english).length / 10);
  });
});
