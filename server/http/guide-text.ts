/** Guides are Markdown of our own, rendered once at the start: headings get ids and a list of contents, tables their own scrolling. */
import { Marked, type Tokens } from 'marked';
import { html, Html } from './html.ts';

export interface Contents {
  id: string;
  title: string;
}
export interface GuideText {
  /** what the first heading says */
  title: string;
  body: Html;
  contents: readonly Contents[];
}

/** `Title {#id}`: the same id in both languages, so that a link means the same place in each. */
const HEADING = /^(.*?)\s*\{#([\w-]+)\}$/;

/** Throws for a heading without an id and for HTML: the text is ours, and what it may hold is decided here. */
export function renderGuide(markdown: string): GuideText {
  const contents: Contents[] = [];
  let title = '';
  let tables = 0;
  const marked = new Marked({
    gfm: true,
    renderer: {
      heading({ tokens, depth, text }: Tokens.Heading): string {
        if (depth === 1) {
          title = text;
          return html`<h1>${Html.fromTrusted(this.parser.parseInline(tokens))}</h1>`.toString();
        }
        const [, words, id] = HEADING.exec(text) ?? [];
        if (words === undefined || id === undefined) throw new Error(`a heading has no {#id}: ${text}`);
        if (depth === 2) contents.push({ id, title: words });
        const inner = Html.fromTrusted(marked.parseInline(words, { async: false }));
        return `<h${String(depth)} id="${id}"><a class="self" href="#${id}">${inner.toString()}</a></h${String(depth)}>\n`;
      },
      html({ text }: Tokens.HTML | Tokens.Tag): string {
        throw new Error(`HTML in a guide: ${text}`);
      },
      code({ text }: Tokens.Code): string {
        return `${html`<pre tabindex="0"><code>${text}</code></pre>`.toString()}\n`;
      },
      table({ header, rows }: Tokens.Table): string {
        tables += 1;
        const cells = (tag: string, list: readonly Tokens.TableCell[]): string =>
          list.map((cell) => `<${tag}>${this.parser.parseInline(cell.tokens)}</${tag.slice(0, 2)}>`).join('');
        const body = rows.map((line) => `<tr>${cells('td', line)}</tr>`).join('');
        const name = `${contents.at(-1)?.title ?? title} ${String(tables)}`;
        return html`<div class="wide" role="region" tabindex="0" aria-label="${name}">
          <table>
            <thead>
              <tr>
                ${Html.fromTrusted(cells('th scope="col"', header))}
              </tr>
            </thead>
            <tbody>
              ${Html.fromTrusted(body)}
            </tbody>
          </table>
        </div>`.toString();
      },
    },
  });
  const body = Html.fromTrusted(marked.parse(markdown, { async: false }));
  return { title, body, contents };
}
