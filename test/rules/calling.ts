/** Makes the calls that matrix.ts describes. */
import { randomUUID } from 'node:crypto';
import type { Endpoint } from '../../shared/contract.ts';
import type { Person } from '../kit/people.ts';
import type { Ask } from './matrix.ts';

const withBody = (body: unknown): { body: string; headers: Record<string, string> } => ({
  body: JSON.stringify(body ?? {}),
  headers: { 'content-type': 'application/json' },
});

/** What the service answers to an ask of the matrix; a parameter nobody gave is an id of nothing. */
export async function call(
  endpoint: Endpoint,
  who: Person,
  { params = {}, query, body, form, csv }: Ask,
): Promise<{ status: number; text: string; json: unknown }> {
  const path = endpoint.path.replaceAll(/:(\w+)/g, (_all, name: string) => params[name] ?? randomUUID());
  const file = csv === undefined ? undefined : { body: csv, headers: { 'content-type': 'text/csv' } };
  const sent = endpoint.method === 'GET' ? {} : form !== undefined ? { body: form } : (file ?? withBody(body));
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
