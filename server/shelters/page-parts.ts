/** What the list of warm places and the page of each have in common. */
import { dataBlock, html, type Html, mapWords } from '../http/html.ts';
import type { PageContext } from '../http/route.ts';
import { qrAddress } from '../http/sheet.ts';

/** Their script and styles. */
export const ENTRY = 'web/public/shelters.ts';

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

/** What every public page of warm places gives its script. */
export const sheltersData = (page: PageContext): Html =>
  dataBlock('page-data', {
    words: { ...mapWords(page), ...Object.fromEntries(scriptWords.map((key) => [key, page.t(`warm.${key}`)])) },
    locale: page.locale,
    tiles: page.tiles,
  });

/** When this was so: for paper, and for a copy that is shown without a network. */
export function asOf(page: PageContext, zone: string): Html {
  const now = page.service.now();
  const time = new Intl.DateTimeFormat(page.locale, {
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZone: zone,
  }).format(now);
  return html`<p class="hint as-of"><time datetime="${now.toISOString()}">${page.t('warm.as_of', { time })}</time></p>
    <p class="notice kept" role="status">${page.t('warm.kept', { time })}</p>`;
}

/** On paper the way back to what is true then. */
export async function printedCode(page: PageContext, address: string, word: string): Promise<Html> {
  return html`<figure class="printed code-sheet">
    <img src="${await qrAddress(address)}" alt="${page.t('warm.qr', { address })}" width="140" height="140" />
    <figcaption>${page.t(word)}<br />${address.replace(/^https?:\/\//, '')}</figcaption>
  </figure>`;
}
