/** A schema as a table that can be read: one line a field, nested fields under the way to them. */
import { html, type Html } from './html.ts';
import type { Schema } from './openapi-types.ts';
import type { Translate } from './words.ts';

/** Text of the contract: what stands between backticks is code. */
export const plain = (text: string): Html =>
  html`${text.split('`').map((part, n) => (n % 2 === 1 ? html`<code>${part}</code>` : part))}`;

interface Field {
  way: string;
  schema: Schema;
  required: boolean;
}

/** `null` apart, what a schema may be. */
function choices(schema: Schema): { list: readonly Schema[]; nullable: boolean } {
  const all = schema.anyOf ?? schema.oneOf;
  if (all) {
    const list = all.filter(({ type }) => type !== 'null');
    return { list, nullable: list.length < all.length };
  }
  if (Array.isArray(schema.type))
    return {
      list: (schema.type as readonly string[]).filter((type) => type !== 'null').map((type) => ({ ...schema, type })),
      nullable: (schema.type as readonly string[]).includes('null'),
    };
  return { list: [schema], nullable: false };
}

const itemsOf = (schema: Schema): Schema | null => (typeof schema.items === 'object' ? schema.items : null);

const nameOf = (ref: string): string => ref.split('/').at(-1) ?? ref;

function typeName(t: Translate, schema: Schema): Html {
  const { list, nullable } = choices(schema);
  const one = (each: Schema): Html => {
    if (each.$ref !== undefined) return html`<a href="#schema-${nameOf(each.$ref)}">${nameOf(each.$ref)}</a>`;
    if (each.enum || each.const !== undefined) return html`${t('guide.type.enum')}`;
    if (each.allOf) return html`${each.allOf.map((part, n) => html`${n > 0 && ' + '}${one(part)}`)}`;
    const items = itemsOf(each);
    if (each.type === 'array')
      return items ? html`${t('guide.type.array')} ${typeName(t, items)}` : html`${t('guide.type.array')}`;
    return typeof each.type === 'string' ? html`${t(`guide.type.${each.type}`)}` : html`${t('guide.type.any')}`;
  };
  return html`${list.map((each, n) => html`${n > 0 && ` ${t('guide.type.or')} `}${one(each)}`)}${nullable && ` ${t('guide.type.null')}`}`;
}

/** Limits in signs that need no words. */
function limits(schema: Schema): string[] {
  const span = (least: number | undefined, most: number | undefined, of: string): string[] =>
    least === undefined && most === undefined
      ? []
      : [
          `${least === undefined ? '' : `${least.toLocaleString('en')} ≤ `}${of}${most === undefined || most >= Number.MAX_SAFE_INTEGER ? '' : ` ≤ ${most.toLocaleString('en')}`}`,
        ];
  return [
    ...(schema.minimum === Number.MIN_SAFE_INTEGER ? [] : span(schema.minimum, schema.maximum, 'x')),
    ...(schema.exclusiveMinimum === undefined ? [] : [`x > ${String(schema.exclusiveMinimum)}`]),
    ...span(schema.minLength, schema.maxLength, '|x|'),
    ...span(schema.minItems, schema.maxItems, '|x|'),
    ...(schema.format === undefined ? [] : [schema.format]),
    ...(schema.pattern === undefined ? [] : [`/${schema.pattern}/`]),
  ];
}

function about(schema: Schema): Html {
  const { list } = choices(schema);
  const parts = list.flatMap((each) => [each, ...(itemsOf(each) ? [itemsOf(each) as Schema] : [])]);
  const values = parts.flatMap((part) => (part.const === undefined ? (part.enum ?? []) : [part.const]).map(String));
  const found = [...new Set(parts.filter((part) => part.$ref === undefined).flatMap(limits))];
  return html`${schema.description !== undefined && html`<span>${plain(schema.description)}</span> `}${values.map((value) => html`<code>${value}</code> `)}${found.map((limit) => html`<code class="limit">${limit}</code> `)}`;
}

function fieldsOf(schema: Schema, way: string): Field[] {
  return choices(schema).list.flatMap((each): Field[] => {
    const items = itemsOf(each);
    if (items) return fieldsOf(items, `${way}[]`);
    return Object.entries(each.properties ?? {}).flatMap(([name, property]) => {
      const at = way === '' ? name : `${way}.${name}`;
      return [
        { way: at, schema: property, required: each.required?.includes(name) === true },
        ...fieldsOf(property, at),
      ];
    });
  });
}

/** A schema's own line when it has no fields, and a line for each field otherwise. `name` is for who cannot see where it stands. */
export function schemaTable(t: Translate, name: string, schema: Schema): Html {
  const fields = fieldsOf(schema, '');
  if (fields.length === 0) return html`<p class="plain">${typeName(t, schema)} ${about(schema)}</p>`;
  return html`<div class="wide" role="region" tabindex="0" aria-label="${name}">
    <table class="fields">
      <thead>
        <tr>
          <th scope="col">${t('guide.api.field')}</th>
          <th scope="col">${t('guide.api.type')}</th>
          <th scope="col">${t('guide.api.about')}</th>
        </tr>
      </thead>
      <tbody>
        ${fields.map(
          (field) =>
            html`<tr>
              <td><code>${field.way}</code></td>
              <td>
                ${typeName(t, field.schema)}${!field.required && html` <small>${t('guide.api.optional')}</small>`}
              </td>
              <td>${about(field.schema)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
