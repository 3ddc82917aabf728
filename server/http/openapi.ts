import * as z from 'zod/mini';
import type { Endpoint } from '../../shared/contract.ts';
import { problemSchema } from '../../shared/problems.ts';

const schemaOf = (schema: z.ZodMiniType, io: 'input' | 'output'): object => {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    target: 'draft-2020-12',
  }) as Record<string, unknown>;
  return rest;
};

const parameters = (where: 'path' | 'query', schema: z.ZodMiniType | undefined): object[] => {
  if (!schema) return [];
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as {
    properties?: Record<string, object>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: where,
    required: where === 'path' || required.includes(name),
    schema: property,
  }));
};

const problem = (description: string): object => ({
  description,
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
});

function operation(endpoint: Endpoint): object {
  const isPublic = endpoint.who === 'public';
  return {
    operationId: endpoint.name,
    summary: endpoint.summary,
    'x-roles': isPublic ? ['public'] : endpoint.who,
    security: isPublic ? [{}] : [{ session: [] }, { token: [] }],
    parameters: [...parameters('path', endpoint.params), ...parameters('query', endpoint.query)],
    ...(endpoint.body
      ? {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: schemaOf(endpoint.body, 'input') } },
          },
        }
      : {}),
    responses: {
      [endpoint.status]: {
        description: endpoint.summary,
        content: { 'application/json': { schema: schemaOf(endpoint.reply, 'output') } },
      },
      '4XX': problem('Refused: the code says why, the errors say where'),
      '503': problem('Try again after Retry-After'),
    },
  };
}

/** OpenAPI 3.1 of every endpoint, made from the contract itself. */
export function openApi(endpoints: readonly Endpoint[], version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const endpoint of endpoints) {
    const path = endpoint.path.replaceAll(/:(\w+)/g, '{$1}');
    (paths[path] ??= {})[endpoint.method.toLowerCase()] = operation(endpoint);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Warmpath',
      version,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      description: 'From a sighting in the cold to a warm bed.',
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: '__Host-sid' },
        token: { type: 'http', scheme: 'bearer' },
      },
      schemas: { Problem: schemaOf(problemSchema, 'output') },
    },
  };
}
