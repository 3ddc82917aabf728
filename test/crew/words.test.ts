/** The crew's page has its own part of the catalogue: nothing it says may be left out. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import en from '../../shared/locales/en.json' with { type: 'json' };
import { leftOut } from '../../web/crew/words-left-out.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Every file of ours that the crew's page can load. */
function reached(file: string, seen = new Map<string, string>()): Map<string, string> {
  if (seen.has(file)) return seen;
  const text = readFileSync(file, 'utf8');
  seen.set(file, text);
  for (const [, path = ''] of text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+\.(?:ts|vue))'/g))
    if (existsSync(join(dirname(file), path))) reached(join(dirname(file), path), seen);
  return seen;
}

it('every word that the page can say is in its part', () => {
  const words = Object.keys(en);
  const files = reached(join(root, 'web/crew/main.ts'));
  expect(files.size).toBeGreaterThan(100);
  const groups = new Set<string>();
  for (const text of files.values()) {
    for (const [, key = ''] of text.matchAll(/'([a-z_]+\.[a-zA-Z0-9_.]+)'/g))
      if (key in en || `${key}_other` in en || `${key}_one` in en) groups.add(key.split('.')[0] ?? '');
    for (const [, prefix = ''] of text.matchAll(/`([a-z_]+(?:\.[a-zA-Z0-9_]+)*\.)\$\{/g))
      if (words.some((key) => key.startsWith(prefix))) groups.add(prefix.split('.')[0] ?? '');
  }
  expect(groups).toContain('crew');
  expect([...groups].filter((group) => leftOut.includes(group))).toEqual([]);
});
