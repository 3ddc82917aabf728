/** The cold aid on scene: four questions to a stage and to what to do. An aid, never a diagnosis: guessed right in about half of the cases, so what nobody can tell counts as the worse. */
import { type ColdStage, coldStages } from './encounters.ts';

/** In the order they are asked. */
export const coldQuestions = ['awake', 'breathing', 'confused', 'shivering'] as const;
export type ColdQuestion = (typeof coldQuestions)[number];
/** null: cannot tell. */
export type ColdAnswer = boolean | null;
export type ColdAnswers = Readonly<Record<ColdQuestion, ColdAnswer>>;
/** A row of the rule `aid.cold_stages`: null matches any answer; the first row that matches counts. */
export type ColdRow = ColdAnswers & { readonly stage: ColdStage };

/** What to do, in the order of doing it; the words are under `aid.advice.<code>`. */
export const coldAdvice = [
  'ambulance',
  'cpr',
  'recovery_position',
  'keep_flat',
  'handle_gently',
  'shelter',
  'dry',
  'insulate',
  'warm_drink',
  'nothing_by_mouth',
  'no_alcohol',
] as const;
type ColdAdvice = (typeof coldAdvice)[number];
export interface ColdResult {
  stage: ColdStage;
  ambulance: boolean;
  advice: ColdAdvice[];
}

const advised: Readonly<Record<ColdStage, readonly ColdAdvice[]>> = {
  ht1: ['shelter', 'dry', 'warm_drink'],
  ht2: ['keep_flat', 'handle_gently', 'insulate'],
  ht3: ['recovery_position', 'handle_gently', 'insulate'],
  ht4: ['cpr', 'insulate'],
};
/** What holds where no row does: an ambulance, and nothing that would hurt somebody who breathes. */
const UNLISTED: ColdStage = 'ht2';

/** Every way these questions could turn out once somebody could tell. */
const possible = (answers: ColdAnswers, open: readonly ColdQuestion[]): ColdAnswers[] =>
  open.reduce<ColdAnswers[]>(
    (ways, question) => ways.flatMap((way) => [true, false].map((answer) => ({ ...way, [question]: answer }))),
    [answers],
  );
const stageOf = (answers: ColdAnswers, table: readonly ColdRow[]): ColdStage =>
  table.find((row) => coldQuestions.every((question) => row[question] === null || row[question] === answers[question]))
    ?.stage ?? UNLISTED;
const worst = (stages: readonly ColdStage[]): ColdStage =>
  coldStages[Math.max(...stages.map((stage) => coldStages.indexOf(stage)))] ?? UNLISTED;

/** Stage and advice from the answers and the rule's table; whoever may be confused gets an ambulance whatever the table says. */
export function coldAid(answers: ColdAnswers, table: readonly ColdRow[]): ColdResult {
  const unknown = coldQuestions.filter((question) => answers[question] === null);
  const stage = worst(possible(answers, unknown).map((each) => stageOf(each, table)));
  const ambulance = stage !== 'ht1' || answers.confused !== false;
  const drinks = !ambulance && answers.awake === true;
  const codes = new Set<ColdAdvice>([...advised[stage], 'no_alcohol']);
  if (ambulance) codes.add('ambulance');
  if (!drinks) {
    codes.delete('warm_drink');
    codes.add('nothing_by_mouth');
  }
  return { stage, ambulance, advice: coldAdvice.filter((code) => codes.has(code)) };
}

/** The next question whose answer could still change what comes out, or null when the rest says nothing more: two to four taps with the usual table. */
export function nextQuestion(
  answered: Readonly<Partial<Record<ColdQuestion, ColdAnswer>>>,
  table: readonly ColdRow[],
): ColdQuestion | null {
  const open = coldQuestions.filter((question) => answered[question] === undefined);
  const told: ColdAnswers = { awake: null, breathing: null, confused: null, shivering: null, ...answered };
  const outcome = (answers: ColdAnswers): string => {
    const { stage, ambulance } = coldAid(answers, table);
    return `${stage} ${String(ambulance)}`;
  };
  return (
    open.find((question) =>
      possible(told, open).some((way) => outcome(way) !== outcome({ ...way, [question]: way[question] !== true })),
    ) ?? null
  );
}
