/** A4 sheets to hang up: what those of different nouns have in common. */
import { toString as qrCode } from 'qrcode';
import { type EmergencyNumber, html, type Html, ICON } from './html.ts';
import type { PageContext } from './route.ts';
import { translator } from './words.ts';

const [chinese, english] = [translator('zh-CN'), translator('en')];

/** The same in both languages, the street's first. */
export const both = (key: string): Html =>
  html`<span lang="zh-CN">${chinese(key)}</span> <span lang="en">${english(key)}</span>`;

/** Whom to call, large enough to be read across a street. */
export const dangerBox = (numbers: readonly EmergencyNumber[]): Html =>
  html`<section class="danger">
    <p>${both('posters.danger')}</p>
    <ul>
      ${numbers.map(({ number, service }) => html`<li><b>${number}</b> ${both(`emergency.${service}`)}</li>`)}
    </ul>
  </section>`;

/** A document of A4 sheets, with what is said of them on the screen alone. */
export function sheetDocument(page: PageContext, said: { title: string; tools: Html; sheets: readonly Html[] }): Html {
  const { styles, script } = page.assets('web/public/posters.ts');
  return html`<!doctype html>
    <html lang="${page.locale}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <link rel="icon" href="${ICON}" />
        <title>${said.title} – ${page.t('app.name')}</title>
        ${styles.map((href) => html`<link rel="stylesheet" href="${href}" />`)}
        ${script !== null && html`<script type="module" src="${script}"></script>`}
      </head>
      <body>
        ${said.tools}
        <main>${said.sheets}</main>
      </body>
    </html> `;
}

/** A QR code as an address of its own, which no inline drawing would be allowed to be. Q mends a quarter of it: rain, stickers, scratches. */
export async function qrAddress(text: string): Promise<string> {
  const drawing = await qrCode(text, { type: 'svg', errorCorrectionLevel: 'Q', margin: 4 });
  return `data:image/svg+xml,${encodeURIComponent(drawing)}`;
}
