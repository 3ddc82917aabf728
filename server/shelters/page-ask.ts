/** Where the nearest warm place is looked for: what a visitor asked in the address, and the form that asks it without a script. */
import type { LonLat } from '../../shared/geo.ts';
import { idSchema } from '../../shared/ids.ts';
import { Problem } from '../../shared/problems.ts';
import { html, type Html } from '../http/html.ts';
import type { PageContext } from '../http/route.ts';
import { areaExtents, areaNames } from '../places/queries.ts';
import { placeForAnyone } from '../places/queries-anyone.ts';
import { placeOf } from './queries-public.ts';

/** Words of a place, at most: longer ones are a report. */
const MOST_LETTERS = 200;

/** What was asked, what it led to, and the words that say so: those of the visitor, and no others. */
export interface Asked {
  near: LonLat | null;
  words: string;
  areaId: string;
  areas: readonly { id: string; name: string }[];
  /** said above the list; null when nothing was asked */
  answer: string | null;
  status: 200 | 422;
}

type Query = Readonly<Record<string, unknown>>;
const said = (query: Query, name: string): string | undefined => {
  const value = query[name];
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
};

/** Reads `near`, `area`, or `lon` and `lat`, in this order; what is not understood leaves the list by name. */
export async function readAsk(page: PageContext, query: Query, rootId: string): Promise<Asked> {
  const { t } = page;
  const db = page.service.database.knex;
  const areas = (await areaNames(db, rootId)).sort((a, b) => a.name.localeCompare(b.name, page.locale));
  const none: Asked = { near: null, words: '', areaId: '', areas, answer: null, status: 200 };
  const words = said(query, 'near')?.slice(0, MOST_LETTERS);
  if (words !== undefined) {
    const near = await placeForAnyone(db, words);
    const answer = t(near ? 'warm.ask.near_is' : 'warm.ask.unknown', { place: words });
    return { ...none, near: near ?? null, words, answer };
  }
  const area = areas.find(({ id }) => id === idSchema.safeParse(said(query, 'area')).data);
  if (area) {
    const near = (await areaExtents(db, [area.id]))[0]?.position.coordinates ?? null;
    return { ...none, near, areaId: area.id, answer: t('warm.ask.near_is', { place: area.name }) };
  }
  try {
    const { lon, lat } = placeOf({ lon: said(query, 'lon'), lat: said(query, 'lat') });
    if (lon === undefined || lat === undefined) return none;
    return { ...none, near: [lon, lat], answer: t('warm.ask.here') };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { ...none, answer: t('warm.ask.unreadable'), status: 422 };
  }
}

/** The same question as an address, for the page in the other language. */
export function addressOf({ words, areaId, near }: Asked): string {
  const [lon, lat] = near ?? [];
  const asked =
    words !== ''
      ? { near: words }
      : areaId !== ''
        ? { area: areaId }
        : lon !== undefined && lat !== undefined
          ? { lon: String(lon), lat: String(lat) }
          : null;
  return asked === null ? '/shelters' : `/shelters?${new URLSearchParams(asked).toString()}`;
}

/** Folded away, because the list comes first; open while what was asked is not understood. */
export function askForm({ t }: PageContext, { words, areaId, areas, answer, near }: Asked): Html {
  return html`<details class="ask" ${answer !== null && !near && html` open`}>
    <summary>${t('warm.ask.title')}</summary>
    <form method="get" action="/shelters" role="search" aria-label="${t('warm.ask.title')}">
      <p class="field">
        <label for="near">${t('warm.ask.near')}</label>
        <span class="hint" id="near-hint">${t('warm.ask.near.hint')}</span>
        <input
          id="near"
          name="near"
          value="${words}"
          maxlength="${MOST_LETTERS}"
          autocomplete="off"
          aria-describedby="near-hint"
        />
      </p>
      ${
        areas.length > 0 &&
        html`<p class="field">
          <label for="area">${t('warm.ask.area')}</label>
          <select id="area" name="area">
            <option value="">${t('warm.ask.area.any')}</option>
            ${areas.map(
              ({ id, name }) => html`<option value="${id}" ${id === areaId && html` selected`}>${name}</option>`,
            )}
          </select>
        </p>`
      }
      <p class="ways"><button class="second" type="submit">${t('warm.ask.do')}</button></p>
    </form>
  </details>`;
}
