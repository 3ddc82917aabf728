/** A warm place's poster: what it is, where, when and what there is, in both languages, with the code that says whether there is room. */
import type { Locale } from '../../shared/stations.ts';
import type { EmergencyNumber } from '../http/html.ts';
import { html, type Html } from '../http/html.ts';
import { translator } from '../http/words.ts';
import { both, dangerBox, qrAddress } from '../http/sheet.ts';
import { openingWords } from './opening-words.ts';
import type { PublicPlace } from './queries-public.ts';

const languages: readonly Locale[] = ['zh-CN', 'en'];

/** A fact of the place under its heading; nothing when there is none. */
const fact = (key: string, value: Html | string | false): Html | false =>
  value !== false &&
  html`<div>
    <dt>${both(key)}</dt>
    <dd>${value}</dd>
  </div>`;

function hours({ opening, hours: words }: PublicPlace): Html | string | false {
  if (opening.length === 0) return words !== '' && words;
  return html`${languages.map(
    (locale) =>
      html`<span lang="${locale}">${openingWords(opening, locale).map((each) => html`<span>${each}</span>`)}</span>`,
  )}`;
}

function features({ features: known }: PublicPlace): Html | false {
  if (known.length === 0) return false;
  return html`${languages.map((locale) => {
    const t = translator(locale);
    return html`<span lang="${locale}"
      >${known.map((feature) => t(`feature.${feature}`)).join(t('report.comma'))}</span
    >`;
  })}`;
}

/** `address` is that of the place's page, as phones find it. */
export async function placeSheet(
  place: PublicPlace,
  numbers: readonly EmergencyNumber[],
  address: string,
): Promise<Html> {
  const english = translator('en');
  return html`<article class="sheet warm-sheet">
    <header>
      <p class="kind">${both(`shelter.kind.${place.kind}`)}</p>
      <h2>${both('warm.poster.head')}</h2>
      <p class="sub">${both('warm.lead')}</p>
    </header>
    <div class="named">
      <b>${place.name}</b>
      <span>${place.address}</span>
    </div>
    <div class="way">
      <figure>
        <img src="${await qrAddress(address)}" alt="${english('warm.qr', { address })}" width="400" height="400" />
        <figcaption>${both('warm.poster.scan')}</figcaption>
      </figure>
      <dl>
        ${fact('warm.hours', hours(place))} ${fact('warm.features', features(place))}
        ${fact('warm.phone', place.phone !== null && place.phone)}
        ${fact('warm.about', place.about !== '' && html`<span class="about">${place.about}</span>`)}
      </dl>
    </div>
    ${dangerBox(numbers)}
    <footer>
      <p class="whose"><b>${place.station}</b></p>
      <p class="address">${address.replace(/^https?:\/\//, '')}</p>
    </footer>
  </article>`;
}
