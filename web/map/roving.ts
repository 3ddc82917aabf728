/**
 * One tab stop for all signs of a map: Tab goes to the one used last, arrow keys go to the next one in that direction.
 * A hundred tab stops would lock the keyboard into the map.
 */
const SIGN = '.sign-box';
const directions: Record<string, readonly [number, number]> = {
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
};

const signsOf = (pane: HTMLElement): HTMLElement[] => [...pane.querySelectorAll<HTMLElement>(SIGN)];
const centre = (element: HTMLElement): [number, number] => {
  const { left, top, width, height } = element.getBoundingClientRect();
  return [left + width / 2, top + height / 2];
};

/** Sees to it that exactly one sign can be tabbed to, if there are any. */
export function keepOneStop(pane: HTMLElement, preferred?: HTMLElement): void {
  const current = pane.querySelector<HTMLElement>(`${SIGN}[tabindex="0"]`);
  if (current && (preferred === undefined || current === preferred)) return;
  if (current) current.tabIndex = -1;
  const next = preferred ?? pane.querySelector<HTMLElement>(SIGN);
  if (next) next.tabIndex = 0;
}

/** The nearest sign that lies more ahead than aside. */
function nearest(
  from: HTMLElement,
  among: readonly HTMLElement[],
  [dx, dy]: readonly [number, number],
): HTMLElement | null {
  const [x, y] = centre(from);
  let best: HTMLElement | null = null;
  let bestCost = Infinity;
  for (const one of among) {
    if (one === from) continue;
    const [ox, oy] = centre(one);
    const ahead = (ox - x) * dx + (oy - y) * dy;
    const aside = Math.abs((ox - x) * dy) + Math.abs((oy - y) * dx);
    if (ahead <= 0 || aside > ahead) continue;
    const cost = ahead + 2 * aside;
    if (cost < bestCost) [best, bestCost] = [one, cost];
  }
  return best;
}

/** Moves the focus for an arrow key on a sign; true when the key was one of these. */
export function moveFocus(pane: HTMLElement, from: HTMLElement, key: string): boolean {
  const direction = directions[key];
  if (!direction) return false;
  nearest(from, signsOf(pane), direction)?.focus();
  return true;
}
