/** The report form, enhanced: steps without reload, a draft that stays, the phone's place, photos, and sending without a connection. */
import '../ui/tokens.css';
import './public.css';
import type { BaseMap } from '../../shared/tiles.ts';
import { bodyOf, forgetDraft, newId, readFields, restoreDraft, saveDraft, writeFields, wrongIn } from './answers.ts';
import { showOutbox } from './outbox-view.ts';
import { openOutbox } from './outbox.ts';
import { all, find, pageData, type PageData, showScripted, worder } from './page.ts';
import { photoField } from './photos.ts';
import { startPlace } from './place.ts';
import { summarise } from './summary.ts';

interface ReportData extends PageData {
  /** words of the tour, where the demonstration offers one */
  tour: Record<string, string> | null;
  short: boolean;
  source: string;
  tiles: BaseMap | null;
}

const data = pageData<ReportData>();
const word = worder(data.words);
const form = document.querySelector<HTMLFormElement>('#report');
if (form) void start(form);

async function start(form: HTMLFormElement): Promise<void> {
  const field = (name: string): HTMLInputElement | null => form.querySelector<HTMLInputElement>(`[name="${name}"]`);
  const write = (name: string, text: string): void => {
    const input = field(name);
    if (input) input.value = text;
  };
  const steps = all('[data-step]', form);
  const nameOf = (section: HTMLElement): string => section.dataset['step'] ?? '';
  const current = (): string => nameOf(steps.find((section) => !section.hidden) ?? form);
  const titleEnd = document.title.slice(document.title.lastIndexOf('–'));
  let lastPressed: HTMLButtonElement | null = null;

  const saved = (): void => {
    saveDraft(form);
    summarise(form, word, photos.photos().length);
  };
  const photos = photoField(word, () => {
    summarise(form, word, photos.photos().length);
  });
  const show = (step: string, push: boolean): void => {
    for (const section of steps) section.hidden = nameOf(section) !== step;
    write('step', step);
    summarise(form, word, photos.photos().length);
    const heading = find(`[data-step="${step}"] h1`, form);
    document.title = `${heading?.textContent ?? ''} ${titleEnd}`;
    if (push) history.pushState({ step }, '');
    window.scrollTo(0, 0);
    heading?.focus({ preventScroll: true });
    saved();
  };

  const clearErrors = (): void => {
    for (const box of all('.errors', form)) box.hidden = true;
    for (const line of all('.error[id]', form)) line.hidden = true;
    for (const bad of all('[aria-invalid]', form)) bad.removeAttribute('aria-invalid');
  };
  /** Shows what is wrong where it is, with a list that leads there. */
  const showErrors = (step: string, fields: string[]): void => {
    const words = (name: string): string =>
      word(
        name === 'placeText'
          ? 'error.place_missing'
          : ['coords', 'people'].includes(name)
            ? `error.${name}`
            : 'error.other',
      );
    const box = find(`[data-step="${step}"] .errors`, form);
    const items = fields.map((name) => {
      const link = document.createElement('a');
      link.href = `#${name}`;
      link.textContent = words(name);
      const line = find(`#${name}-error`, form);
      if (line) {
        line.textContent = words(name);
        line.hidden = false;
      }
      find(`#${name}`, form)?.setAttribute('aria-invalid', 'true');
      const item = document.createElement('li');
      item.append(link);
      return item;
    });
    box?.querySelector('ul')?.replaceChildren(...items);
    if (!box) return;
    box.hidden = false;
    box.focus();
  };

  const outbox = await openOutbox(() => {
    view.draw();
  });
  /** the report that this page has just put into the outbox */
  let awaited: string | null = null;
  const fresh = (): void => {
    awaited = null;
    form.reset();
    photos.clear();
    write('id', newId());
    for (const name of ['accuracyM', ...(data.short ? [] : ['lon', 'lat'])]) write(name, '');
    form.hidden = false;
    show(data.short && field('lon')?.value !== '' ? 'saw' : 'where', false);
    forgetDraft();
  };
  const view = showOutbox(outbox, word, {
    awaited: () => awaited,
    arrived: (url) => {
      location.assign(`${url}?new=1`);
    },
    edit: (item) => {
      writeFields(form, item.fields);
      write('id', newId());
      form.hidden = false;
      awaited = null;
      void outbox.remove(item.id);
      const step = item.wrong.some((name) => ['placeText', 'placeCode', 'coords', 'position', 'crs'].includes(name))
        ? 'where'
        : 'saw';
      show(step, true);
      showErrors(step, item.wrong.length > 0 ? item.wrong : ['send']);
    },
    again: fresh,
  });

  const send = async (): Promise<void> => {
    const [wrong] = wrongIn(form);
    if (wrong) {
      show(wrong.step, true);
      showErrors(wrong.step, [wrong.field]);
      return;
    }
    const body = bodyOf(form, data.source);
    awaited = String(body['id']);
    form.hidden = true;
    await outbox.add({ id: awaited, body, fields: readFields(form), photos: photos.photos() });
    forgetDraft();
    find('.outbox')?.focus();
    await outbox.flush();
  };

  const way = (step: string, by: 1 | -1): string => {
    const names = steps.map(nameOf).filter((name) => !data.short || name !== 'more' || step === 'more');
    return names[names.indexOf(step) + by] ?? step;
  };
  const turn = (go: string): void => {
    clearErrors();
    const step = current();
    if (go === 'people+' || go === 'people-') {
      const people = (parseInt(field('people')?.value ?? '', 10) || 1) + (go === 'people+' ? 1 : -1);
      write('people', String(Math.min(99, Math.max(1, people))));
      saved();
    } else if (go === 'send') void send();
    else if (go.startsWith('edit:')) show(go.slice(5), true);
    else if (go === 'back') show(way(step, -1), true);
    else if (step !== 'check') {
      const wrong = wrongIn(form).filter((each) => each.step === step);
      if (wrong.length > 0)
        showErrors(
          step,
          wrong.map((each) => each.field),
        );
      else show(way(step, 1), true);
    }
  };

  document.addEventListener('click', ({ target }) => {
    const pressed = target instanceof Element ? target.closest('button') : null;
    lastPressed = pressed?.form === form ? pressed : null;
  });
  form.addEventListener('submit', (event) => {
    // older phones do not say which button was pressed
    const pressed = (event.submitter as HTMLButtonElement | null | undefined) ?? lastPressed;
    const go = pressed?.value ?? 'next';
    // the other language is another page; what is written goes along
    if (go === 'stay') return;
    event.preventDefault();
    turn(go);
  });
  form.addEventListener('input', saved);
  form.addEventListener('change', saved);
  window.addEventListener('popstate', ({ state }: PopStateEvent) => {
    const step = (state as { step?: unknown } | null)?.step;
    if (typeof step === 'string' && !form.hidden) show(step, false);
  });
  // back from the receipt: what was sent is not sent again
  window.addEventListener('pageshow', ({ persisted }) => {
    if (persisted && awaited !== null) fresh();
  });

  if (outbox.items().some(({ id }) => id === field('id')?.value)) write('id', newId());
  const startedOn = current();
  const restored = restoreDraft(form) ? (field('step')?.value ?? startedOn) : startedOn;
  showScripted();
  const placed = (): void => {
    clearErrors();
    saved();
  };
  const place = startPlace({ form, word, write, saved: placed, tiles: data.tiles });
  place.draw();
  history.replaceState({ step: restored }, '');
  if (restored === startedOn) summarise(form, word, 0);
  else show(restored, false);
  view.draw();
  void outbox.flush();
  if (data.tour !== null) (await import('./tour.ts')).offerTour(data.tour);
}
