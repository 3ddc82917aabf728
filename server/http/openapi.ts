import * as z from 'zod/mini';
import type { Endpoint } from '../../shared/contract.ts';
import { problemSchema, problemStatus } from '../../shared/problems.ts';
import type { Content, OpenApi, Operation, Parameter, Response, Schema } from './openapi-types.ts';
import { examples } from './openapi-examples.ts';
import { chapterOf, chapters, media, namedSchemas, OTHER, plainSchemas } from './openapi-parts.ts';

const registry = z.registry<{ id: string }>();
for (const [id, schema] of Object.entries(namedSchemas)) registry.add(schema, { id });

/** zod names the dialect and keeps shared schemas beside each one; the document has one place for them. */
function tidy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(tidy);
  if (typeof value !== 'object' || value === null) return value;
  const { $schema: _dialect, $defs: _shared, id, ...rest } = value as Record<string, unknown>;
  // a property may be called id; what zod calls so is the schema's own name, which is text
  const kept = typeof id === 'string' ? rest : { ...(id === undefined ? {} : { id }), ...rest };
  // the format says it, and says it in fewer than 300 characters
  if (kept['format'] === 'date-time' || kept['format'] === 'date') delete kept['pattern'];
  return Object.fromEntries(
    Object.entries(kept).map(([key, part]) => [
      key,
      key === '$ref' && typeof part === 'string' ? part.replace('#/$defs/', '#/components/schemas/') : tidy(part),
    ]),
  );
}

/** Bodies and answers alike are described as they travel, before anything is read into them. */
const schemaOf = (schema: z.ZodMiniType): Schema =>
  tidy(
    z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', target: 'draft-2020-12', metadata: registry }),
  ) as Schema;

/** A shared schema under its own name: zod would only refer to it. */
function namedSchema(id: string, schema: z.ZodMiniType): Schema {
  const plain = plainSchemas[id];
  if (plain !== undefined) return plain;
  const others = z.registry<{ id: string }>();
  for (const [name, other] of Object.entries(namedSchemas)) if (name !== id) others.add(other, { id: name });
  const described = tidy(
    z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', target: 'draft-2020-12', metadata: others }),
  );
  // one that holds others of its own kind refers to itself, which it no longer is alone
  return JSON.parse(
    JSON.stringify(described).replaceAll('"$ref":"#"', `"$ref":"#/components/schemas/${id}"`),
  ) as Schema;
}

function parameters(where: 'path' | 'query', schema: z.ZodMiniType | undefined): Parameter[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = schemaOf(schema);
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: where,
    required: where === 'path' || required.includes(name),
    schema: property,
    ...pagingParts[name],
  }));
}
/** How many and from where, which all lists take in the same way. */
const pagingParts: Readonly<Record<string, Pick<Parameter, 'description' | 'schema'>>> = {
  limit: { description: 'How many items at most.', schema: { type: 'integer', minimum: 1, maximum: 500 } },
  cursor: { description: '`nextCursor` of the page before.', schema: { type: 'string', maxLength: 200 } },
};

const ref = (kind: 'parameters' | 'responses', name: string): never =>
  ({ $ref: `#/components/${kind}/${name}` }) as never;

/** What each status of a refusal means; its codes are those of the closed table. */
const refusals: Readonly<Record<number, string>> = {
  400: 'Not readable as what it should be',
  401: 'Not signed in, or the session or token has ended',
  403: 'This role may not, or the call came from another site',
  404: 'Not there, or not in the own subtree of stations',
  409: 'It does not go together with how things stand',
  410: 'The log does not reach back so far: fetch the snapshot',
  413: 'The body is too large',
  415: 'The body is of another type',
  422: 'A field breaks its schema or a rule; `errors` says which',
  429: 'Too many calls; `Retry-After` says when to come again',
  503: 'Busy or restarting; `Retry-After` says when to come again',
};
const retried = [429, 503];
const responseName = (status: number | string): string => `Refused${String(status)}`;

function refusal(status: number): Response {
  const codes = Object.entries(problemStatus).flatMap(([code, at]) => (at === status ? [code] : []));
  return {
    description: refusals[status] ?? '',
    ...(retried.includes(status)
      ? { headers: { 'Retry-After': { description: 'Seconds to wait', schema: { type: 'integer', minimum: 1 } } } }
      : {}),
    content: {
      'application/problem+json': {
        schema: {
          allOf: [
            { $ref: '#/components/schemas/Problem' },
            { type: 'object', properties: { status: { const: status }, code: { type: 'string', enum: codes } } },
          ],
        },
      },
    },
  };
}

/** The refusals that a call can meet, from what the framework does for calls of its kind. */
function refusalsOf(endpoint: Endpoint): number[] {
  const unsafe = endpoint.method !== 'GET';
  const isPublic = endpoint.who === 'public';
  return [
    400,
    ...(isPublic && endpoint.name !== 'signIn' && endpoint.name !== 'postOwntracks' ? [] : [401]),
    ...(isPublic && !unsafe ? [] : [403]),
    ...(endpoint.params || unsafe ? [404] : []),
    ...(unsafe ? [409] : []),
    ...(endpoint.name === 'readChanges' ? [410] : []),
    ...(unsafe ? [413, 415] : []),
    ...(endpoint.query || unsafe ? [422] : []),
    429,
    503,
  ];
}

function contentOf(endpoint: Endpoint): Content | undefined {
  const own = media[endpoint.name]?.takes;
  const others = Object.fromEntries(Object.entries(own ?? {}).map(([type, schema]) => [type, { schema }]));
  // a body that the contract leaves open is only what is said of it there
  if (!endpoint.body || (own && endpoint.body._zod.def.type === 'unknown')) return own && others;
  const example = examples[endpoint.name];
  return {
    'application/json': { schema: schemaOf(endpoint.body), ...(example === undefined ? {} : { example }) },
    ...others,
  };
}

function responsesOf(endpoint: Endpoint): Record<string, Response> {
  const gives = media[endpoint.name]?.gives;
  const content: Content = gives
    ? Object.fromEntries(Object.entries(gives).map(([type, schema]) => [type, { schema }]))
    : { 'application/json': { schema: schemaOf(endpoint.reply) } };
  const replays = endpoint.method !== 'GET' && endpoint.replay !== 'never' && endpoint.name !== 'takePositions';
  const headers = {
    'Idempotent-Replay': {
      description: '`true` when this call was answered before; nothing was done again',
      schema: { type: 'string', const: 'true' },
    },
  };
  const done: Record<string, Response> = { [endpoint.status]: { description: 'Done', content } };
  if (replays) done['200'] = { description: endpoint.status === 200 ? 'Done' : 'Done before', headers, content };
  return {
    ...done,
    ...Object.fromEntries(refusalsOf(endpoint).map((status) => [status, ref('responses', responseName(status))])),
  };
}

/** What a reader must know beside the summary. */
function describe(endpoint: Endpoint): string {
  const unsafe = endpoint.method !== 'GET';
  const facts = [
    endpoint.replay === 'id' && "The body's `id` is the idempotency key.",
    endpoint.replay === 'never' && unsafe && 'Not kept for replays.',
    endpoint.logged && 'Each look of an inspector is written to the audit log.',
    unsafe && endpoint.limit !== 102_400 && `The body may have ${endpoint.limit.toLocaleString('en')} bytes.`,
    endpoint.enrolling && 'Open as well to whoever has still to set up the second factor.',
  ];
  return facts.filter((fact) => typeof fact === 'string').join(' ');
}

function operation(endpoint: Endpoint, path: string): Operation {
  const isPublic = endpoint.who === 'public';
  const unsafe = endpoint.method !== 'GET';
  const description = describe(endpoint);
  const content = contentOf(endpoint);
  return {
    operationId: endpoint.name,
    tags: [chapterOf(path)],
    summary: endpoint.summary,
    ...(description === '' ? {} : { description }),
    'x-roles': endpoint.who === 'public' ? ['public'] : endpoint.who,
    security: isPublic ? [{}] : [{ session: [] }, { token: [] }],
    parameters: [
      ...parameters('path', endpoint.params),
      ...parameters('query', endpoint.query),
      ...(unsafe && endpoint.replay === 'header' ? [ref('parameters', 'IdempotencyKey')] : []),
      ...(unsafe ? [ref('parameters', 'RequestedWith')] : []),
      ...(endpoint.name === 'addPhoto' ? [ref('parameters', 'FollowToken')] : []),
    ],
    ...(content ? { requestBody: { required: true, content } } : {}),
    responses: responsesOf(endpoint),
  };
}

const header = (name: string, description: string, schema: Schema): Parameter => ({
  name,
  in: 'header',
  required: false,
  description,
  schema,
});

const ABOUT = `From a sighting in the cold to a warm bed: reports, the desk, patrols, warm places and the night's tally.

Everything is JSON in camelCase, times are ISO 8601 in UTC, points are GeoJSON (longitude first). Who creates a thing makes its UUID; sending the same again is answered as the first time. Lists come in pages with \`nextCursor\`. Edits carry \`version\`; a stale one is answered with 409 and the row as it stands. A refusal is a problem of RFC 9457 whose \`code\` is stable. Only what lies in the caller's own subtree of stations can be seen; all else is 404.

Facts are pushed over socket.io at \`/socket.io\`; see \`/guide/integrators\`.`;

/** OpenAPI 3.1 of every endpoint, made from the contract itself. */
export function openApi(endpoints: readonly Endpoint[], version: string): OpenApi {
  const paths: OpenApi['paths'] = {};
  for (const endpoint of endpoints) {
    const path = endpoint.path.replaceAll(/:(\w+)/g, '{$1}');
    (paths[path] ??= {})[endpoint.method.toLowerCase()] = operation(endpoint, path);
  }
  const operations = Object.values(paths).flatMap((calls) => Object.values(calls));
  const used = JSON.stringify(paths);
  const schemas = Object.fromEntries(
    Object.entries(namedSchemas).map(([name, schema]) => [name, namedSchema(name, schema)]),
  );
  const usedSchemas = (text: string): Record<string, Schema> =>
    Object.fromEntries(Object.entries(schemas).filter(([name]) => text.includes(`#/components/schemas/${name}"`)));
  return {
    openapi: '3.1.0',
    info: {
      title: 'Warmpath',
      version,
      summary: 'From a sighting in the cold to a warm bed.',
      description: ABOUT,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'The service that served this document' }],
    tags: [...chapters, OTHER]
      .filter(({ name }) => operations.some(({ tags }) => tags.includes(name)))
      .map(({ name, about }) => ({ name, description: about })),
    paths,
    components: {
      securitySchemes: {
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: '__Host-sid',
          description: 'The session of somebody who signed in; unsafe calls also carry `x-requested-with: warmpath`.',
        },
        token: { type: 'http', scheme: 'bearer', description: 'A token that an administrator made for a system.' },
      },
      parameters: {
        IdempotencyKey: header(
          'Idempotency-Key',
          'A UUID of the client: the same key with the same call is done once and answered alike for 30 days.',
          { type: 'string', format: 'uuid' },
        ),
        RequestedWith: header('x-requested-with', '`warmpath`; needed with a session cookie, not with a token.', {
          type: 'string',
          const: 'warmpath',
        }),
        FollowToken: header('x-follow-token', "The last part of the report's `followUpUrl`; staff need none.", {
          type: 'string',
          pattern: '^[A-Za-z0-9_-]{43}$',
        }),
      },
      responses: Object.fromEntries(
        Object.keys(refusals)
          .filter((status) => used.includes(`/${responseName(status)}"`))
          .map((status) => [responseName(status), refusal(Number(status))]),
      ),
      schemas: { ...usedSchemas(used + JSON.stringify(schemas)), Problem: schemaOf(problemSchema) },
    },
  };
}
