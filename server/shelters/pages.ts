/** Open warm places for anyone, as a page that prints, and works without JavaScript. */
import type { PublicShelter } from '../../shared/shelters.ts';
import { callLinks, dataBlock, document, html, type Html, mapWords, sendPage } from '../http/html.ts';
import type { Page, PageContext } from '../http/route.ts';
import { emergencyNumbers } from '../stations/queries.ts';
import { publicShelters } from './queries.ts';

/** More than a city opens in one night. */
const LIMIT = 500;

const words = { yes: 'warm.room.yes', few: 'warm.room.few', full: 'warm.room.full' } as const;

function place(page: PageContext, shelter: PublicShelter): Html {
  const { t } = page;
  const { position } = shelter;
  const [lon, lat] = position?.coordinates ?? [];
  const spot = lat !== undefined && lon !== undefined && `${lat.toFixed(5)},${lon.toFixed(5)}`;
  return html`<li class="warm" data-id="${shelter.id}" ${spot && html` data-lon="${lon}" data-lat="${lat}"`}>
    <h2>${shelter.name}</h2>
    <p class="tags">
      <span class="room ${shelter.room}">${t(words[shelter.room])}</span>
      <span>${t(`shelter.kind.${shelter.kind}`)}</span> <span class="distance"></span>
    </p>
    <p class="address">${shelter.address}</p>
    <dl>
      ${
        shelter.hours !== '' &&
        html`<div>
          <dt>${t('warm.hours')}</dt>
          <dd>${shelter.hours}</dd>
        </div>`
      }
      ${
        shelter.features.length > 0 &&
        html`<div>
          <dt>${t('warm.features')}</dt>
          <dd>${shelter.features.join(t('report.comma'))}</dd>
        </div>`
      }
      <div>
        <dt>${t('warm.freshness')}</dt>
        <dd>${t(`freshness.${shelter.freshness}`)}</dd>
      </div>
      ${
        spot &&
        html`<div>
          <dt>${t('warm.coordinates')}</dt>
          <dd class="spot">${spot}</dd>
        </div>`
      }
    </dl>
    <p class="ways">
      ${shelter.phone !== null && html`<a class="second button" href="tel:${shelter.phone.replaceAll(/[^\d+]/g, '')}">${t('warm.call', { phone: shelter.phone })}</a>`}
      ${spot && html`<a class="second button" href="geo:${spot}?q=${spot}(${encodeURIComponent(shelter.name)})">${t('warm.way')}</a>`}
    </p>
  </li>`;
}

/** Words for the script. */
const scriptWords = [
  'locating',
  'near',
  'denied',
  'failed',
  'metres',
  'kilometres',
  'map.failed',
  'map.hide',
  'map',
  'offline',
] as const;

/** Public page of warm places. */
export const shelterPages: Page[] = [
  {
    method: 'GET',
    path: '/shelters',
    handle: async (page, _req, res) => {
      const { t, service } = page;
      const [numbers, found] = await Promise.all([
        emergencyNumbers(service.database.knex),
        publicShelters(service.database.knex, service.now(), { limit: LIMIT }),
      ]);
      // one more than asked for says that there is a next page, which this list has not
      const shelters = found.slice(0, LIMIT);
      const body = html`<h1>${t('warm.title')}</h1>
        <p class="lead">${t('warm.lead')}</p>
        ${
          shelters.length === 0
            ? html`<div class="empty">
                <h2>${t('warm.empty')}</h2>
                <p>${t('warm.empty.how')}</p>
                ${callLinks(page, numbers)}
              </div>`
            : html`<div class="near" data-script hidden>
                  <p class="ways">
                    <button class="main" type="button" data-do="near">${t('warm.near.do')}</button>
                    <button class="second" type="button" data-do="map" aria-expanded="false">${t('warm.map')}</button>
                  </p>
                  <p class="hint">${t('warm.private')}</p>
                  <p role="status" class="near-status"></p>
                  <div class="map" hidden></div>
                </div>
                <ul class="places">
                  ${shelters.map((shelter) => place(page, shelter))}
                </ul>`
        }
        <p class="hint">${t('warm.report')} <a href="/report">${t('page.nav.report')}</a></p>
        ${dataBlock('page-data', { words: { ...mapWords(page), ...Object.fromEntries(scriptWords.map((key) => [key, t(`warm.${key}`)])) }, locale: page.locale, tiles: page.tiles })}`;
      sendPage(
        res,
        200,
        document(page, {
          title: t('warm.title'),
          entry: 'web/public/shelters.ts',
          numbers,
          body,
          language: { link: '/shelters' },
          here: 'shelters',
        }),
      );
    },
  },
];
