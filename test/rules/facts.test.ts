/** Every fact carries nouns, every noun has its fold and its audience, and the code records no fact that is not in the table. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { views } from '../../server/realtime/audience.ts';
import { rows } from '../../server/db/rows.ts';
import { eventNouns, eventTypes, nouns } from '../../shared/events.ts';
import { readSnapshot } from '../../shared/live.ts';
import { roles } from '../../shared/roles.ts';
import { emptyState, isLive } from '../../shared/state.ts';
import { useApp } from '../kit/app.ts';

const server = fileURLToPath(new URL('../../server', import.meta.url));
const code = readdirSync(server, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => readFileSync(`${server}/${name}`, 'utf8'))
  .join('\n');

describe('facts', () => {
  const app = useApp();

  it.each(eventTypes)('%s carries nouns of the picture and is told somewhere', (type) => {
    expect(eventNouns[type].length).toBeGreaterThan(0);
    for (const noun of eventNouns[type]) expect(nouns).toContain(noun);
    expect(type).toMatch(/^[a-z]+\.[a-z_]+$/);
    expect(code).toContain(`'${type}'`);
  });

  it.each(nouns)('%s has a fold, an audience and a place in the picture', async (noun) => {
    expect(isLive[noun]).toBeTypeOf('function');
    expect(emptyState[noun]).toEqual({});
    const audience = Object.keys(views[noun]);
    expect(audience.length).toBeGreaterThan(0);
    for (const role of audience) expect(roles).toContain(role);
    expect(eventTypes.some((type) => (eventNouns[type] as readonly string[]).includes(noun))).toBe(true);
    expect(await app.east.manager.does(readSnapshot)).toHaveProperty(noun);
  });

  it('no stored fact is of a type or noun that is not in the table', async () => {
    const found = await rows<{ type: string; nouns: string[] }>(
      app.database.knex,
      `select type, array(select jsonb_object_keys(payload->'rows')) as nouns from events`,
    );
    for (const fact of found) {
      expect(eventTypes).toContain(fact.type);
      for (const noun of fact.nouns) expect(eventNouns[fact.type as keyof typeof eventNouns]).toContain(noun);
    }
  });
});
