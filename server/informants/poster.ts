/** One informant's poster: a page that says, in both languages, what to do on seeing somebody in the cold. */
import { type EmergencyNumber, html, type Html } from '../http/html.ts';
import { both, dangerBox, qrAddress } from '../http/sheet.ts';
import { translator } from '../http/words.ts';

/** What a poster shows: the informant's own words and its station's, and no place. */
export interface Poster {
  code: string;
  organisation: string;
  label: string;
  station: string;
  emergency: EmergencyNumber[];
}

/** `origin` is where phones find this service, such as https://warmpath.example.org. */
export async function posterSheet(poster: Poster, origin: string): Promise<Html> {
  const address = `${origin}/r/${poster.code}`;
  return html`<article class="sheet">
    <header>
      <h2>${both('posters.head')}</h2>
      <p class="sub">${both('posters.sub')}</p>
    </header>
    <div class="way">
      <figure>
        <img
          src="${await qrAddress(address)}"
          alt="${translator('en')('posters.alt', { address })}"
          width="400"
          height="400"
        />
        <figcaption>${address.replace(/^https?:\/\//, '')}</figcaption>
      </figure>
      <div>
        <ol>
          ${[1, 2, 3].map((step) => html`<li>${both(`posters.step.${String(step)}`)}</li>`)}
        </ol>
        <p class="free">${both('posters.free')}</p>
      </div>
    </div>
    ${dangerBox(poster.emergency)}
    <footer>
      <p class="whose">
        <b>${poster.organisation}</b>
        <span>${poster.label}</span>
        <span class="station">${poster.station}</span>
      </p>
      <p class="code"><span>${both('posters.code')}</span> <b>${poster.code}</b></p>
    </footer>
  </article>`;
}
