/** The last page of the form: what will be sent, read from the form itself so that every word is there already. */
import { readFields } from './answers.ts';
import { all, find } from './page.ts';

type Word = (key: string, values?: Record<string, string | number>) => string;

/** Words beside a tick. */
const labelOf = (input: HTMLElement): string => input.parentElement?.textContent.trim() ?? '';

/** Writes the summary anew. */
export function summarise(form: HTMLFormElement, word: Word, photos: number): void {
  const fields = readFields(form);
  const value = (name: string): string => (fields[name]?.[0] ?? '').trim();
  const located = value('coords') || (value('lon') !== '' && value('placeText') === '' ? word('located') : '');
  const answers = all('.choices', form).map((group) => {
    const chosen = find('input:checked', group);
    const unknown = !(chosen instanceof HTMLInputElement) || chosen.value === 'unknown';
    return unknown ? '' : `${find('legend', group)?.textContent ?? ''} ${labelOf(chosen)}`;
  });
  const lines: Record<string, string> = {
    where: [value('placeText'), value('placeCode'), located].filter(Boolean).join(word('comma')),
    people: value('people'),
    signs: all('.signs input:checked', form).map(labelOf).join(word('comma')),
    answers: answers.filter(Boolean).join('\n'),
    description: value('description'),
    contact: value('contact'),
    photo: word('photo.count', { count: photos }),
  };
  for (const place of all('[data-of]', form)) place.textContent = lines[place.dataset['of'] ?? ''] || word('none');
  form.classList.toggle('in-danger', find('.dangerous:checked', form) !== null);
}
