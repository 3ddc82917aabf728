/** The outbox as the reporter sees it: what waits on this phone, what is being sent, what has arrived and under which number. */
import type { Waiting } from './outbox-store.ts';
import type { Outbox } from './outbox.ts';
import { find, make } from './page.ts';

interface Hooks {
  /** id of the report the reader has just sent from this page */
  awaited: () => string | null;
  /** it is there; photos go on from the page it leads to */
  arrived: (followUpUrl: string) => void;
  edit: (item: Waiting) => void;
  again: () => void;
}

/** Draws into `.outbox` whenever `draw` is called. */
export function showOutbox(
  outbox: Outbox,
  word: (key: string, values?: Record<string, string | number>) => string,
  hooks: Hooks,
): { draw: () => void } {
  const box = find('.outbox');
  let left = false;

  const button = (text: string, work: () => void): HTMLButtonElement => {
    const made = make('button', 'second', text);
    made.type = 'button';
    made.addEventListener('click', work);
    return made;
  };
  const card = (item: Waiting): HTMLElement => {
    const sending = outbox.sending() === item.id;
    if (item.state === 'refused') {
      return make(
        'div',
        'card refused',
        make('p', '', word('outbox.refused')),
        make(
          'p',
          'ways',
          button(word('outbox.edit'), () => {
            hooks.edit(item);
          }),
          button(word('outbox.delete'), () => void outbox.remove(item.id)),
        ),
      );
    }
    if (item.state === 'sent') {
      const link = make('a', '', word('outbox.follow'));
      link.href = item.followUpUrl;
      const parts = [make('p', '', make('b', '', word('outbox.sent', { code: item.code })), ' ', link)];
      if (item.photos.length > 0) parts.push(make('p', '', word('outbox.photos', { count: item.photos.length })));
      if (item.lostPhotos > 0) parts.push(make('p', '', word('outbox.photo_lost')));
      return make('div', 'card sent', ...parts);
    }
    const words = make(
      'p',
      '',
      make('b', '', word(sending ? 'outbox.sending' : outbox.durable() ? 'outbox.waiting' : 'outbox.unkept')),
    );
    return make('div', `card ${sending ? 'sending' : 'waiting'}`, words);
  };

  const draw = (): void => {
    if (!box || left) return;
    const items = outbox.items();
    const mine = items.find(({ id }) => id === hooks.awaited());
    if (mine?.state === 'sent') {
      left = true;
      outbox.leave();
      hooks.arrived(mine.followUpUrl);
      return;
    }
    if (mine?.state === 'refused') {
      hooks.edit(mine);
      return;
    }
    const cards = items.map(card);
    // the page of this report stays until it is sent; who has another may go on
    if (mine && outbox.sending() !== mine.id) cards.push(make('p', '', button(word('outbox.again'), hooks.again)));
    box.replaceChildren(...cards);
    box.hidden = cards.length === 0;
  };
  // the page comes back from the browser's memory
  window.addEventListener('pageshow', () => {
    left = false;
  });
  return { draw };
}
