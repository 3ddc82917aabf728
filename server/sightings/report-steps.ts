/**
 * The report form as HTML. All steps are in the page and all but one are hidden, so that answers travel along in their own
 * fields without JavaScript, and the script only has to show another step.
 */
import type { InformantRow } from '../../shared/informants.ts';
import { signs } from '../../shared/sightings.ts';
import { callLinks, dataBlock, type EmergencyNumber, html, type Html, mapWords } from '../http/html.ts';
import type { PageContext } from '../http/route.ts';
import { type Answers, questions, type Step, type Wrong } from './report-form.ts';

export interface ReportView {
  page: PageContext;
  step: Step;
  answers: Answers;
  informant: InformantRow | null;
  numbers: readonly EmergencyNumber[];
  /** signs that mean danger to life, by the rule of the field */
  danger: readonly string[];
  wrong: readonly Wrong[];
  /** why it was not sent; words under `report.notice.<notice>` */
  notice?: 'again' | 'busy' | 'sent_before';
}

const isWrong = (view: ReportView, field: string): boolean => view.wrong.some((each) => each.field === field);

function fieldError(view: ReportView, field: string): Html {
  const found = view.wrong.find((each) => each.field === field);
  return html`<p class="error" id="${field}-error" ${!found && html` hidden`}>
    ${found && view.page.t(`report.error.${found.key}`)}
  </p>`;
}

/** Attributes that tie a field to its hint and error. */
const described = (view: ReportView, field: string, hint = true): Html =>
  html` aria-describedby="${hint && html`${field}-hint `}${field}-error"${isWrong(view, field) && html` aria-invalid="true"`}`;

function errorSummary(view: ReportView, step: Step): Html {
  const { t } = view.page;
  const here = view.wrong.filter((each) => each.step === step);
  const shown = step === view.step && here.length > 0;
  return html`<div class="errors" role="alert" tabindex="-1" ${shown ? html` autofocus` : html` hidden`}>
    <h2>${t('report.error.title')}</h2>
    <ul>
      ${here.map((each) => html`<li><a href="#${each.field}">${t(`report.error.${each.key}`)}</a></li>`)}
    </ul>
  </div>`;
}

function section(view: ReportView, step: Step, count: string, body: Html): Html {
  const { t } = view.page;
  return html`<section class="step" data-step="${step}" data-tour="${step}" ${step !== view.step && html` hidden`}>
    <p class="count">${count}</p>
    <h1 tabindex="-1">${t(`report.${step}.title`)}</h1>
    ${errorSummary(view, step)} ${body}
  </section>`;
}

const button = (go: string, text: string, kind = 'quiet'): Html =>
  html`<button class="${kind}" type="submit" name="go" value="${go}">${text}</button>`;

function textField(view: ReportView, field: 'placeCode' | 'coords' | 'contact', max: number, mode = 'text'): Html {
  const { t } = view.page;
  return html`<div class="field">
    <label for="${field}">${t(`report.${field}`)}</label>
    <p class="hint" id="${field}-hint">${t(`report.${field}.hint`)}</p>
    ${fieldError(view, field)}
    <input
      id="${field}"
      name="${field}"
      value="${view.answers[field]}"
      maxlength="${max}"
      inputmode="${mode}"
      autocomplete="off"
      ${described(view, field)}
    />
  </div>`;
}

function longField(view: ReportView, field: 'placeText' | 'description', max: number, rows: number): Html {
  const { t } = view.page;
  return html`<div class="field">
    <label for="${field}">${t(`report.${field}`)}</label>
    <p class="hint" id="${field}-hint">${t(`report.${field}.hint`)}</p>
    ${fieldError(view, field)}
    <textarea id="${field}" name="${field}" rows="${rows}" maxlength="${max}" ${described(view, field)}>
${view.answers[field]}</textarea>
  </div>`;
}

/** Shown as soon as a sign of danger is chosen: by the style sheet, so without JavaScript as well. */
function dangerCall(view: ReportView): Html {
  const { t } = view.page;
  return html`<div class="danger" role="alert">
    <p><strong>${t('report.danger')}</strong></p>
    ${callLinks(view.page, view.numbers)}
    <p>${t('report.danger.send')}</p>
  </div>`;
}

function where(view: ReportView, count: string): Html {
  const { t } = view.page;
  const { answers } = view;
  const systems = ['wgs84', 'gcj02', 'bd09'] as const;
  return section(
    view,
    'where',
    count,
    html`
<div class="locate" data-script hidden>
<button class="second" type="button" data-do="locate">${t('report.locate')}</button>
<button class="second" type="button" data-do="map">${t('report.map')}</button>
<p class="located" role="status"></p>
<button class="quiet" type="button" data-do="unlocate" hidden>${t('report.unlocate')}</button>
<div class="map" hidden></div>
</div>
${longField(view, 'placeText', 500, 3)}
${textField(view, 'placeCode', 100)}
<details${(answers.coords !== '' || isWrong(view, 'coords')) && html` open`}><summary>${t('report.coords.open')}</summary>
${textField(view, 'coords', 80)}
<div class="field"><label for="crs">${t('report.crs')}</label>
<select id="crs" name="crs">${systems.map((name) => html`<option value="${name}" ${answers.crs === name && html` selected`}>${t(`report.crs.${name}`)}</option>`)}</select></div>
</details>
<p class="go" data-tour="next">${button('next', t('report.next'), 'main')}</p>`,
  );
}

function choices(view: ReportView, field: (typeof questions)[number]): Html {
  const { t } = view.page;
  return html`<fieldset class="choices" id="${field}">
    <legend>${t(`report.${field}`)}</legend>
    <div>
      ${(['yes', 'no', 'unknown'] as const).map((value) => html`<label><input type="radio" name="${field}" value="${value}" ${view.answers[field] === value && html` checked`} /><span>${t(`report.answer.${value}`)}</span></label>`)}
    </div>
  </fieldset>`;
}

function saw(view: ReportView, count: string): Html {
  const { t } = view.page;
  const { answers, informant } = view;
  const place = answers.placeText || answers.placeCode;
  return section(
    view,
    'saw',
    count,
    html` ${
        informant &&
        place !== '' &&
        html`<div class="place">
          <p><b>${t('report.where')}</b> <span data-of="where">${place}</span></p>
          ${button('edit:where', t('report.change'))}
        </div>`
      }
      <div class="field">
        <label for="people">${t('report.people')}</label>${fieldError(view, 'people')}
        <div class="stepper">
          <button type="submit" name="go" value="people-" aria-label="${t('report.people.fewer')}">−</button>
          <input
            id="people"
            name="people"
            value="${answers.people}"
            inputmode="numeric"
            maxlength="2"
            autocomplete="off"
            ${described(view, 'people', false)}
          />
          <button type="submit" name="go" value="people+" aria-label="${t('report.people.more')}">+</button>
        </div>
      </div>
      <fieldset class="signs" id="signs">
        <legend>${t('report.signs')}</legend>
        <div>
          ${signs.map((sign) => html`<label><input type="checkbox" name="signs" value="${sign}" ${view.danger.includes(sign) && html` class="dangerous"`}${answers.signs.includes(sign) && html` checked`} /><span>${t(`sign.${sign}`)}</span></label>`)}
        </div>
      </fieldset>
      ${dangerCall(view)} ${questions.map((question) => choices(view, question))}
      <p class="go" data-tour="next">
        ${button('next', t(informant ? 'report.to_check' : 'report.next'), 'main')}${!informant && button('back', t('report.back'))}
      </p>`,
  );
}

function more(view: ReportView, count: string): Html {
  const { t } = view.page;
  return section(
    view,
    'more',
    count,
    html` ${longField(view, 'description', 4000, 5)}
      <div class="field" data-script hidden>
        <label for="photo">${t('report.photo')}</label>
        <p class="hint" id="photo-hint">${t('report.photo.hint')}</p>
        <input id="photo" type="file" accept="image/jpeg,image/png" multiple aria-describedby="photo-hint" />
        <ul class="photos" aria-live="polite"></ul>
      </div>
      ${textField(view, 'contact', 200)}
      <p class="go" data-tour="next">
        ${button('next', t('report.to_check'), 'main')}${button('back', t('report.back'))}
      </p>`,
  );
}

/** One line of the summary; the script writes the same places anew. */
function line(view: ReportView, name: string, step: Step, text: string, attributes?: Html): Html {
  const { t } = view.page;
  return html`<div ${attributes}>
    <dt>${t(`report.${name}`)}</dt>
    <dd data-of="${name}">${text || t('report.none')}</dd>
    <dd>
      <button class="quiet" type="submit" name="go" value="edit:${step}">
        ${t('report.change')}<span class="unseen"> ${t(`report.${name}`)}</span>
      </button>
    </dd>
  </div>`;
}

function check(view: ReportView, count: string): Html {
  const { t } = view.page;
  const { answers, informant, notice } = view;
  const located = answers.coords || (answers.lon !== '' && answers.placeText === '' ? t('report.located') : '');
  const asked = questions.filter((question) => answers[question] === 'yes' || answers[question] === 'no');
  const signWords = signs.filter((sign) => answers.signs.includes(sign)).map((sign) => t(`sign.${sign}`));
  const list = (parts: string[]): string => parts.filter(Boolean).join(t('report.comma'));
  return section(
    view,
    'check',
    count,
    html` ${notice && html`<p class="notice" role="alert">${t(`report.notice.${notice}`)}</p>`} ${dangerCall(view)}
      <dl class="summary">
        ${line(view, 'where', 'where', list([answers.placeText, answers.placeCode, located]))}
        ${line(view, 'people', 'saw', answers.people)} ${line(view, 'signs', 'saw', list(signWords))}
        ${line(view, 'answers', 'saw', asked.map((question) => `${t(`report.${question}`)} ${t(`report.answer.${answers[question]}`)}`).join('\n'))}
        ${line(view, 'description', 'more', answers.description)} ${line(view, 'contact', 'more', answers.contact)}
        ${line(view, 'photo', 'more', t('report.photo.count', { count: 0 }), html` data-script hidden`)}
      </dl>
      <p class="go" data-tour="next">
        <button id="send" class="main" type="submit" name="go" value="send">${t('report.send')}</button>
        ${button('back', t('report.back'))}
      </p>
      <p class="hint">
        ${t('report.after')}${informant && ` ${t('report.as', { organisation: informant.organisation })}`}
      </p>`,
  );
}

/** Words the script needs that are not in the page already. */
const scriptWords = [
  'locating',
  'located',
  'located.about',
  'locate.denied',
  'locate.failed',
  'map.failed',
  'none',
  'comma',
  'photo.remove',
  'photo.bad',
  'photo.count',
  'outbox.waiting',
  'outbox.sending',
  'outbox.sent',
  'outbox.refused',
  'outbox.photos',
  'outbox.photo_lost',
  'outbox.follow',
  'outbox.delete',
  'outbox.edit',
  'outbox.unkept',
  'outbox.again',
  'error.place_missing',
  'error.coords',
  'error.people',
  'error.other',
] as const;

/** Words of the tour that the demonstration offers: web/public/tour.ts. */
const tourWords = [
  ...['start', 'offer', 'offer.start', 'offer.no', 'next', 'back', 'skip', 'done', 'count'],
  ...['emergency', 'where', 'next', 'shelters'].flatMap((at) => [`report.${at}`, `report.${at}.text`]),
].map((name) => `tour.${name}`);

/** The whole form, with the place where the script shows what waits to be sent. */
export function reportForm(view: ReportView): Html {
  const { page, answers, informant } = view;
  const { t } = page;
  // an informant's way is short: words, contact and photo are offered on the last page
  const way: Step[] = informant
    ? informant.place || informant.placeText
      ? ['saw', 'check']
      : ['where', 'saw', 'check']
    : ['where', 'saw', 'more', 'check'];
  const count = (step: Step): string =>
    way.includes(step) ? t('report.count', { n: way.indexOf(step) + 1, of: way.length }) : '';
  const words = { ...mapWords(page), ...Object.fromEntries(scriptWords.map((key) => [key, t(`report.${key}`)])) };
  const tour = page.tour ? Object.fromEntries(tourWords.map((key) => [key, t(key)])) : null;
  const hidden = ['id', 'code', 'lon', 'lat', 'accuracyM'] as const;
  return html`<section class="outbox" aria-label="${t('report.outbox')}" aria-live="polite" hidden></section>
    <form id="report" method="post" action="/report" novalidate autocomplete="off">
      <button type="submit" name="go" value="next" hidden tabindex="-1">${t('report.next')}</button>
      <input type="hidden" name="step" value="${view.step}" />
      ${hidden.map((name) => html`<input type="hidden" name="${name}" value="${answers[name]}" />`)}
      ${where(view, count('where'))} ${saw(view, count('saw'))} ${more(view, count('more'))}
      ${check(view, count('check'))}
    </form>
    ${dataBlock('page-data', { words, tour, short: informant !== null, source: informant?.source ?? 'public', tiles: page.tiles, locale: page.locale })}`;
}
