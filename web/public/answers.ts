/** The report form on the phone: what is written in it, as a draft that survives a reload and as the body of a report. */
import { parseCoordinates } from '../../shared/coordinates.ts';

type Fields = Record<string, string[]>;
const KEY = 'warmpath.draft';
/** A draft of another night is no help. */
const KEPT_MS = 12 * 3_600_000;

type Control = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;
const controls = (form: HTMLFormElement): Control[] =>
  [...form.elements].filter(
    (each): each is Control =>
      'name' in each && 'value' in each && !(each instanceof HTMLButtonElement) && each.name !== '',
  );
const isTick = (control: Control): control is HTMLInputElement =>
  control instanceof HTMLInputElement && (control.type === 'checkbox' || control.type === 'radio');

/** All that is written or chosen, by the fields' names. */
export function readFields(form: HTMLFormElement): Fields {
  const fields: Fields = {};
  for (const control of controls(form)) {
    const list = (fields[control.name] ??= []);
    if (!isTick(control) || control.checked) list.push(control.value);
  }
  return fields;
}

/** Writes fields back into the form. */
export function writeFields(form: HTMLFormElement, fields: Fields): void {
  for (const control of controls(form)) {
    const list = fields[control.name];
    if (!list) continue;
    if (isTick(control)) control.checked = list.includes(control.value);
    else control.value = list[0] ?? '';
  }
}

/** Keeps what is written on this phone. */
export function saveDraft(form: HTMLFormElement): void {
  try {
    localStorage.setItem(KEY, JSON.stringify({ at: Date.now(), fields: readFields(form) }));
  } catch {
    // a browser that keeps nothing: the form works all the same
  }
}
/** Writes the draft back if it is of this form (the same informant, or none) and of tonight; true when it was. */
export function restoreDraft(form: HTMLFormElement): boolean {
  try {
    const draft = JSON.parse(localStorage.getItem(KEY) ?? 'null') as { at: number; fields: Fields } | null;
    if (!draft || Date.now() - draft.at > KEPT_MS || draft.fields['code']?.[0] !== readFields(form)['code']?.[0])
      return false;
    writeFields(form, draft.fields);
    return true;
  } catch {
    return false;
  }
}
export function forgetDraft(): void {
  try {
    localStorage.removeItem(KEY);
  } catch {
    // nothing was kept
  }
}

/** A UUID (version 4) where the browser has no crypto.randomUUID: old, or on plain http. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

export interface Wrong {
  field: string;
  step: 'where' | 'saw';
}

/** What can be seen to be wrong without the server; it judges everything again. */
export function wrongIn(form: HTMLFormElement): Wrong[] {
  const fields = readFields(form);
  const value = (name: string): string => (fields[name]?.[0] ?? '').trim();
  const wrong: Wrong[] = [];
  if (value('coords') !== '' && !parseCoordinates(value('coords'))) wrong.push({ field: 'coords', step: 'where' });
  else if (['placeText', 'placeCode', 'coords', 'lon'].every((name) => value(name) === ''))
    wrong.push({ field: 'placeText', step: 'where' });
  if (!/^[1-9]\d?$/.test(value('people'))) wrong.push({ field: 'people', step: 'saw' });
  return wrong;
}

/** The body of POST /api/sightings. */
export function bodyOf(form: HTMLFormElement, source: string): Record<string, unknown> {
  const fields = readFields(form);
  const value = (name: string): string => (fields[name]?.[0] ?? '').trim();
  const text = (name: string): Record<string, string> => (value(name) === '' ? {} : { [name]: value(name) });
  const answer = (name: string): boolean | null => (value(name) === 'yes' ? true : value(name) === 'no' ? false : null);
  const pasted = parseCoordinates(value('coords'));
  const located = value('coords') === '' && value('lon') !== '' && value('lat') !== '';
  const coordinates = located ? [Number(value('lon')), Number(value('lat'))] : pasted;
  return {
    id: value('id'),
    source,
    observedAt: new Date().toISOString(),
    people: Number(value('people')),
    signs: fields['signs'] ?? [],
    ...(coordinates && { position: { type: 'Point', coordinates } }),
    ...(located && value('accuracyM') !== '' && { accuracyM: Number(value('accuracyM')) }),
    ...(pasted && { crs: value('crs') }),
    ...text('placeText'),
    ...text('placeCode'),
    ...(value('code') !== '' && { informantCode: value('code') }),
    spoken: answer('spoken'),
    wantsHelp: answer('wantsHelp'),
    stillThere: answer('stillThere'),
    ...text('description'),
    ...text('contact'),
  };
}
