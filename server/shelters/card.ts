/** One warm place as the public pages show it. */
import { mapLinks } from '../../shared/map-apps.ts';
import { html, type Html } from '../http/html.ts';
import type { PageContext } from '../http/route.ts';
import { openingWords, timeInWords } from './opening-words.ts';
import type { PublicPlace } from './queries-public.ts';

const roomWords = { yes: 'warm.room.yes', few: 'warm.room.few', full: 'warm.room.full' } as const;

/** Metres as people say them. */
function distanceInWords({ t, locale }: PageContext, metres: number): string {
  const number = new Intl.NumberFormat(locale, { maximumSignificantDigits: 2 });
  return metres >= 1_000
    ? t('warm.kilometres', { n: number.format(metres / 1_000) })
    : t('warm.metres', { n: number.format(metres) });
}

/** Whether one can go there now: by a sign, a colour and a word. */
function signs(page: PageContext, place: PublicPlace): Html {
  const { t, locale, service } = page;
  const time = (at: string): string => timeInWords(at, service.now(), place.timeZone, locale);
  const state =
    place.state === 'closed'
      ? html`<span class="room full">${t('warm.closed_now')}</span>`
      : place.state === 'full'
        ? html`<span class="room full">${t('warm.full_now')}</span>`
        : place.counted
          ? html`<span class="room ${place.room}">${t(roomWords[place.room])}</span>`
          : html`<span class="room yes">${t('warm.open_now')}</span>`;
  return html`<p class="tags">
    ${state}
    ${place.openUntil !== null && html`<span class="when">${t('warm.open_until', { time: time(place.openUntil) })}</span>`}
    ${place.opensAt !== null && html`<span class="when">${t('warm.opens_at', { time: time(place.opensAt) })}</span>`}
    <span>${t(`shelter.kind.${place.kind}`)}</span>
    <span class="distance">${place.distanceM !== null && distanceInWords(page, place.distanceM)}</span>
  </p>`;
}

const line = (word: string, value: Html | string, printed = false): Html =>
  html`<div ${printed && html` class="printed"`}>
    <dt>${word}</dt>
    <dd>${value}</dd>
  </div>`;

/** What there is to know of it, and the ways there. `all`: also what a list has no room for. */
export function facts(page: PageContext, place: PublicPlace, all: boolean): Html {
  const { t, locale } = page;
  const [lon, lat] = place.position?.coordinates ?? [];
  const spot = lat !== undefined && lon !== undefined && `${lat.toFixed(5)},${lon.toFixed(5)}`;
  const windows = openingWords(place.opening, locale);
  const hours = [...windows, ...(place.hours !== '' && (all || windows.length === 0) ? [place.hours] : [])];
  // the phone's own map app first; only some phones know its kind of link
  const links = place.position ? mapLinks(place.position.coordinates, place.name, 'walk') : [];
  links.unshift(...links.splice(-1));
  return html`${signs(page, place)}
    <p class="address">${place.address}</p>
    <dl>
      ${hours.length > 0 && line(t('warm.hours'), html`${hours.map((each) => html`<span>${each}</span>`)}`)}
      ${
        place.features.length > 0 &&
        line(t('warm.features'), place.features.map((feature) => t(`feature.${feature}`)).join(t('report.comma')))
      }
      ${place.about !== '' && line(t('warm.about'), html`<span class="about">${place.about}</span>`)}
      ${place.phone !== null && line(t('warm.phone'), place.phone, true)}
      ${line(t('warm.freshness'), t(`freshness.${place.freshness}`))}
      ${all && spot && line(t('warm.coordinates'), html`<span class="spot">${spot}</span>`)}
    </dl>
    <p class="ways">
      ${
        place.phone !== null &&
        html`<a class="second button" href="tel:${place.phone.replaceAll(/[^\d+]/g, '')}"
          >${t('warm.call', { phone: place.phone })}</a
        >`
      }
      ${links.map(({ app, href }) => html`<a class="second button" rel="noreferrer" href="${href}">${app === 'phone' ? t('warm.way') : t(`job.nav.${app}`)}</a>`)}
    </p>`;
}

/** A place in a list; `rank` is that of its heading. */
export function placeCard(page: PageContext, place: PublicPlace, rank: 2 | 3): Html {
  const [lon, lat] = place.position?.coordinates ?? [];
  const name = html`<a href="/shelters/${place.id}">${place.name}</a>`;
  return html`<li
    class="warm"
    data-id="${place.id}"
    ${lon !== undefined && html` data-lon="${lon.toFixed(5)}" data-lat="${lat?.toFixed(5)}"`}
  >
    ${rank === 2 ? html`<h2>${name}</h2>` : html`<h3>${name}</h3>`} ${facts(page, place, false)}
  </li>`;
}
