/** HTML for the pages that work without JavaScript: every value is escaped unless it is Html itself. */
import type { Response } from 'express';
import type { PageContext, PublicNotice } from './route.ts';

/** A piece of HTML that is safe to put into a page: made only by `html`, or empty. */
export class Html {
  readonly #text: string;
  private constructor(text: string) {
    this.#text = text;
  }
  /** For the template tag alone; `text` must come from the code or be escaped. */
  static fromTrusted(text: string): Html {
    return new Html(text);
  }
  toString(): string {
    return this.#text;
  }
}

/** What may stand in a template: text is escaped, lists are joined, nothing is left out. */
export type Value = Html | string | number | null | undefined | false | readonly Value[];

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? '');

function render(value: Value): string {
  if (value === null || value === undefined || value === false) return '';
  if (value instanceof Html) return value.toString();
  if (typeof value === 'string' || typeof value === 'number') return escaped(String(value));
  return value.map(render).join('');
}

/** Template tag; attributes must be written in quotes, which is what the escaping is made for. */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Html {
  return Html.fromTrusted(
    strings.reduce((text, part, at) => text + part + (at < values.length ? render(values[at]) : ''), ''),
  );
}

/** A block of data for the page's script; a browser never runs it, and no text in it can end it. */
export function dataBlock(id: string, data: unknown): Html {
  const json = JSON.stringify(data).replace(/[<>&\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return html`<script type="application/json" id="${id}">
    ${Html.fromTrusted(json)}
  </script>`;
}

/** A number to call in an emergency; the words are under `emergency.<service>`. */
export interface EmergencyNumber {
  number: string;
  service: string;
}

/** Words of a map, for the script that draws it. */
export const mapWords = ({ t }: PageContext): Record<string, string> =>
  Object.fromEntries(['name', 'in', 'out', 'all', 'pin', 'away'].map((key) => [`map.${key}`, t(`page.map.${key}`)]));

/** What a public page says of itself. */
export interface Frame {
  title: string;
  /** entry of web/ with its script and styles, e.g. 'web/public/report.ts' */
  entry: string;
  numbers: readonly EmergencyNumber[];
  body: Html;
  /**
   * the page in the other language: a link, or a button of the form with this id, so that its answers are kept;
   * null for what is shown once and would be gone
   */
  language: { link: string } | { form: string; action: string } | null;
  /** where the reader is among the public pages */
  here?: 'report' | 'shelters';
}

/** The roof and the path to it, as an address: no request for it, and none that fails. */
export const ICON =
  'data:image/svg+xml,%3Csvg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="%230f5870" stroke-width="2.4" stroke-linecap="round"%3E%3Cpath d="M3 12 12 4l9 8"/%3E%3Cpath stroke="%23b4530a" d="M8 20c0-4 8-3 8-8"/%3E%3C/svg%3E';

function call(page: PageContext, { number, service }: EmergencyNumber): Html {
  // RFC 3966 knows no spaces; a number is written with them to be read
  const dialled = number.replaceAll(/[ -]/g, '');
  return html`<a class="call" href="tel:${dialled}"><b>${number}</b> ${page.t(`emergency.${service}`)}</a>`;
}

/** The numbers to call, as links. */
export const callLinks = (page: PageContext, numbers: readonly EmergencyNumber[]): Html =>
  html`<p class="calls">${numbers.map((each) => call(page, each))}</p>`;

function languageSwitch(page: PageContext, language: Frame['language']): Html | null {
  if (language === null) return null;
  const [other, name] = page.locale === 'en' ? ['zh-CN', '中文'] : ['en', 'English'];
  if ('link' in language)
    return html`<a
      class="language"
      href="${language.link}${language.link.includes('?') ? '&' : '?'}lang=${other}"
      hreflang="${other}"
      lang="${other}"
      >${name}</a
    >`;
  return html`<button
    class="language"
    type="submit"
    form="${language.form}"
    formaction="${language.action}?lang=${other}"
    name="go"
    value="stay"
    lang="${other}"
  >
    ${name}
  </button>`;
}

/** What a station tells everybody, in the reader's language or in the one there is. */
function noticeBox({ locale, t }: PageContext, { station, timeZone, words, since }: PublicNotice): Html {
  const other = locale === 'en' ? 'zh-CN' : 'en';
  const said = words[locale] ?? words[other] ?? '';
  const format = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short', timeZone });
  return html`<div class="public-notice">
    <h2>${station}</h2>
    <p ${words[locale] === undefined && html` lang="${other}"`}>${said}</p>
    <p class="hint">
      <time datetime="${since}">${t('page.notice.since', { time: format.format(new Date(since)) })}</time>
    </p>
  </div>`;
}

/** The whole document: numbers first, then the page; no inline script or style. */
export function document(page: PageContext, frame: Frame): Html {
  const { t } = page;
  const { styles, script } = page.assets(frame.entry);
  const nav = (path: string, key: string, here: boolean): Html =>
    html`<a href="${path}" ${here && html` aria-current="page"`}>${t(key)}</a>`;
  return html`<!doctype html>
    <html lang="${page.locale}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <link rel="icon" href="${ICON}" />
        <title>${frame.title} – ${t('app.name')}</title>
        ${styles.map((href) => html`<link rel="stylesheet" href="${href}" />`)}
        ${script !== null && html`<script type="module" src="${script}"></script>`}
      </head>
      <body>
        <a class="skip" href="#main">${t('page.skip')}</a>
        <header class="top">
          <div class="bar">
            <a class="brand" href="/report"
              ><svg viewBox="0 0 24 24" width="28" height="28" aria-hidden="true">
                <path class="roof" d="M3 12 12 4l9 8" />
                <path class="lamp" d="M12 11v.01M8 20c0-4 8-3 8-8" /></svg
              ><span>${t('app.name')}</span></a
            >
            ${languageSwitch(page, frame.language)}
          </div>
        </header>
        <section class="emergency" data-tour="emergency" aria-label="${t('page.emergency')}">
          <p>${t('page.emergency')}</p>
          ${callLinks(page, frame.numbers)}
        </section>
        ${
          page.notices.length > 0 &&
          html`<section class="public-notices" aria-label="${t('page.notice')}">
            ${page.notices.map((notice) => noticeBox(page, notice))}
          </section>`
        }
        <main id="main" tabindex="-1">${frame.body}</main>
        <footer class="bottom">
          <nav data-tour="shelters" aria-label="${t('page.nav')}">
            ${nav('/report', 'page.nav.report', frame.here === 'report')}${nav('/shelters', 'page.nav.shelters', frame.here === 'shelters')}
          </nav>
          <p>${t('page.privacy')}</p>
        </footer>
      </body>
    </html> `;
}

/**
 * Sends a page; personal by default, so nothing on the way keeps it and no search engine lists it. A page whose address
 * is a secret says `secret` and tells no one where the reader came from; `secret form` tells the server's name without
 * the path, because without a referrer a browser sends its form with `Origin: null`. The others tell their own forms, because an
 * older browser proves a form's origin in no other way.
 */
export function sendPage(res: Response, status: number, content: Html, secret: boolean | 'secret form' = false): void {
  res.status(status);
  res.set({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'referrer-policy': secret === 'secret form' ? 'strict-origin' : secret ? 'no-referrer' : 'same-origin',
    'x-robots-tag': 'noindex',
  });
  res.send(content.toString());
}
