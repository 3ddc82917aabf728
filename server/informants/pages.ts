/** Posters of registered informants, to be printed by whoever registers them. */
import type { Request } from 'express';
import type { Role } from '../../shared/roles.ts';
import { html, type Html, sendPage } from '../http/html.ts';
import type { Page, PageContext } from '../http/route.ts';
import { sheetDocument } from '../http/sheet.ts';
import { type Poster, posterSheet } from './poster.ts';
import { postersOf } from './queries.ts';

/** Sheets one page holds: more make a browser slow, and no printer takes them at once. */
const MOST_POSTERS = 200;
const printers: readonly Role[] = ['manager', 'admin'];

const asked = (req: Request, name: string): string | null => {
  const value: unknown = req.query[name];
  return typeof value === 'string' && value !== '' ? value : null;
};

function tools(page: PageContext, posters: readonly Poster[], more: boolean, origin: string): Html {
  const { t } = page;
  const count = posters.length;
  return html`<header class="tools">
    <h1>${t('posters.title')}</h1>
    ${
      count === 0
        ? html`<p>
            <b>${t('posters.none')}</b><br />
            ${t('posters.none.how')}
          </p>`
        : html`<p>${t('posters.count', { count })} ${more && t('posters.more', { count })}</p>
            <p>${t('posters.origin', { origin })}</p>
            <p>${t('posters.how')}</p>`
    }
    <p class="ways">
      ${count > 0 && html`<button type="button" data-do="print" data-script hidden>${t('posters.print')}</button>`}
      <a href="/admin">${t('posters.back')}</a>
    </p>
  </header>`;
}

/** `publicOrigin` is where the operator says this service is found; without it, where the page was asked for. */
export const posterPages = (publicOrigin: string | null): Page[] => [
  {
    method: 'GET',
    path: '/admin/posters',
    handle: async (page, req, res) => {
      const { actor, t } = page;
      if (!('role' in actor) || !printers.includes(actor.role)) {
        res.redirect(302, '/admin');
        return;
      }
      const origin = publicOrigin ?? `${req.protocol}://${req.host}`;
      const found = await postersOf(page.service.database.knex, actor.stationId, {
        organisation: asked(req, 'organisation'),
        code: asked(req, 'code'),
        limit: MOST_POSTERS + 1,
      });
      const posters = found.slice(0, MOST_POSTERS);
      sendPage(
        res,
        posters.length === 0 ? 404 : 200,
        sheetDocument(page, {
          title: t('posters.title'),
          tools: tools(page, posters, found.length > posters.length, origin),
          sheets: await Promise.all(posters.map((poster) => posterSheet(poster, origin))),
        }),
        true,
      );
    },
  },
];
