/** The page of one warm place, and its poster. What is confidential, given up or never was gets one and the same answer. */
import type { Request, Response } from 'express';
import { idSchema } from '../../shared/ids.ts';
import { document, html, sendPage } from '../http/html.ts';
import type { Page, PageContext } from '../http/route.ts';
import { sheetDocument } from '../http/sheet.ts';
import { emergencyNumbers } from '../stations/queries.ts';
import { facts } from './card.ts';
import { asOf, ENTRY, printedCode, sheltersData } from './page-parts.ts';
import { placeSheet } from './poster-place.ts';
import { type PublicPlace, publicPlace } from './queries-public.ts';

async function placeOfPath({ service }: PageContext, req: Request): Promise<PublicPlace | undefined> {
  const { data: id } = idSchema.safeParse(req.params['id']);
  return id === undefined ? undefined : publicPlace(service.database.knex, service.now(), id);
}

/** Nothing here repeats what was asked. */
async function showMissing(page: PageContext, res: Response): Promise<void> {
  const { t } = page;
  const numbers = await emergencyNumbers(page.service.database.knex);
  const body = html`<h1>${t('missing.place.title')}</h1>
    <p>${t('missing.place.how')}</p>
    <p><a class="main button" href="/shelters">${t('warm.back')}</a></p>
    ${sheltersData(page)}`;
  sendPage(
    res,
    404,
    document(page, {
      title: t('missing.place.title'),
      entry: ENTRY,
      numbers,
      body,
      language: { link: '/shelters' },
      here: 'shelters',
    }),
  );
}

async function showPlace(page: PageContext, res: Response, place: PublicPlace, origin: string): Promise<void> {
  const { t } = page;
  const numbers = await emergencyNumbers(page.service.database.knex);
  const path = `/shelters/${place.id}`;
  const body = html`${await printedCode(page, origin + path, 'warm.qr.place')}
    <h1>${place.name}</h1>
    ${asOf(page, place.timeZone)}
    <div class="warm one">${facts(page, place, true)}</div>
    <p class="links no-print"><a href="${path}/poster">${t('warm.poster')}</a></p>
    <p class="links no-print"><a href="/shelters">${t('warm.back')}</a></p>
    ${sheltersData(page)}`;
  sendPage(res, 200, document(page, { title: place.name, entry: ENTRY, numbers, body, language: { link: path } }));
}

async function showPoster(page: PageContext, res: Response, place: PublicPlace, origin: string): Promise<void> {
  const { t } = page;
  const path = `/shelters/${place.id}`;
  const numbers = await emergencyNumbers(page.service.database.knex);
  const tools = html`<header class="tools">
    <h1>${place.name}</h1>
    <p>${t('posters.count', { count: 1 })}</p>
    <p>${t('posters.origin', { origin })}</p>
    <p>${t('posters.how')}</p>
    <p class="ways">
      <button type="button" data-do="print" data-script hidden>${t('posters.print')}</button>
      <a href="${path}">${t('warm.poster.back')}</a>
    </p>
  </header>`;
  const sheets = [await placeSheet(place, numbers, origin + path)];
  sendPage(res, 200, sheetDocument(page, { title: place.name, tools, sheets }));
}

/** `originOf` says where phones find this service. */
export const placePages = (originOf: (req: Request) => string): Page[] =>
  [
    { path: '/shelters/:id', show: showPlace },
    { path: '/shelters/:id/poster', show: showPoster },
  ].map(({ path, show }): Page => ({
    method: 'GET',
    path,
    handle: async (page, req, res) => {
      const place = await placeOfPath(page, req);
      await (place ? show(page, res, place, originOf(req)) : showMissing(page, res));
    },
  }));
