/** The desk's question on a reporter's page, and the form that answers it without JavaScript. */
import { Problem } from '../../shared/problems.ts';
import { answerQuestion } from '../../shared/questions.ts';
import type { FollowRow } from '../../shared/sightings.ts';
import { html, type Html } from '../http/html.ts';
import type { PageContext } from '../http/route.ts';
import type { Translate } from '../http/words.ts';
import { runCommand } from '../realtime/command.ts';
import { answer } from './commands-questions.ts';

/** What the page says about an answer; the words are under `follow.answer.<note>`. */
export const answerNotes = ['thanks', 'empty', 'long', 'settled', 'again'] as const;
export type AnswerNote = (typeof answerNotes)[number];

/** What was filled in, to be shown again when it was not taken. */
export interface Draft {
  text: string;
  still: string;
}
export const noDraft: Draft = { text: '', still: '' };

/** The section around the question; it stays hidden until there is one, so that the script only has to fill it. */
export function questionSection(
  { t }: PageContext,
  { question, questionId }: Pick<FollowRow, 'question' | 'questionId'>,
  shown: { path: string; note: AnswerNote | null; draft: Draft },
): Html {
  const { note, draft } = shown;
  const isWrong = note === 'empty' || note === 'long';
  const stands = question === t('question.still_there');
  return html`<section class="question" ${question === null && note === null && html` hidden`} aria-labelledby="question-title">
    <h2 id="question-title">${t('follow.question')}</h2>
    <p class="said" role="status">${note !== null && !isWrong && t(`follow.answer.${note}`)}</p>
    <form method="post" action="${shown.path}/answer" ${question === null && html` hidden`}>
      <input type="hidden" name="questionId" value="${questionId}" />
      <p class="asked" id="asked">${question}</p>
      <p class="error" id="answer-error" role="alert" ${!isWrong && html` hidden`}>${isWrong && t(`follow.answer.${note}`)}</p>
      <fieldset class="choices">
        <legend${stands && html` class="unseen"`}>${t('report.stillThere')}</legend>
        <div>
          ${(['yes', 'no', 'unknown'] as const).map((value) => html`<label><input type="radio" name="still" value="${value}" ${draft.still === value && html` checked`} /><span>${t(`report.answer.${value}`)}</span></label>`)}
        </div>
      </fieldset>
      <div class="field">
        <label for="answer">${t('follow.answer')}</label>
        <p class="hint" id="answer-hint">${t('follow.question.how')}</p>
        <textarea id="answer" name="text" rows="3" maxlength="1000" aria-describedby="answer-hint answer-error" ${isWrong && html` aria-invalid="true"`}>
${draft.text}</textarea>
      </div>
      <p class="go"><button class="main" type="submit">${t('follow.answer.send')}</button></p>
    </form>
  </section>`;
}

/** What the posted form says. "Don't know" alone is an answer too, and is given in words. */
function readForm(body: unknown, t: Translate): { draft: Draft; answer: Record<string, unknown> } {
  const given = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  // PostgreSQL takes no NUL; a browser sends line ends as CR LF
  const field = (name: string): string => {
    const value = Object.hasOwn(given, name) ? given[name] : '';
    return typeof value === 'string' ? value.replaceAll('\u0000', '').replaceAll('\r\n', '\n').trim() : '';
  };
  const draft = { text: field('text'), still: field('still') };
  const text = draft.text === '' && draft.still === 'unknown' ? t('report.answer.unknown') : draft.text;
  const questionId = field('questionId');
  return {
    draft,
    answer: {
      ...(text === '' ? {} : { text }),
      ...(draft.still === 'yes' || draft.still === 'no' ? { stillThere: draft.still === 'yes' } : {}),
      ...(questionId === '' ? {} : { questionId }),
    },
  };
}

/** Takes the posted form; what the page then has to say, with the answers if they were not taken. Throws what is no fault of theirs. */
export async function takeAnswer(
  { service, actor, t }: PageContext,
  token: string,
  body: unknown,
): Promise<{ status: number; note: AnswerNote; draft: Draft }> {
  const { draft, answer: given } = readForm(body, t);
  const parsed = answerQuestion.body.safeParse(given);
  // a question that is no id was not asked here
  if (!parsed.success && parsed.error.issues.some(({ path }) => path[0] === 'questionId'))
    return { status: 409, note: 'settled', draft: noDraft };
  if (!parsed.success) return { status: 422, note: given['text'] === undefined ? 'empty' : 'long', draft };
  try {
    const audit = { command: answerQuestion.name, subjectIds: [], fields: Object.keys(parsed.data) };
    await runCommand(service, actor, audit, (ctx) => answer(ctx, token, parsed.data));
    return { status: 303, note: 'thanks', draft: noDraft };
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (problem.code === 'no_question') return { status: 409, note: 'settled', draft: noDraft };
    if (problem.code === 'unavailable') return { status: 503, note: 'again', draft };
    throw problem;
  }
}
