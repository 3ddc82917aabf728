import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import en from '../../shared/locales/en.json' with { type: 'json' };
import zh from '../../shared/locales/zh-CN.json' with { type: 'json' };
import { problemStatus } from '../../shared/problems.ts';

const web = fileURLToPath(new URL('../../web', import.meta.url));
const files = readdirSync(web, { recursive: true, encoding: 'utf8' }).filter((name) => /[.](ts|vue)$/.test(name));
const has = (catalogue: Record<string, string>, key: string): boolean =>
  key in catalogue || `${key}_other` in catalogue;

test('every word that a page asks for by name is in both catalogues', () => {
  const missing = files.flatMap((file) =>
    [...readFileSync(`${web}/${file}`, 'utf8').matchAll(/\bt\(\s*'([^']+)'/g)]
      .map(([, key]) => key ?? '')
      .filter((key) => !has(en, key) || !has(zh, key))
      .map((key) => `${file}: ${key}`),
  );
  expect(missing).toEqual([]);
});

test('both catalogues have the same keys and the same values to fill in', () => {
  expect(Object.keys(zh).sort()).toEqual(Object.keys(en).sort());
  const holes = (text: string): string[] => [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name ?? '').sort();
  const words: Record<string, string> = zh;
  expect(
    Object.entries(en).filter(
      ([key, text]) => !key.endsWith('_one') && holes(text).join() !== holes(words[key] ?? '').join(),
    ),
  ).toEqual([]);
});

test('every problem has its words', () => {
  expect(Object.keys(problemStatus).filter((code) => !has(en, `problem.${code}`))).toEqual([]);
});
