/** The one form of the first start: its answers, what is wrong with them, and its HTML. */
import { emergencyServices, ruleSchemas } from '../../shared/rules.ts';
import { text } from '../../shared/ids.ts';
import { type Locale, localeNames, timeZone } from '../../shared/stations.ts';
import { authenticatorCode, newPassword } from '../../shared/users.ts';
import { type EmergencyNumber, html, type Html } from '../http/html.ts';
import type { PageContext } from '../http/route.ts';
import type { Enrolment } from './authenticator.ts';

/** Rows of the form for numbers to call; an empty one is left out. */
const NUMBER_ROWS = 4;
const fields = ['station', 'zone', 'locale', 'username', 'name', 'password', 'again', 'totp'] as const;
type Field = (typeof fields)[number];

/** The answers as they were written; nothing is trusted. */
export type Answers = Record<Field, string> & { numbers: EmergencyNumber[] };

/** A new form. */
export function blankAnswers(locale: Locale, numbers: readonly EmergencyNumber[]): Answers {
  const blank = Object.fromEntries(fields.map((field) => [field, ''])) as Record<Field, string>;
  return { ...blank, zone: 'Asia/Shanghai', locale, numbers: [...numbers] };
}

/** The answers in a posted form; whatever is missing or of another kind is empty. PostgreSQL takes no NUL. */
export function readAnswers(body: unknown): Answers {
  const given = new Map(typeof body === 'object' && body !== null ? Object.entries(body) : []);
  const read = (name: string): string => {
    const value: unknown = given.get(name);
    return typeof value === 'string' ? value.replaceAll('\u0000', '') : '';
  };
  const answers = Object.fromEntries(fields.map((field) => [field, read(field)])) as Record<Field, string>;
  const numbers = Array.from({ length: NUMBER_ROWS }, (_, row) => ({
    number: read(`number${String(row)}`)
      .normalize('NFKC')
      .trim(),
    service: read(`service${String(row)}`),
  }));
  return { ...answers, numbers };
}

/** A field that is wrong; the words are under `setup.error.<why>`. */
export interface Wrong {
  field: string;
  why: string;
}

const username = /^[\p{L}\p{N}_.@-]{1,64}$/u;

/** What the answers come to, once nothing is wrong with them; the code is judged with the key, by the caller. */
export interface Given {
  station: string;
  zone: string;
  locale: Locale;
  numbers: EmergencyNumber[];
  username: string;
  name: string;
  password: string;
  totp: string;
}

/** Judges every field, so that all mistakes are said at once. */
export function judge(answers: Answers): { given: Given } | { wrong: Wrong[] } {
  const wrong: Wrong[] = [];
  const expect = (right: boolean, field: string, why: string = field): void => {
    if (!right) wrong.push({ field, why });
  };
  const numbers = answers.numbers.filter(({ number }) => number !== '');
  const locale = localeNames.find((each) => each === answers.locale);
  const station = text(200).safeParse(answers.station);
  const name = text(100).safeParse(answers.name);
  const account = answers.username.normalize('NFKC').trim().toLowerCase();
  const totp = authenticatorCode.safeParse(answers.totp);
  expect(station.success, 'station');
  expect(timeZone.safeParse(answers.zone).success, 'zone');
  expect(locale !== undefined, 'locale');
  expect(numbers.length > 0, 'number0', 'no_number');
  answers.numbers.forEach((each, row) => {
    expect(
      each.number === '' || ruleSchemas['emergency.numbers'].safeParse([each]).success,
      `number${String(row)}`,
      'number',
    );
  });
  expect(username.test(account), 'username');
  expect(name.success, 'name');
  expect(newPassword.safeParse(answers.password).success, 'password');
  if (answers.password !== answers.again) expect(false, 'again');
  expect(totp.success, 'totp', answers.totp === '' ? 'totp' : 'totp_wrong');
  if (wrong.length > 0 || !station.success || !name.success || !totp.success || locale === undefined) return { wrong };
  return {
    given: {
      station: station.data,
      zone: answers.zone,
      locale,
      numbers,
      username: account,
      name: name.data,
      password: answers.password,
      totp: totp.data,
    },
  };
}

/** What the form shows. */
export interface SetupView {
  page: PageContext;
  action: string;
  answers: Answers;
  wrong: readonly Wrong[];
  enrolment: Enrolment;
  /** false where a browser would not keep a session: nobody could sign in from here */
  secure: boolean;
}

function errorOf({ page, wrong }: SetupView, field: string): Html | false {
  const found = wrong.find((each) => each.field === field);
  return found !== undefined && html`<p class="error" id="${field}-error">${page.t(`setup.error.${found.why}`)}</p>`;
}

/** Attributes that tie a field to its hint and its error. */
function tied({ wrong }: SetupView, field: string, hint: boolean): Html {
  const bad = wrong.some((each) => each.field === field);
  const ids = [hint && `${field}-hint`, bad && `${field}-error`].filter((id) => id !== false).join(' ');
  return html`${ids !== '' && html` aria-describedby="${ids}"`}${bad && html` aria-invalid="true"`}`;
}

interface Look {
  hint?: boolean;
  attributes?: Html;
}

function fieldOf(view: SetupView, field: Field, hint: boolean, control: Html): Html {
  const { t } = view.page;
  return html`<div class="field">
    <label for="${field}">${t(`setup.${field}`)}</label>
    ${hint && html`<p class="hint" id="${field}-hint">${t(`setup.${field}.hint`)}</p>`} ${errorOf(view, field)}
    ${control}
  </div>`;
}

function input(view: SetupView, field: Field, { hint = false, attributes = html`` }: Look = {}): Html {
  return fieldOf(
    view,
    field,
    hint,
    html`<input
      id="${field}"
      name="${field}"
      value="${view.answers[field]}"
      required
      ${attributes}${tied(view, field, hint)}
    />`,
  );
}

/** Passwords are not given back to the page. */
function secret(view: SetupView, field: 'password' | 'again', hint: boolean): Html {
  return fieldOf(
    view,
    field,
    hint,
    html`<input
      id="${field}"
      name="${field}"
      type="password"
      required
      autocomplete="new-password"
      maxlength="256"
      ${tied(view, field, hint)}
    />`,
  );
}

interface Option {
  value: string;
  words: string;
}
const options = (list: readonly Option[], chosen: string): Html[] =>
  list.map(
    ({ value, words }) => html`<option value="${value}" ${value === chosen && html`selected`}>${words}</option>`,
  );

function select(view: SetupView, field: 'zone' | 'locale', list: readonly Option[]): Html {
  return fieldOf(
    view,
    field,
    false,
    html`<select id="${field}" name="${field}" ${tied(view, field, false)}>
      ${options(list, view.answers[field])}
    </select>`,
  );
}

/** Every zone this machine knows, with its name in the page's language where it has one. */
function zones(locale: Locale): Option[] {
  const nameOf = (zone: string): string =>
    new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName: 'long' })
      .formatToParts(0)
      .find(({ type }) => type === 'timeZoneName')?.value ?? '';
  return Intl.supportedValuesOf('timeZone').map((zone) => ({ value: zone, words: `${zone} – ${nameOf(zone)}` }));
}

function numberRow(view: SetupView, row: number): Html {
  const { t } = view.page;
  const [number, service] = [`number${String(row)}`, `service${String(row)}`];
  const known = view.answers.numbers[row] ?? { number: '', service: emergencyServices[row] ?? '' };
  const services = emergencyServices.map((value) => ({ value, words: t(`emergency.${value}`) }));
  return html`${errorOf(view, number)}
    <div class="number">
      <label class="unseen" for="${number}">${t('setup.number', { n: row + 1 })}</label>
      <input
        id="${number}"
        name="${number}"
        value="${known.number}"
        inputmode="tel"
        maxlength="20"
        autocomplete="off"
        ${tied(view, number, false)}
      />
      <label class="unseen" for="${service}">${t('setup.service', { n: row + 1 })}</label>
      <select id="${service}" name="${service}">
        ${options(services, known.service)}
      </select>
    </div>`;
}

/** A key in groups of four, as it is read out and typed. */
const grouped = (key: string): string => (key.match(/.{1,4}/g) ?? []).join(' ');

function authenticator(view: SetupView): Html {
  const { t } = view.page;
  const { key, uri, qr } = view.enrolment;
  return html`<fieldset class="part">
    <legend>${t('setup.factor')}</legend>
    <p>${t('setup.factor.about')}</p>
    <div class="enrol">
      <img src="${qr}" width="208" height="208" alt="${t('factor.qr')}" />
      <div>
        <p>${t('factor.scan')}</p>
        <p><a href="${uri}">${t('factor.open')}</a></p>
        <p>${t('factor.key')}</p>
        <p><code class="key">${grouped(key)}</code></p>
      </div>
    </div>
    ${input(view, 'totp', {
      hint: true,
      attributes: html`inputmode="numeric" autocomplete="one-time-code" maxlength="16"`,
    })}
  </fieldset>`;
}

function summary({ page, wrong }: SetupView): Html | false {
  const { t } = page;
  return (
    wrong.length > 0 &&
    html`<div class="errors" role="alert" tabindex="-1" autofocus>
      <h2>${t('report.error.title')}</h2>
      <ul>
        ${wrong.map(({ field, why }) => html`<li><a href="#${field}">${t(`setup.error.${why}`)}</a></li>`)}
      </ul>
    </div>`
  );
}

/** The whole form. It is judged by the server alone (`novalidate`), so that every browser says the same. */
export function setupForm(view: SetupView): Html {
  const { t, locale } = view.page;
  const languages = [
    { value: 'zh-CN', words: '中文' },
    { value: 'en', words: 'English' },
  ];
  return html`<h1>${t('setup.title')}</h1>
    <p class="lead">${t('setup.lead')}</p>
    ${!view.secure && html`<p class="notice" role="alert">${t('setup.insecure')}</p>`} ${summary(view)}
    <form id="setup" method="post" action="${view.action}" novalidate>
      <fieldset class="part">
        <legend>${t('setup.city')}</legend>
        ${input(view, 'station', { hint: true, attributes: html`maxlength="200" autocomplete="organization"` })}
        ${select(view, 'zone', zones(locale))} ${select(view, 'locale', languages)}
      </fieldset>
      <fieldset class="part" aria-describedby="numbers-hint">
        <legend>${t('setup.numbers')}</legend>
        <p class="hint" id="numbers-hint">${t('setup.numbers.hint')}</p>
        ${Array.from({ length: NUMBER_ROWS }, (_, row) => numberRow(view, row))}
      </fieldset>
      <fieldset class="part">
        <legend>${t('setup.account')}</legend>
        ${input(view, 'username', {
          hint: true,
          attributes: html`maxlength="64" autocomplete="username" autocapitalize="none" spellcheck="false"`,
        })}
        ${input(view, 'name', { attributes: html`maxlength="100" autocomplete="name"` })}
        ${secret(view, 'password', true)} ${secret(view, 'again', false)}
      </fieldset>
      ${authenticator(view)}
      <p class="go"><button class="main" type="submit">${t('setup.submit')}</button></p>
    </form>`;
}
