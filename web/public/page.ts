/** What every public page's script needs: its data block, its words, and the parts that only a script can serve. */

export interface PageData {
  words: Record<string, string>;
  locale: string;
}

/** The page's data block; the server wrote it, so its shape is the server's promise. */
export function pageData<T extends PageData>(): T {
  const block = document.getElementById('page-data');
  return JSON.parse(block?.textContent ?? '{"words":{}}') as T;
}

/** A word with its `{{name}}` filled in. */
export function worder(
  words: Record<string, string>,
): (key: string, values?: Record<string, string | number>) => string {
  return (key, values = {}) =>
    (words[key] ?? key).replace(/\{\{(\w+)\}\}/g, (_, name: string) => String(values[name] ?? ''));
}

/** Shows what is of no use without a script. */
export function showScripted(): void {
  for (const element of all('[data-script]')) element.hidden = false;
}

export const all = (selector: string, from: ParentNode = document): HTMLElement[] => [
  ...from.querySelectorAll<HTMLElement>(selector),
];
export const find = (selector: string, from: ParentNode = document): HTMLElement | null =>
  from.querySelector<HTMLElement>(selector);

/** Makes an element with a class and children; text is text. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className !== '') element.className = className;
  element.append(...children);
  return element;
}

/** Runs when the reader presses the button named so. */
export function onDo(name: string, work: (button: HTMLElement) => void): void {
  for (const button of all(`[data-do="${name}"]`)) {
    button.addEventListener('click', () => {
      work(button);
    });
  }
}
