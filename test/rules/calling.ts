/** Makes the calls that matrix.ts describes. */
import { randomUUID } from 'node:crypto';
import type { Endpoint } from '../../shared/contract.ts';
import type { Person } from '../kit/people.ts';
import type { Ask } from './matrix.ts';

const withBody = (
  body: unknown,
  headers: Record<string, string> = {},
): { body: string; headers: Record<string, string> } => ({
  body: JSON.stringify(body ?? {}),
  headers: { 'content-type': 'application/json', ...headers },
});

/** What the service answers to an ask of the matrix; a parameter nobody gave is an id of nothing. */
export async function call(
  endpoint: Endpoint,
  who: Person,
  { params = {}, query, body, headers, form, csv, gpx }: Ask,
): Promise<{ status: number; text: string; json: unknown }> {
  const path = endpoint.path.replaceAll(/:(\w+)/g, (_all, name: string) => params[name] ?? randomUUID());
  const file =
    csv !== undefined
      ? { body: csv, headers: { 'content-type': 'text/csv' } }
      : gpx !== undefined
        ? { body: gpx, headers: { 'content-type': 'application/gpx+xml' } }
        : undefined;
  const sent =
    endpoint.method === 'GET'
      ? {}
      : form !== undefined
        ? { body: form, headers: headers ?? {} }
        : (file ?? withBody(body, headers));
  const response = await who.fetch(`${path}${query ? `?${new URLSearchParams(query).toString()}` : ''}`, {
    method: endpoint.method,
    ...sent,
  });
  const text = await response.text();
  return {
    status: response.status,
    text,
    json: (response.headers.get('content-type') ?? '').includes('json') ? JSON.parse(text) : null,
  };
}
