/** The cold aid over every combination of answers: a pure table, so all of it is looked at. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { statements } from '../../migrations/202611220021_street_rules.ts';
import {
  coldAdvice,
  coldAid,
  type ColdAnswer,
  type ColdAnswers,
  coldQuestions,
  type ColdQuestion,
  type ColdRow,
  nextQuestion,
} from '../../shared/cold-aid.ts';
import { coldStages } from '../../shared/encounters.ts';
import { ruleSchemas } from '../../shared/rules.ts';

const schema = ruleSchemas['aid.cold_stages'];
/** the rule as a new city has it */
const table: readonly ColdRow[] = (() => {
  const row = statements.find((sql) => sql.includes("'aid.cold_stages'"))?.match(/'(\[.*\])'/)?.[1];
  return schema.parse(JSON.parse(row ?? 'null'));
})();
const said: readonly ColdAnswer[] = [true, false, null];
const all: readonly ColdAnswers[] = said.flatMap((awake) =>
  said.flatMap((breathing) =>
    said.flatMap((confused) => said.map((shivering) => ({ awake, breathing, confused, shivering }))),
  ),
);
const severity = (answers: ColdAnswers, rows: readonly ColdRow[] = table): number =>
  coldStages.indexOf(coldAid(answers, rows).stage);
const told = (words: string): ColdAnswers => {
  const [awake, breathing, confused, shivering] = [...words].map((one) => (one === '?' ? null : one === 'y'));
  return {
    awake: awake ?? null,
    breathing: breathing ?? null,
    confused: confused ?? null,
    shivering: shivering ?? null,
  };
};
const anyRow = fc.record({
  awake: fc.constantFrom(...said),
  breathing: fc.constantFrom(...said),
  confused: fc.constantFrom(...said),
  shivering: fc.constantFrom(...said),
  stage: fc.constantFrom(...coldStages),
});

describe('the cold aid', () => {
  it.each([
    // awake, breathing, confused, shivering
    ['yyny', 'ht1', ['shelter', 'dry', 'warm_drink', 'no_alcohol']],
    ['y?ny', 'ht1', ['shelter', 'dry', 'warm_drink', 'no_alcohol']],
    ['yyyy', 'ht2', ['ambulance', 'keep_flat', 'handle_gently', 'insulate', 'nothing_by_mouth', 'no_alcohol']],
    ['y?nn', 'ht2', ['ambulance', 'keep_flat', 'handle_gently', 'insulate', 'nothing_by_mouth', 'no_alcohol']],
    ['y?n?', 'ht2', ['ambulance', 'keep_flat', 'handle_gently', 'insulate', 'nothing_by_mouth', 'no_alcohol']],
    ['ny??', 'ht3', ['ambulance', 'recovery_position', 'handle_gently', 'insulate', 'nothing_by_mouth', 'no_alcohol']],
    ['nn??', 'ht4', ['ambulance', 'cpr', 'insulate', 'nothing_by_mouth', 'no_alcohol']],
    ['????', 'ht4', ['ambulance', 'cpr', 'insulate', 'nothing_by_mouth', 'no_alcohol']],
  ])('%s is %s', (answers, stage, advice) => {
    expect(coldAid(told(answers), table)).toEqual({ stage, ambulance: stage !== 'ht1', advice });
  });

  it('over all 81 ways to answer: what nobody can tell is never milder, and the mild stage is the only one without an ambulance', () => {
    expect(all).toHaveLength(81);
    for (const answers of all) {
      const { stage, ambulance, advice } = coldAid(answers, table);
      expect(advice).toEqual(coldAdvice.filter((code) => advice.includes(code)));
      expect(advice.includes('ambulance')).toBe(ambulance);
      expect(ambulance).toBe(stage !== 'ht1');
      if (answers.confused === true) expect(ambulance).toBe(true);
      expect(advice.includes('cpr')).toBe(stage === 'ht4');
      expect(advice).toContain('no_alcohol');
      // nothing by mouth unless fully awake, and never both
      expect(advice.includes('warm_drink')).toBe(!advice.includes('nothing_by_mouth'));
      if (advice.includes('warm_drink')) expect(answers).toMatchObject({ awake: true, confused: false });
      for (const question of coldQuestions)
        if (answers[question] === null)
          expect(severity(answers)).toBe(
            Math.max(severity({ ...answers, [question]: true }), severity({ ...answers, [question]: false })),
          );
    }
  });

  it("holds for any table a city may make of it: unknown counts as the worse, and 'confused or slurring' alone has an ambulance", () => {
    fc.assert(
      fc.property(fc.array(anyRow, { minLength: 1, maxLength: 20 }), fc.constantFrom(...all), (rows, answers) => {
        expect(schema.safeParse(rows).success).toBe(true);
        const { ambulance, advice } = coldAid(answers, rows);
        if (answers.confused !== false) expect(ambulance).toBe(true);
        expect(advice.includes('warm_drink')).toBe(!advice.includes('nothing_by_mouth'));
        for (const question of coldQuestions)
          if (answers[question] === null)
            for (const answer of [true, false])
              expect(severity(answers, rows)).toBeGreaterThanOrEqual(
                severity({ ...answers, [question]: answer }, rows),
              );
      }),
      { numRuns: 300 },
    );
  });

  it('asks only what could still change it, at most four times, and what it leaves out would have changed nothing', () => {
    const asked = (truth: ColdAnswers, rows: readonly ColdRow[]): Partial<Record<ColdQuestion, ColdAnswer>> => {
      const answered: Partial<Record<ColdQuestion, ColdAnswer>> = {};
      for (let next = nextQuestion(answered, rows); next !== null; next = nextQuestion(answered, rows))
        answered[next] = truth[next];
      return answered;
    };
    const blank: ColdAnswers = told('????');
    expect(Object.keys(asked(told('yyny'), table))).toEqual(['awake', 'confused', 'shivering']);
    expect(Object.keys(asked(told('yyyy'), table))).toEqual(['awake', 'confused']);
    expect(Object.keys(asked(told('ny??'), table))).toEqual(['awake', 'breathing']);
    expect(Object.keys(asked(told('?y??'), table))).toEqual(['awake', 'breathing']);
    for (const truth of all) {
      const taps = asked(truth, table);
      // awake and not breathing is no answer anybody gives: whoever is awake is not asked
      if (truth.awake !== true) expect(severity({ ...blank, ...taps })).toBe(severity(truth));
      else expect(severity({ ...blank, ...taps })).toBe(severity({ ...truth, breathing: true }));
      expect(Object.keys(taps).length).toBeLessThanOrEqual(3);
    }
    fc.assert(
      fc.property(fc.array(anyRow, { minLength: 1, maxLength: 8 }), fc.constantFrom(...all), (rows, truth) => {
        const taps = asked(truth, rows);
        expect(severity({ ...blank, ...taps }, rows)).toBeGreaterThanOrEqual(severity(truth, rows));
      }),
      { numRuns: 200 },
    );
  });
});
