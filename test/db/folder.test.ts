import type { ChildProcessByStdio } from 'node:child_process';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DatabaseUnfit, FolderInUse } from '../../server/db/errors.ts';
import { lockFolder } from '../../server/db/folder-lock.ts';
import { openDatabase } from '../../server/db/open.ts';
import { rows } from '../../server/db/rows.ts';
import { DATABASE_HOOK_MS, quiet, testDatabase, testKind } from '../kit/database.ts';
import type { TestDatabase } from '../kit/database.ts';

const script = fileURLToPath(new URL('owner.ts', import.meta.url));

interface Owner {
  process: ChildProcessByStdio<null, Readable, null>;
  lines: string[];
  /** Resolves at the first line that says `text`, or at the end of the process. */
  said(text: string): Promise<boolean>;
  ended: Promise<number | null>;
}

function start(task: 'lock' | 'hold' | 'write', folder: string): Owner {
  const child = spawn(process.execPath, ['--import', 'tsx', script, task, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  let rest = '';
  child.stdout.on('data', (data: Buffer) => {
    const parts = (rest + data.toString()).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
    for (const check of waiting) check();
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const said = (text: string) =>
    new Promise<boolean>((resolve) => {
      const check = () => {
        if (lines.includes(text)) resolve(true);
      };
      waiting.add(check);
      check();
      void ended.then(() => resolve(lines.includes(text)));
    });
  return { process: child, lines, said, ended };
}

async function kill(owner: Owner): Promise<void> {
  owner.process.kill('SIGKILL');
  await owner.ended;
}

describe('the lock of the data folder', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'warmpath-lock-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('a second owner in this process is refused until the first lets go, and no socket stays', async () => {
    const first = await lockFolder(folder);
    await expect(lockFolder(folder)).rejects.toBeInstanceOf(FolderInUse);
    await first.release();
    const second = await lockFolder(folder);
    await second.release();
    expect(await readdir(folder)).toEqual([]);
  });

  test('of many that start at once exactly one gets it', async () => {
    for (let round = 0; round < 20; round += 1) {
      const tries = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(folder)));
      const won = tries.filter((result) => result.status === 'fulfilled');
      expect(won.length).toBe(1);
      for (const { value } of won) await value.release();
    }
  });

  test('of several processes that start at once over the leavings of a killed one, exactly one gets it', async () => {
    for (let round = 0; round < 3; round += 1) {
      const owners = [1, 2, 3].map(() => start('lock', folder));
      const got = await Promise.all(
        owners.map((owner) => Promise.race([owner.said('open'), owner.said('in use').then(() => false)])),
      );
      expect(got.filter(Boolean).length).toBe(1);
      await Promise.all(owners.map(kill));
    }
    // all were killed, so their sockets are still there and stale
    const began = Date.now();
    const lock = await lockFolder(folder);
    expect(Date.now() - began).toBeLessThan(1_000);
    await lock.release();
    expect(await readdir(folder)).toEqual([]);
  });

  test('a path too long for a socket works, and is the same folder for both', async () => {
    const deep = path.join(folder, 'd'.repeat(90), 'e'.repeat(60));
    const lock = await lockFolder(deep);
    await expect(lockFolder(path.join(deep, '..', 'e'.repeat(60)))).rejects.toBeInstanceOf(FolderInUse);
    await lock.release();
    await (await lockFolder(deep)).release();
  });
});

describe.skipIf(testKind === 'postgres')(
  'the folder of the embedded database (not for this database: this run tests PostgreSQL)',
  () => {
    let place: TestDatabase;
    let folder: string;
    beforeAll(async () => {
      place = await testDatabase();
      folder = place.options.dataDir as string;
    }, DATABASE_HOOK_MS);
    afterAll(() => place.drop());

    test('a second process is refused with code 3, and a killed one loses no acknowledged row', async () => {
      for (let round = 0; round < 2; round += 1) {
        const writer = start('write', folder);
        expect(await writer.said('open')).toBe(true);
        if (round === 0) {
          const second = start('hold', folder);
          expect(await second.ended).toBe(3);
          await expect(openDatabase({ dataDir: folder, log: quiet })).rejects.toBeInstanceOf(FolderInUse);
        }
        const written = (): number[] => writer.lines.filter((line) => /^\d+$/.test(line)).map(Number);
        await expect.poll(() => written().length, { timeout: 60_000 }).toBeGreaterThan(10);
        await kill(writer);
        const acknowledged = written();
        const database = await openDatabase({ dataDir: folder, log: quiet });
        const found = new Set((await rows<{ n: number }>(database.knex, 'select n from written')).map(({ n }) => n));
        expect(acknowledged.filter((n) => !found.has(n))).toEqual([]);
        await database.close();
      }
    });

    test('a copy that was interrupted is not taken for a database', async () => {
      const fresh = await mkdtemp(path.join(os.tmpdir(), 'warmpath-half-'));
      await mkdir(path.join(fresh, 'pgdata.0badcafe.copying'));
      await writeFile(path.join(fresh, 'pgdata.0badcafe.copying/PG_VERSION'), '18\n');
      const steps: string[] = [];
      const database = await openDatabase({ dataDir: fresh, log: quiet, onProgress: (step) => steps.push(step) });
      expect(await rows(database.knex, 'select postgis_lib_version() is not null as there')).toEqual([{ there: true }]);
      await database.close();
      await database.close();
      expect(steps).toContain('opening the database');
      expect((await readdir(fresh)).sort()).toEqual(['pgdata']);
      await rm(fresh, { recursive: true });
    });

    test('files of another version, or of nobody, are left alone', async () => {
      const other = await mkdtemp(path.join(os.tmpdir(), 'warmpath-other-'));
      await mkdir(path.join(other, 'pgdata'));
      await expect(openDatabase({ dataDir: other, log: quiet })).rejects.toBeInstanceOf(DatabaseUnfit);
      await writeFile(path.join(other, 'pgdata/PG_VERSION'), '17\n');
      await expect(openDatabase({ dataDir: other, log: quiet })).rejects.toThrow('PostgreSQL 17');
      await rm(other, { recursive: true });
    });
  },
);
