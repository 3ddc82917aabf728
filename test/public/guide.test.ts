/** The guides: there for anybody, in both languages, and telling of everything there is. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { variables } from '../../server/config.ts';
import { guideNames } from '../../server/http/guide.ts';
import { renderGuide } from '../../server/http/guide-text.ts';
import { translator } from '../../server/http/words.ts';
import { localeNames } from '../../shared/stations.ts';
import { roles } from '../../shared/roles.ts';
import { listSightings, reportSighting } from '../../shared/sightings.ts';
import { createToken } from '../../shared/users.ts';
import { sighting } from '../kit/builders.ts';
import { useApp } from '../kit/app.ts';

const root = new URL('../../', import.meta.url);
const file = (name: string): string => readFileSync(fileURLToPath(new URL(name, root)), 'utf8');
const textOf = (name: string, locale: string): string => file(`server/http/guide/${name}.${locale}.md`);
const headingIds = (text: string): string[] => [...text.matchAll(/^#+ .*\{#([\w-]+)\}$/gm)].map(([, id]) => id ?? '');

describe('the guides', () => {
  const app = useApp();
  const page = async (path: string, locale: string): Promise<string> => {
    const response = await app.anyone.fetch(path, { headers: { 'accept-language': locale } });
    expect(response.status, path).toBe(200);
    expect(response.headers.get('content-type')).toContain('text/html');
    return response.text();
  };

  it.each(localeNames)(
    'are whole pages in %s: language, contents that lead somewhere, no script of their own',
    async (locale) => {
      for (const name of [...guideNames, 'api']) {
        const text = await page(`/guide/${name}`, locale);
        expect(text).toContain(`<html lang="${locale}">`);
        expect(text).toContain('href="#main"');
        const ids = [...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id ?? '');
        expect(new Set(ids).size, `${name}: an id is there twice`).toBe(ids.length);
        const inner = [...text.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id ?? '');
        expect(inner.filter((id) => !ids.includes(id))).toEqual([]);
        expect(text.match(/<h1/g)).toHaveLength(1);
        expect(text).not.toMatch(/ style="|<script(?! type="module" src="\/assets\/)/);
      }
    },
  );

  it('lead from one to the other', async () => {
    const pages = Object.fromEntries(
      await Promise.all(
        [...guideNames, 'api'].map(async (name) => [`/guide/${name}`, await page(`/guide/${name}`, 'en')] as const),
      ),
    );
    for (const [path, text] of Object.entries(pages))
      for (const [, to = '', id] of text.matchAll(/href="(\/guide\/\w+)(?:#([\w-]+))?"/g)) {
        expect(pages, path).toHaveProperty([to]);
        if (id !== undefined) expect(pages[to], `${path} to ${to}#${id}`).toContain(` id="${id}"`);
      }
    expect((await app.anyone.fetch('/guide')).headers.get('location')).toBe('/guide/administrators');
  });

  it('have the same chapters in both languages', () => {
    for (const name of guideNames)
      expect(headingIds(textOf(name, 'zh-CN')), name).toEqual(headingIds(textOf(name, 'en')));
  });

  it('show the same commands, paths and variables in both languages', () => {
    const blocks = (text: string): string[] =>
      [...text.matchAll(/^```\n([\s\S]*?)^```/gm)].map(([, code]) => code ?? '');
    const bare = (code: string): string =>
      code.replaceAll(/(#|\/\/).*$/gm, '').replaceAll(/"[^"]*\p{Script=Han}[^"]*"|'[^']*\p{Script=Han}[^']*'/gu, '""');
    for (const name of guideNames)
      expect(
        blocks(textOf(name, 'zh-CN')).map((code) => code.split('\n').length),
        name,
      ).toEqual(blocks(textOf(name, 'en')).map((code) => code.split('\n').length));
    for (const name of guideNames)
      for (const [n, code] of blocks(textOf(name, 'zh-CN')).entries())
        for (const command of bare(code).match(/\/api\/[\w/.{}-]+|npm [\w -]+|docker [\w -]+/g) ?? [])
          expect(blocks(textOf(name, 'en'))[n], name).toContain(command.trim());
  });

  it('call only commands that exist', () => {
    const { scripts } = JSON.parse(file('package.json')) as { scripts: Record<string, string> };
    const known = [...Object.keys(scripts), 'ci'];
    for (const name of guideNames)
      for (const locale of localeNames)
        for (const [, run, word = ''] of textOf(name, locale).matchAll(/\bnpm (run )?([a-z]+)/g))
          expect(run === undefined && !['start', 'test', 'ci'].includes(word) ? 'run it with npm run' : word).toSatisfy(
            (script: string) => known.includes(script),
          );
  });

  it.each(variables)('tell of the variable %s, and so does the README', (name) => {
    for (const locale of localeNames) expect(textOf('administrators', locale)).toContain(`| \`${name}\` |`);
    expect(file('README.md')).toContain(name);
  });

  it.each(localeNames)('have every call on the page of all calls, with a link of its own, in %s', async (locale) => {
    const text = await page('/guide/api', locale);
    for (const { endpoint } of app.running.routes) {
      expect(text, endpoint.name).toContain(`id="${endpoint.name}"`);
      expect(text, endpoint.name).toContain(`href="#${endpoint.name}"`);
    }
  });

  it('say in Chinese what each call does', () => {
    const summaries = JSON.parse(file('server/http/guide/calls.zh-CN.json')) as Record<string, string>;
    const names = app.running.routes.map(({ endpoint }) => endpoint.name);
    expect(names.filter((name) => !/\p{Script=Han}/u.test(summaries[name] ?? ''))).toEqual([]);
    expect(Object.keys(summaries).filter((name) => !names.includes(name))).toEqual([]);
  });

  describe('examples of the guide for integrators, run as they stand', () => {
    const examples = [...textOf('integrators', 'en').matchAll(/^```\n([\s\S]*?)^```/gm)].map(([, code]) => code ?? '');
    const example = (start: RegExp): string => {
      const found = examples.filter((code) => start.test(code));
      expect(found).toHaveLength(1);
      return (found[0] ?? '').replaceAll('https://warm.example.org', app.url);
    };
    const node = (code: string, env: Record<string, string> = {}) =>
      spawn(process.execPath, ['--input-type=module', '-e', code], {
        cwd: fileURLToPath(root),
        env: { ...process.env, ...env },
      });
    const ended = (child: ChildProcess): Promise<number | null> =>
      new Promise((resolve) => child.once('close', (status) => resolve(status)));
    const told = async (words: string): Promise<number> => {
      const { items } = await app.root.manager.does(listSightings, { query: { limit: '500' } });
      return items.filter(({ placeText }) => placeText?.includes(words)).length;
    };

    it('a report in JavaScript and one with curl', async () => {
      expect(await ended(node(example(/^import \{ randomUUID \}/)))).toBe(0);
      expect(await told('south gate')).toBe(1);
      // a machine without curl can show only the first
      if (spawnSync('curl', ['--version']).error) return;
      const shell = example(/^curl -sS \S+\/api\/sightings/).replace('$(uuidgen)', randomUUID());
      expect(await ended(spawn('sh', ['-c', shell], { stdio: 'ignore' }))).toBe(0);
      expect(await told('south gate')).toBe(2);
    });

    it('a socket with a token hears of what happens', async () => {
      const { token } = await app.root.admin.does(createToken, {
        body: { id: randomUUID(), stationId: app.stations.root, name: 'Feed', role: 'dispatcher' },
      });
      const child = node(example(/^import \{ io \}/), { TOKEN: token });
      let said = '';
      child.stdout.on('data', (data: Buffer) => (said += data.toString()));
      // from when on it listens is its own affair: reports go on until it has heard of one
      await expect
        .poll(
          async () => {
            await app.anyone.does(reportSighting, { body: sighting() });
            return said;
          },
          { interval: 200 },
        )
        .toContain('sighting.reported');
      child.kill();
      await ended(child);
    });
  });

  it('name every role', () => {
    const chinese = roles.map((role) => translator('zh-CN')(`role.${role}`));
    expect(textOf('administrators', 'en')).toContain(`| what | ${roles.join(' | ')} |`);
    expect(textOf('administrators', 'zh-CN')).toContain(`| 内容 | ${chinese.join(' | ')} |`);
  });

  it('refuse a text that is not fit: HTML, or a heading that nothing can point at', () => {
    expect(() => renderGuide('# Title\n\n<b>bold</b>')).toThrow(/HTML/);
    expect(() => renderGuide('# Title\n\n## Chapter')).toThrow(/no \{#id\}/);
    const { body, contents } = renderGuide('# A\n\n## B & C {#b}\n\n`<i>`\n\n```\n<p>\n```');
    expect(contents).toEqual([{ id: 'b', title: 'B & C' }]);
    expect(body.toString()).toContain('<h2 id="b"><a class="self" href="#b">B &amp; C</a></h2>');
    expect(body.toString()).toContain('<code>&lt;p&gt;</code>');
  });
});
