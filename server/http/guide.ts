/** The guides: for whoever runs the service, for whoever connects another system to it, and every call of it. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Endpoint } from '../../shared/contract.ts';
import { type Locale, localeNames } from '../../shared/stations.ts';
import { apiContents, apiReference } from './guide-api.ts';
import { type Contents, type GuideText, renderGuide } from './guide-text.ts';
import { document, type EmergencyNumber, html, type Html, sendPage } from './html.ts';
import { openApi } from './openapi.ts';
import type { Page, PageContext } from './route.ts';

export const guideNames = ['administrators', 'integrators'] as const;
type GuideName = (typeof guideNames)[number];

const ENTRY = 'web/public/guide.ts';

/** What app.ts lends, so that the pages know no noun. */
export interface GuideParts {
  numbers: (page: PageContext) => Promise<readonly EmergencyNumber[]>;
  /** asked at the first look: the routes are made after the pages */
  endpoints: () => readonly Endpoint[];
  version: string;
}

/** The texts lie in guide/ beside this file, and beside the built one. */
const read = (name: string): string => {
  const folder = new URL('guide/', import.meta.url);
  return readFileSync(fileURLToPath(new URL(name, folder)), 'utf8');
};

type Texts = Record<GuideName, Record<Locale, GuideText>>;
let rendered: Texts | undefined;
/** Rendered once, however many services this process starts. */
const renderedTexts = (): Texts =>
  (rendered ??= Object.fromEntries(
    guideNames.map((name) => [
      name,
      Object.fromEntries(localeNames.map((locale) => [locale, renderGuide(read(`${name}.${locale}.md`))])),
    ]),
  ) as Texts);

const tabs = (page: PageContext, here: string): Html =>
  html`<nav class="guides" aria-label="${page.t('guide.nav')}">
    ${[...guideNames, 'api'].map(
      (name) =>
        html`<a href="/guide/${name}" ${name === here && html` aria-current="page"`}>${page.t(`guide.${name}`)}</a>`,
    )}
  </nav>`;

const frame = (page: PageContext, here: string, contents: readonly Contents[], body: Html): Html =>
  html`${tabs(page, here)}
    <div class="guide">
      <nav class="contents" aria-labelledby="contents">
        <h2 id="contents">${page.t('guide.contents')}</h2>
        <ol>
          ${contents.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}
        </ol>
      </nav>
      <div class="text">${body}</div>
    </div>`;

/** Public pages `/guide`, `/guide/administrators`, `/guide/integrators` and `/guide/api`. Throws at the start when a text is wrong. */
export function guidePages({ numbers, endpoints, version }: GuideParts): Page[] {
  const texts = renderedTexts();
  const summaries = JSON.parse(read('calls.zh-CN.json')) as Record<string, string>;
  const references = new Map<Locale, { contents: readonly Contents[]; body: Html }>();
  const referenceOf = (page: PageContext): { contents: readonly Contents[]; body: Html } => {
    const { locale, t } = page;
    const known = references.get(locale);
    if (known) return known;
    const described = openApi(endpoints(), version);
    const made = {
      contents: apiContents(described, t),
      body: apiReference(described, t, locale === 'en' ? {} : summaries),
    };
    references.set(locale, made);
    return made;
  };
  const page = (
    name: GuideName | 'api',
    of: (page: PageContext) => { title: string; contents: readonly Contents[]; body: Html },
  ): Page => ({
    method: 'GET',
    path: `/guide/${name}`,
    handle: async (context, _req, res) => {
      const { title, contents, body } = of(context);
      sendPage(
        res,
        200,
        document(context, {
          title,
          entry: ENTRY,
          numbers: await numbers(context),
          body: frame(context, name, contents, body),
          language: { link: `/guide/${name}` },
        }),
      );
    },
  });
  return [
    {
      method: 'GET',
      path: '/guide',
      handle: (_page, _req, res) => {
        res.redirect(302, '/guide/administrators');
        return Promise.resolve();
      },
    },
    ...guideNames.map((name) => page(name, ({ locale }) => texts[name][locale])),
    page('api', (context) => ({ title: context.t('guide.api'), ...referenceOf(context) })),
  ];
}
