/** The description that other systems build on: valid, complete, and true of what the service takes. */
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { describe, expect, it } from 'vitest';
import { examples } from '../../server/http/openapi-examples.ts';
import { chapters, media, namedSchemas } from '../../server/http/openapi-parts.ts';
import type { OpenApi } from '../../server/http/openapi-types.ts';
import { problemStatus } from '../../shared/problems.ts';
import { useApp } from '../kit/app.ts';

describe('GET /api/openapi.json', () => {
  const app = useApp();
  const read = async (): Promise<{ text: string; api: OpenApi }> => {
    const text = await (await app.anyone.fetch('/api/openapi.json')).text();
    return { text, api: JSON.parse(text) as OpenApi };
  };
  const operations = (api: OpenApi) => Object.values(api.paths).flatMap((calls) => Object.values(calls));

  it('passes a linter of OpenAPI 3.1 without an error or a warning', async () => {
    const config = await createConfig({ extends: ['recommended-strict'], rules: { struct: 'error' } });
    const lint = async (source: string) =>
      (await lintFromString({ source, config })).map(
        ({ ruleId, message, location }) => `${ruleId}: ${message} at ${location[0]?.pointer ?? ''}`,
      );
    const { text } = await read();
    expect(await lint(text)).toEqual([]);
    // it does look
    expect(await lint(text.replace('"openapi":"3.1.0"', '"openapi":"3.1.0","nonsense":1'))).not.toEqual([]);
  });

  it('has every call once, in a chapter, with whom it is for and what can go wrong', async () => {
    const { api } = await read();
    const all = operations(api);
    expect(all.map(({ operationId }) => operationId).sort()).toEqual(
      app.running.routes.map(({ endpoint }) => endpoint.name).sort(),
    );
    for (const operation of all) {
      const { operationId, summary, tags, responses, security } = operation;
      expect(summary.length, operationId).toBeGreaterThan(3);
      expect(
        chapters.map(({ name }) => name),
        `${operationId}: its path belongs in server/http/openapi-parts.ts`,
      ).toContain(tags[0]);
      expect(Object.keys(responses), operationId).toEqual(expect.arrayContaining(['429', '503']));
      expect(JSON.stringify(security), operationId).toBe(
        operation['x-roles'].includes('public') ? '[{}]' : '[{"session":[]},{"token":[]}]',
      );
    }
    const codes = Object.values(api.components.responses).flatMap(
      ({ content }) => content?.['application/problem+json']?.schema.allOf?.[1]?.properties?.['code']?.enum ?? [],
    );
    const missing = Object.keys(problemStatus).filter((code) => !codes.includes(code));
    // said before a call is even looked for, or of no call's own making
    expect(missing.sort()).toEqual(['header_too_large', 'internal', 'method_not_allowed', 'url_too_long']);
  });

  it('says of ids, times and points what they are, and shares rows by name', async () => {
    const { text, api } = await read();
    expect(Object.keys(api.components.schemas)).toEqual(expect.arrayContaining(['Id', 'Incident', 'Point', 'Problem']));
    for (const name of Object.keys(api.components.schemas).filter((name) => name !== 'Problem'))
      expect(namedSchemas, name).toHaveProperty(name);
    expect(text).not.toMatch(/"\$(defs|schema)"/);
    // what zod could not say would stand here as a schema that allows anything
    for (const { operationId, responses, requestBody } of operations(api)) {
      const done = Object.values(responses).find(({ description }) => description === 'Done');
      for (const content of [done?.content, requestBody?.content])
        for (const [type, { schema }] of Object.entries(content ?? {}))
          expect(Object.keys(schema).length, `${operationId} ${type}`).toBeGreaterThan(0);
    }
  });

  it('describes the live picture as it is answered', async () => {
    const { api } = await read();
    const described = (path: string) =>
      api.paths[path]?.['get']?.responses['200']?.content?.['application/json']?.schema.properties ?? {};
    const dispatcher = app.east.dispatcher;
    const snapshot = await dispatcher.snapshot();
    expect(Object.keys(described('/api/snapshot')).sort()).toEqual(Object.keys(snapshot).sort());
    const answer = await dispatcher.fetch(`/api/changes?since=${String(snapshot.seq)}`);
    expect(Object.keys(described('/api/changes')).sort()).toEqual(Object.keys((await answer.json()) as object).sort());
    const shelter = api.components.schemas['LiveShelter']?.properties ?? {};
    expect(Object.keys(shelter).sort()).toEqual(Object.keys(snapshot.shelters[0] ?? {}).sort());
  });

  it('gives examples that the contract takes', () => {
    for (const [name, example] of Object.entries(examples)) {
      const endpoint = app.running.routes.find((route) => route.endpoint.name === name)?.endpoint;
      expect(endpoint?.body?.safeParse(example), name).toMatchObject({ success: true });
    }
  });

  it('names the media of calls that are not JSON as the service answers them', async () => {
    for (const name of Object.keys(media))
      expect(
        app.running.routes.map(({ endpoint }) => endpoint.name),
        name,
      ).toContain(name);
    const { api } = await read();
    const csv = await app.east.manager.fetch('/api/reports/tally.csv?from=2026-01-15&to=2026-01-15');
    const [described] = Object.keys(api.paths['/api/reports/tally.csv']?.['get']?.responses['200']?.content ?? {});
    expect(csv.headers.get('content-type')?.split(';')[0]).toBe(described);
    // a body of another kind is refused, as the description says
    const refused = await app.east.admin.fetch('/api/users/import', {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    });
    expect(refused.status).toBe(415);
  });
});
