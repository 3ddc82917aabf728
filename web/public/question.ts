/** The desk's question on the reporter's page: shown when it comes, answered in place, and kept while there is no connection. */
import type { FollowRow } from '../../shared/sightings.ts';
import { find } from './page.ts';

type Asked = Pick<FollowRow, 'question' | 'questionId'>;
type Word = (key: string) => string;
const TIMEOUT_MS = 20_000;

/** What the form says, as the answer's body; null when it says nothing. "Don't know" alone is an answer too, and is given in words. */
function answerOf(form: HTMLFormElement, word: Word): Record<string, unknown> | null {
  const fields = new FormData(form);
  const field = (name: string): string => {
    const value = fields.get(name);
    return typeof value === 'string' ? value.trim() : '';
  };
  const still = field('still');
  const text = field('text') === '' && still === 'unknown' ? word('report.answer.unknown') : field('text');
  if (text === '' && still !== 'yes' && still !== 'no') return null;
  return {
    questionId: field('questionId'),
    ...(text === '' ? {} : { text }),
    ...(still === 'yes' || still === 'no' ? { stillThere: still === 'yes' } : {}),
  };
}

/**
 * Takes over the form. `taken` gets the page's new state after an answer. Returns what draws the question of a state: true when
 * it is a new one. What is being written is never touched by news of the same question.
 */
export function startQuestion(
  token: string,
  shown: string | null,
  word: Word,
  taken: (row: FollowRow) => void,
): (asked: Asked) => boolean {
  const section = find('.question');
  const form = section?.querySelector('form');
  if (!section || !form) return () => false;
  const said = find('.said', section);
  const wrong = find('.error', section);
  const send = form.querySelector('button');
  let asked = shown;
  let sending = false;
  let waits = false;

  const say = (note: string | null): void => {
    if (said) said.textContent = note === null ? '' : word(`follow.answer.${note}`);
    if (note !== null) section.hidden = false;
  };
  const complain = (note: 'empty' | 'long' | null): void => {
    if (wrong) {
      wrong.hidden = note === null;
      wrong.textContent = note === null ? '' : word(`follow.answer.${note}`);
    }
    const text = form.querySelector('textarea');
    if (note === null) text?.removeAttribute('aria-invalid');
    else {
      text?.setAttribute('aria-invalid', 'true');
      text?.focus();
    }
  };
  const draw = ({ question, questionId }: Asked): boolean => {
    if (questionId === asked) return false;
    asked = questionId;
    waits = false;
    form.reset();
    complain(null);
    form.hidden = question === null;
    section.hidden = question === null && (said?.textContent ?? '') === '';
    const words = find('.asked', form);
    if (words) words.textContent = question ?? '';
    form.querySelector('legend')?.classList.toggle('unseen', question === word('question.still_there'));
    const id = form.querySelector<HTMLInputElement>('[name=questionId]');
    if (id) id.value = questionId ?? '';
    return question !== null;
  };

  const submit = async (): Promise<void> => {
    if (sending) return;
    const body = answerOf(form, word);
    complain(body === null ? 'empty' : null);
    if (body === null) return;
    sending = true;
    send?.setAttribute('aria-disabled', 'true');
    const abort = new AbortController();
    const timer = setTimeout(() => {
      abort.abort();
    }, TIMEOUT_MS);
    try {
      const response = await fetch(`/api/follow/${token}/answer`, {
        method: 'POST',
        headers: {
          accept: 'application/json',
          'content-type': 'application/json',
          'x-requested-with': 'warmpath',
        },
        body: JSON.stringify(body),
        signal: abort.signal,
      });
      const reply = (await response.json()) as Partial<FollowRow>;
      waits = false;
      // a captive portal answers 200 too
      if (response.ok && reply.updates) {
        say('thanks');
        taken(reply as FollowRow);
      } else if (reply.code === 'no_question') {
        say('settled');
        draw({ question: null, questionId: null });
      } else if (response.status === 422) complain('long');
      else throw new Error('no answer');
    } catch {
      waits = true;
      say('offline');
    } finally {
      clearTimeout(timer);
      sending = false;
      send?.removeAttribute('aria-disabled');
    }
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    say(null);
    void submit();
  });
  const again = (): void => {
    if (waits && document.visibilityState === 'visible') void submit();
  };
  window.addEventListener('online', again);
  document.addEventListener('visibilitychange', again);
  return draw;
}
