/** Warm places for anyone: the list, the page of each and its poster. All print, and work without JavaScript. */
import type { Request } from 'express';
import { callLinks, document, html, type Html, sendPage } from '../http/html.ts';
import type { Page, PageContext } from '../http/route.ts';
import { emergencyNumbers, type EmergencyNumber, rootStation } from '../stations/queries.ts';
import { placeCard } from './card.ts';
import { asOf, ENTRY, printedCode, sheltersData } from './page-parts.ts';
import { type Asked, addressOf, askForm, readAsk } from './page-ask.ts';
import { placePages } from './pages-place.ts';
import { type PublicPlace, publicPlaces } from './queries-public.ts';

/** More than a city opens in one night; the phone sorts what the page holds. */
const LIMIT = 500;
/** What opens later than that is no answer to somebody in the cold, unless there is nothing else. */
const SOON_MS = 12 * 3_600_000;

interface Sorted {
  open: PublicPlace[];
  full: PublicPlace[];
  later: PublicPlace[];
}
/** `found` in its order; what opens later by its hour, and far ahead only if there is nothing else. */
function sorted(found: readonly PublicPlace[], now: Date): Sorted {
  const hasRoom = (place: PublicPlace): boolean => place.state === 'open' && (place.room !== 'full' || !place.counted);
  const open = found.filter(hasRoom);
  const ahead = found
    .filter(({ opensAt }) => opensAt !== null)
    .sort((a, b) => String(a.opensAt).localeCompare(String(b.opensAt)));
  const soon = ahead.filter(({ opensAt }) => Date.parse(String(opensAt)) - now.getTime() <= SOON_MS);
  return {
    open,
    full: found.filter((place) => place.state !== 'closed' && !hasRoom(place)),
    later: open.length === 0 && soon.length === 0 ? ahead.slice(0, 1) : soon,
  };
}

const list = (page: PageContext, places: readonly PublicPlace[], rank: 2 | 3): Html =>
  html`<ul class="places">
    ${places.map((place) => placeCard(page, place, rank))}
  </ul>`;

function sections(page: PageContext, { open, full, later }: Sorted, numbers: readonly EmergencyNumber[]): Html {
  const { t } = page;
  return html`${
    open.length === 0
      ? html`<div class="empty">
          <h2>${t('warm.empty')}</h2>
          <p>${t('warm.empty.how')}</p>
          ${callLinks(page, numbers)}
        </div>`
      : list(page, open, 2)
  }
  ${
    full.length > 0 &&
    html`<section>
      <h2>${t('warm.full.title')}</h2>
      <p class="hint">${t('warm.full.how')}</p>
      ${list(page, full, 3)}
    </section>`
  }
  ${
    later.length > 0 &&
    html`<section>
      <h2>${t(open.length === 0 ? 'warm.empty.soonest' : 'warm.later.title')}</h2>
      ${list(page, later, 3)}
    </section>`
  }`;
}

const answered = (page: PageContext, { answer, near }: Asked): Html | false =>
  answer !== null &&
  html`<p class="${near ? 'hint' : 'notice'} asked" role="status">${answer}</p>
    <p class="links no-print"><a href="/shelters">${page.t('warm.all')}</a></p>`;

/** `publicOrigin` is where the operator says this service is found; without it, where the page was asked for. */
export const shelterPages = (publicOrigin: string | null): Page[] => {
  const originOf = (req: Request): string => publicOrigin ?? `${req.protocol}://${req.host}`;
  return [
    {
      method: 'GET',
      path: '/shelters',
      notices: true,
      handle: async (page, req, res) => {
        const { t, service } = page;
        const db = service.database.knex;
        const root = await rootStation(db);
        const asked = await readAsk(page, req.query, root?.id ?? '');
        const [numbers, found] = await Promise.all([
          emergencyNumbers(db),
          publicPlaces(db, service.now(), asked.near, LIMIT),
        ]);
        const groups = sorted(found, service.now());
        const body = html`${await printedCode(page, `${originOf(req)}/shelters`, 'warm.qr.how')}
          <h1>${t('warm.title')}</h1>
          <p class="lead">${t('warm.lead')}</p>
          ${asOf(page, root?.timeZone ?? 'UTC')}
          ${
            found.length > 0 &&
            html`<div class="near" data-script hidden>
              <p class="ways">
                <button class="main" type="button" data-do="near">${t('warm.near.do')}</button>
                <button class="second" type="button" data-do="map" aria-expanded="false">${t('warm.map')}</button>
              </p>
              <p class="hint">${t('warm.private')}</p>
              <p role="status" class="near-status"></p>
              <div class="map" hidden></div>
            </div>`
          }
          ${askForm(page, asked)} ${answered(page, asked)} ${sections(page, groups, numbers)}
          <p class="hint no-print">${t('warm.report')} <a href="/report">${t('page.nav.report')}</a></p>
          ${sheltersData(page)}`;
        sendPage(
          res,
          asked.status,
          document(page, {
            title: t('warm.title'),
            entry: ENTRY,
            numbers,
            body,
            language: { link: addressOf(asked) },
            here: 'shelters',
          }),
        );
      },
    },
    ...placePages(originOf),
  ];
};
