/** The commands `start` and `demo` as processes: what they print, keep, refuse and exit with. */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DATABASE_HOOK_MS } from '../kit/database.ts';
import { type Program, run } from './service.ts';

let folder: string;
const programs = new Set<Program>();
const started = (args: string[], env?: NodeJS.ProcessEnv): Program => {
  const program = run(args, env);
  programs.add(program);
  return program;
};
const stopped = async (program: Program): Promise<number | null> => {
  program.process.kill('SIGTERM');
  return program.ended;
};
const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'warmpath-program-'));
});
afterEach(async () => {
  await Promise.all([...programs].map(stopped));
  programs.clear();
}, DATABASE_HOOK_MS);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('demo', () => {
  it(
    'keeps a folder when told, for one process at a time, and comes back to it without seeding',
    async () => {
      const data = join(folder, 'kept');
      const first = started(['demo', '--still', '--port', '0', '--data', data, '--seed', '5']);
      const [, origin] = await first.until(/(http:\/\/localhost:\d+)\/desk[\s\S]*Ready/);
      expect(first.said()).toMatch(/\d\.\d s  .*stations/);
      expect(await (await fetch(`${String(origin)}/api/health`)).json()).toMatchObject({ status: 'ok' });

      const second = started(['demo', '--still', '--port', '0', '--data', data]);
      expect(await second.ended).toBe(3);
      expect(second.said()).toContain(data);
      expect(await stopped(first)).toBe(0);

      const again = started(['demo', '--still', '--port', '0', '--data', data]);
      await again.until(/Ready/);
      expect(again.said()).not.toMatch(/stations and areas/);
      expect(await stopped(again)).toBe(0);

      const start = started(['start', '--port', '0'], { DATA_DIR: data });
      expect(await start.ended).toBe(4);
      expect(start.said()).toContain('demo');
    },
    DATABASE_HOOK_MS,
  );

  it(
    'plays by itself unless told to stand still, on loopback only whatever the environment says, and throws its folder away',
    async () => {
      const program = started(['demo', '--port', '0', '--speed', '7', '--crews', 'manual'], {
        TMPDIR: folder,
        HOST: '0.0.0.0',
        PUBLIC_ORIGIN: 'https://city.example',
        DATABASE_URL: 'postgres://nowhere.invalid/x',
      });
      const [, origin = ''] = await program.until(/(http:\/\/localhost:\d+)\/desk[\s\S]*7 times as fast[\s\S]*Ready/);
      const [, data = ''] = await program.until(/Data: (\S+?),/);
      expect(await exists(data)).toBe(true);
      const seq = async (): Promise<number> =>
        ((await (await fetch(`${origin}/api/health`)).json()) as { seq: number }).seq;
      const before = await seq();
      await expect.poll(seq, { interval: 500 }).toBeGreaterThan(before);
      expect(await stopped(program)).toBe(0);
      expect(program.said()).not.toContain('has left the night');
      expect(await exists(data)).toBe(false);
    },
    DATABASE_HOOK_MS,
  );

  it('says so at once when the port is taken, and leaves nothing behind', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const program = started(['demo', '--still', '--port', String(port)], { TMPDIR: folder });
    expect(await program.ended).toBe(1);
    expect(program.said()).toMatch(new RegExp(`Port ${String(port)} .*in use`));
    expect(program.said()).not.toContain('    at ');
    await new Promise((resolve) => other.close(resolve));
    expect((await readdir(folder)).filter((name) => name.startsWith('warmpath-demo-'))).toEqual([]);
  });

  it(
    'refuses flags it cannot understand',
    async () => {
      const wrong = [
        ['--port', '99999'],
        ['--seed', '1.5'],
        ['--nonsense', '1'],
        ['--speed', '99'],
        ['--crews', 'later'],
      ];
      await Promise.all(
        wrong.map(async (flags) => {
          const program = started(['demo', ...flags]);
          expect(await program.ended).toBe(2);
          expect(program.said()).toContain(flags[0]);
        }),
      );
    },
    DATABASE_HOOK_MS,
  );
});

describe('start', () => {
  it(
    'prints a link to set up an empty database, and another one when started again',
    async () => {
      const env = { DATA_DIR: join(folder, 'empty') };
      const linkOf = async (): Promise<string> => {
        const program = started(['start', '--port', '0'], env);
        const [, link = ''] = await program.until(/(http:\/\/localhost:\d+\/setup\/\S+)/);
        expect((await fetch(link)).status).toBe(200);
        expect(await stopped(program)).toBe(0);
        return new URL(link).pathname;
      };
      expect(await linkOf()).not.toBe(await linkOf());
    },
    DATABASE_HOOK_MS,
  );
});
