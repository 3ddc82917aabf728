/**
 * A walk through a page: a ring round one thing after the other, and a card that says what it is. It blocks nothing; what it
 * points at can be used meanwhile. Without a framework, because the public pages have it too.
 */
import './tour.css';

/** One stop; its words are `tour.<face>.<at>` and `tour.<face>.<at>.text`. A stop whose target is absent is passed over. */
export interface Step<Part extends string = string> {
  /** what it points at: one of the names in a `data-tour` attribute */
  at: string;
  /** the part of the page that must be in front, where not all fit */
  part?: Part;
}
export interface Walk<Part extends string = string> {
  face: string;
  steps: readonly Step<Part>[];
  word: (key: string, values?: Record<string, string | number>) => string;
  /** Brings a stop's part to the front. */
  show?: (part: Part) => Promise<void> | void;
}

/** Below this the card lies along an edge, in CSS pixels. */
const NARROW = 700;
const GAP = 16;
/** Room of the ring round its target. */
const ROOM = 5;

let stop: (() => void) | null = null;

function make<K extends keyof HTMLElementTagNameMap>(tag: K, className: string): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  element.className = className;
  return element;
}
const all = (at: string): HTMLElement[] => [...document.querySelectorAll<HTMLElement>(`[data-tour~="${at}"]`)];
const isShown = (element: HTMLElement): boolean =>
  element.getClientRects().length > 0 && getComputedStyle(element).visibility !== 'hidden';
const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches('input, textarea, select, [contenteditable="true"]');

/** Where the card goes, beside the target if there is room, else in its lower corner: [left, top] in CSS pixels. */
function besides(target: DOMRect, { offsetWidth: width, offsetHeight: height }: HTMLElement): [number, number] {
  const within = (at: number, size: number, whole: number): number => Math.max(GAP, Math.min(at, whole - size - GAP));
  const left = within(target.left, width, innerWidth);
  const top = within(target.top, height, innerHeight);
  if (target.right + width + 2 * GAP <= innerWidth) return [target.right + GAP, top];
  if (target.left - width - 2 * GAP >= 0) return [target.left - width - GAP, top];
  if (target.bottom + height + 2 * GAP <= innerHeight) return [left, target.bottom + GAP];
  if (target.top - height - 2 * GAP >= 0) return [left, target.top - height - GAP];
  return [
    within(target.right - width - GAP, width, innerWidth),
    within(target.bottom - height - GAP, height, innerHeight),
  ];
}

/** Starts a walk; one that is under way ends. Returns how to end it. */
export function startTour<Part extends string>({ face, steps, word, show }: Walk<Part>): () => void {
  stop?.();
  const opener = document.activeElement;
  const known = steps.filter(({ at }) => all(at).length > 0);
  let at = -1;
  let target: HTMLElement | null = null;
  let drawn = '';
  let frame = 0;
  let ended = false;

  const ring = make('div', 'tour-ring');
  const card = make('section', 'tour-card');
  card.setAttribute('role', 'dialog');
  card.setAttribute('aria-modal', 'false');
  card.setAttribute('aria-labelledby', 'tour-title');
  card.tabIndex = -1;
  // read out at each step, while the focus stays on the button
  const said = make('div', 'tour-said');
  said.setAttribute('aria-live', 'polite');
  const count = make('p', 'tour-count');
  const title = make('h2', 'tour-title');
  title.id = 'tour-title';
  const text = make('p', 'tour-text');
  said.append(count, title, text);
  const button = (className: string, words: string, work: () => void): HTMLButtonElement => {
    const made = make('button', `button ${className}`);
    made.type = 'button';
    made.textContent = words;
    made.addEventListener('click', work);
    return made;
  };
  const skip = button('plain quiet', word('tour.skip'), () => end());
  const back = button('second', word('tour.back'), () => void go(-1));
  const next = button('primary main', word('tour.next'), () => void go(1));
  const row = make('div', 'tour-row');
  row.append(skip, back, next);
  card.append(said, row);

  const draw = (): void => {
    if (!target?.isConnected) target = all(known[at]?.at ?? '').find(isShown) ?? null;
    const box = target?.getBoundingClientRect() ?? null;
    const state = box
      ? [box.left, box.top, box.width, box.height, innerWidth, innerHeight, card.offsetHeight].map(Math.round).join()
      : 'none';
    if (state === drawn) return;
    drawn = state;
    ring.hidden = !box;
    if (!box) return;
    // never beyond the page's edge, where it would not be seen
    const left = Math.max(2, box.left - ROOM);
    const top = Math.max(2, box.top - ROOM);
    ring.style.transform = `translate(${String(left)}px, ${String(top)}px)`;
    ring.style.width = `${String(Math.min(innerWidth - 2, box.right + ROOM) - left)}px`;
    ring.style.height = `${String(Math.max(0, Math.min(innerHeight - 2, box.bottom + ROOM) - top))}px`;
    const narrow = innerWidth < NARROW;
    const needed = card.offsetHeight + 2 * GAP;
    // at the thumb, unless the target lies there
    const above = box.bottom > innerHeight - needed && box.top >= Math.min(needed, innerHeight / 3);
    card.classList.toggle('edge', narrow);
    card.classList.toggle('above', narrow && above);
    const [x, y] = narrow ? [0, 0] : besides(box, card);
    card.style.transform = narrow ? '' : `translate(${String(Math.round(x))}px, ${String(Math.round(y))}px)`;
  };
  const follow = (): void => {
    draw();
    frame = requestAnimationFrame(follow);
  };

  const go = async (by: 1 | -1): Promise<void> => {
    for (let to = at + by; to >= 0; to += by) {
      const step = known[to];
      if (!step) {
        end();
        return;
      }
      if (step.part !== undefined) await show?.(step.part);
      if (ended) return;
      const found = all(step.at).find(isShown);
      if (!found) continue;
      at = to;
      target = found;
      count.textContent = word('tour.count', { n: to + 1, of: known.length });
      title.textContent = word(`tour.${face}.${step.at}`);
      text.textContent = word(`tour.${face}.${step.at}.text`);
      back.disabled = to === 0;
      next.textContent = word(to === known.length - 1 ? 'tour.done' : 'tour.next');
      drawn = '';
      const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
      found.scrollIntoView({ block: innerWidth < NARROW ? 'center' : 'nearest', behavior: calm ? 'auto' : 'smooth' });
      draw();
      return;
    }
  };

  const end = (): void => {
    if (ended) return;
    ended = true;
    stop = null;
    cancelAnimationFrame(frame);
    window.removeEventListener('keydown', onEscape, true);
    const held = card.contains(document.activeElement);
    ring.remove();
    card.remove();
    if (held && opener instanceof HTMLElement && opener.isConnected) opener.focus({ preventScroll: true });
  };
  const onEscape = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || isTyping(event.target) || document.querySelector('dialog[open]')) return;
    event.preventDefault();
    event.stopPropagation();
    end();
  };
  card.addEventListener('keydown', (event) => {
    // the page's own single keys must not act on what is being read
    event.stopPropagation();
    const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (by !== 0 || (event.key === 'Enter' && event.target === card)) {
      event.preventDefault();
      void go(by === -1 ? -1 : 1);
    }
  });
  window.addEventListener('keydown', onEscape, true);
  stop = end;
  document.body.append(ring, card);
  void go(1).then(() => {
    if (ended) return;
    card.focus({ preventScroll: true });
    follow();
  });
  return end;
}
