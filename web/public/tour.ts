/** The report form's tour: offered in the demonstration, and there again behind a button at the foot of the page. */
import { type Step, startTour } from '../ui/tour.ts';
import { rememberTour, tourSeen } from '../ui/tour-seen.ts';
import { find, make, worder } from './page.ts';

export const reportTour: readonly Step[] = [{ at: 'emergency' }, { at: 'where' }, { at: 'next' }, { at: 'shelters' }];

const button = (className: string, words: string, work: () => void): HTMLButtonElement => {
  const made = make('button', className, words);
  made.type = 'button';
  made.addEventListener('click', work);
  return made;
};

/** Puts the offer above the form, once, and the way back to it below. */
export function offerTour(words: Record<string, string>): void {
  const word = worder(words);
  const start = (): void => {
    settle();
    startTour({ face: 'report', steps: reportTour, word });
  };
  const offer = make(
    'aside',
    'tour-offer',
    make('p', '', word('tour.offer')),
    button('main', word('tour.offer.start'), start),
    button('quiet', word('tour.offer.no'), () => settle()),
  );
  const settle = (): void => {
    offer.remove();
    rememberTour('report');
  };
  if (!tourSeen('report')) find('#main')?.prepend(offer);
  find('.bottom nav')?.append(button('quiet', word('tour.start'), start));
}
