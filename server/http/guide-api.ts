/** Every call on one page, from the same description as /api/openapi.json. */
import { problemStatus } from '../../shared/problems.ts';
import { plain, schemaTable } from './guide-schema.ts';
import type { Contents } from './guide-text.ts';
import { html, type Html } from './html.ts';
import { OTHER } from './openapi-parts.ts';
import type { OpenApi, Operation, Parameter, Response } from './openapi-types.ts';
import type { Translate } from './words.ts';

interface Call {
  method: string;
  path: string;
  operation: Operation;
}

const callsOf = (api: OpenApi, tag: string): Call[] =>
  Object.entries(api.paths).flatMap(([path, calls]) =>
    Object.entries(calls)
      .filter(([, { tags }]) => tags.includes(tag))
      .map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );

const chapterId = (tag: string): string => `chapter-${tag}`;
const chapterTitle = (tag: string, t: Translate): string =>
  tag === OTHER.name ? t('guide.api.other') : t(`guide.chapter.${tag}`);

/** The chapters, then what all calls share. */
export const apiContents = (api: OpenApi, t: Translate): Contents[] => [
  ...api.tags.map(({ name }) => ({ id: chapterId(name), title: chapterTitle(name, t) })),
  { id: 'refusals', title: t('guide.api.refusals') },
  { id: 'schemas', title: t('guide.api.schemas') },
];

const resolve = <T extends { $ref?: string }>(known: Record<string, T>, part: T): T =>
  part.$ref === undefined ? part : (known[part.$ref.split('/').at(-1) ?? ''] ?? part);

interface Writer {
  api: OpenApi;
  t: Translate;
  /** the summary in the reader's language, or as the contract has it */
  summary: (operation: Operation) => Html;
}

function who({ t }: Writer, { 'x-roles': roles }: Operation): Html {
  const names = roles.map((role) => (role === 'public' ? t('guide.api.everybody') : t(`role.${role}`)));
  return html`<p class="who"><b>${t('guide.api.who')}</b> ${names.join(t('report.comma'))}</p>`;
}

function parameterTable({ api, t }: Writer, name: string, list: readonly Parameter[]): Html | false {
  if (list.length === 0) return false;
  const whole = list.map((part) => resolve(api.components.parameters, part));
  const where = (part: Parameter): string => t(`guide.api.in.${part.in}`);
  return html`<h4>${t('guide.api.parameters')}</h4>
    ${schemaTable(t, `${name}: ${t('guide.api.parameters')}`, {
      type: 'object',
      properties: Object.fromEntries(
        whole.map((part) => [
          part.name,
          {
            ...part.schema,
            description: [where(part), part.description, part.schema.description]
              .filter((words) => words !== undefined)
              .join(' · '),
          },
        ]),
      ),
      required: whole.filter((part) => part.required).map((part) => part.name),
    })}`;
}

function contents({ t }: Writer, name: string, content: Response['content']): Html[] {
  return Object.entries(content ?? {}).map(
    ([type, { schema, example }]) =>
      html`<p class="media"><code>${type}</code></p>
        ${schemaTable(t, `${name}: ${type}`, schema)}
        ${
          example !== undefined &&
          html`<p>${t('guide.api.example')}</p>
            <pre tabindex="0"><code>${JSON.stringify(example, null, 2)}</code></pre>`
        }`,
  );
}

function answers(writer: Writer, { operationId, responses }: Operation): Html {
  const { api, t } = writer;
  const done = Object.entries(responses).filter(([status]) => status < '300');
  const refused = Object.keys(responses).filter((status) => status >= '300');
  // the answer to a replay is the answer
  const main = done.at(-1);
  return html`<h4>${t('guide.api.answers')}</h4>
    <p>
      ${done.map(([status]) => html`<code class="status">${status}</code> `)}
      ${refused.map((status) => html`<a class="status" href="#refused-${status}">${status}</a> `)}
    </p>
    ${main && contents(writer, `${operationId} ${main[0]}`, resolve(api.components.responses, main[1]).content)}`;
}

function call(writer: Writer, { method, path, operation }: Call): Html {
  const { t } = writer;
  const { operationId, requestBody, parameters, description } = operation;
  return html`<article class="endpoint" id="${operationId}">
    <h3>
      <a class="self" href="#${operationId}"
        ><span class="method ${method.toLowerCase()}">${method}</span> <code>${path}</code></a
      >
    </h3>
    <p class="says">${writer.summary(operation)} <code class="name">${operationId}</code></p>
    ${description !== undefined && html`<p lang="en">${plain(description)}</p>`} ${who(writer, operation)}
    ${parameterTable(writer, operationId, parameters)}
    ${
      requestBody &&
      html`<h4>${t('guide.api.body')}</h4>
        ${contents(writer, `${operationId}: ${t('guide.api.body')}`, requestBody.content)}`
    }
    ${answers(writer, operation)}
  </article>`;
}

function chapter(writer: Writer, tag: string): Html {
  const calls = callsOf(writer.api, tag);
  return html`<section>
    <h2 id="${chapterId(tag)}">${chapterTitle(tag, writer.t)}</h2>
    <ul class="calls-list">
      ${calls.map(
        ({ method, path, operation }) =>
          html`<li>
            <a href="#${operation.operationId}"><code>${method} ${path}</code></a> ${writer.summary(operation)}
          </li>`,
      )}
    </ul>
    ${calls.map((each) => call(writer, each))}
  </section>`;
}

function refusals({ t }: Writer): Html {
  const statuses = [...new Set<number>(Object.values(problemStatus))].sort((a, b) => a - b);
  const line = (status: number): Html =>
    html`<tr id="refused-${status}">
      <td><code>${status}</code></td>
      <td>
        <ul>
          ${Object.entries(problemStatus)
            .filter(([, at]) => at === status)
            .map(([code]) => html`<li><code>${code}</code> ${t(`problem.${code}`)}</li>`)}
        </ul>
      </td>
    </tr>`;
  return html`<section>
    <h2 id="refusals">${t('guide.api.refusals')}</h2>
    <p>${t('guide.api.refusals.about')}</p>
    <div class="wide" role="region" tabindex="0" aria-label="${t('guide.api.refusals')}">
      <table>
        <thead>
          <tr>
            <th scope="col">${t('guide.api.status')}</th>
            <th scope="col">${t('guide.api.codes')}</th>
          </tr>
        </thead>
        <tbody>
          ${statuses.map(line)}
        </tbody>
      </table>
    </div>
  </section>`;
}

const schemas = ({ api, t }: Writer): Html =>
  html`<section>
    <h2 id="schemas">${t('guide.api.schemas')}</h2>
    ${Object.entries(api.components.schemas).map(
      ([name, schema]) =>
        html`<h3 id="schema-${name}"><a class="self" href="#schema-${name}">${name}</a></h3>
          ${schemaTable(t, name, schema)}`,
    )}
  </section>`;

/** The page's text; `summaries` by operationId replace those of the contract. */
export function apiReference(api: OpenApi, t: Translate, summaries: Readonly<Record<string, string>>): Html {
  const writer: Writer = {
    api,
    t,
    summary: ({ operationId, summary }) => {
      const own = summaries[operationId];
      return own === undefined ? html`<span lang="en">${plain(summary)}</span>` : plain(own);
    },
  };
  return html`<h1>${t('guide.api')}</h1>
    <p class="lead">${t('guide.api.lead')} <a href="/api/openapi.json">/api/openapi.json</a></p>
    ${api.tags.map(({ name }) => chapter(writer, name))} ${refusals(writer)} ${schemas(writer)}`;
}
