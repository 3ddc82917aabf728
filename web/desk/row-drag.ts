/** Dragging an unplaced incident out of the queue: at once by mouse, after a long press by finger, so that a list can still be scrolled. */
import { onScopeDispose, type ShallowRef, shallowRef } from 'vue';

export interface Dragged {
  id: string;
  x: number;
  y: number;
}
const FAR_PX = 8;
const PRESS_MS = 450;
const PREFIX = 'queue-';

/** `may` says whether a row can be dragged; `drop` hears where it was let go. */
export function useRowDrag(options: {
  may: (id: string) => boolean;
  drop: (dragged: Dragged) => void;
}): Readonly<ShallowRef<Dragged | null>> {
  const dragged = shallowRef<Dragged | null>(null);
  let pressed: (Dragged & { pointerId: number }) | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const begin = (): void => {
    if (pressed) dragged.value = { id: pressed.id, x: pressed.x, y: pressed.y };
  };
  const end = (): void => {
    clearTimeout(timer);
    pressed = null;
    dragged.value = null;
  };
  const onDown = (event: PointerEvent): void => {
    const row = event.target instanceof Element ? event.target.closest(`[id^="${PREFIX}"]`) : null;
    const id = row?.id.slice(PREFIX.length) ?? '';
    if (!event.isPrimary || event.button !== 0 || id === '' || !options.may(id)) return;
    pressed = { id, x: event.clientX, y: event.clientY, pointerId: event.pointerId };
    if (event.pointerType !== 'mouse') timer = setTimeout(begin, PRESS_MS);
  };
  const onMove = (event: PointerEvent): void => {
    if (pressed?.pointerId !== event.pointerId) return;
    const { id } = pressed;
    const far = Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) > FAR_PX;
    if (dragged.value) dragged.value = { id, x: event.clientX, y: event.clientY };
    else if (far && event.pointerType === 'mouse') begin();
    // a finger that moves first scrolls
    else if (far) end();
  };
  const onUp = (event: PointerEvent): void => {
    if (pressed?.pointerId !== event.pointerId) return;
    const done = dragged.value;
    end();
    if (!done) return;
    // the press ends as a drag, not as a click on the row or on the map
    window.addEventListener('click', swallow, { capture: true, once: true });
    setTimeout(() => window.removeEventListener('click', swallow, { capture: true }));
    options.drop({ ...done, x: event.clientX, y: event.clientY });
  };
  const swallow = (event: Event): void => {
    event.stopPropagation();
    event.preventDefault();
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || !dragged.value) return;
    swallow(event);
    end();
  };
  /** no scrolling, no menu of a long press, no marking of words while something is dragged */
  const stay = (event: Event): void => {
    if (dragged.value) event.preventDefault();
  };
  const listeners: [name: string, listener: (event: never) => void, options?: AddEventListenerOptions][] = [
    ['pointerdown', onDown],
    ['pointermove', onMove],
    ['pointerup', onUp],
    ['pointercancel', end],
    ['keydown', onKey, { capture: true }],
    // not passive, or it could not be held
    ['touchmove', stay, { passive: false }],
    ['contextmenu', stay],
    ['selectstart', stay],
  ];
  for (const [name, listener, how] of listeners) window.addEventListener(name, listener as EventListener, how);
  onScopeDispose(() => {
    end();
    for (const [name, listener, how] of listeners) window.removeEventListener(name, listener as EventListener, how);
  });
  return dragged;
}
