import { fileURLToPath } from 'node:url';
import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { findChromium } from './kit/chromium.ts';
import { summaryReporter } from './kit/summary.ts';

const summaryFile = process.env['TEST_SUMMARY_FILE'];
const chromium = findChromium();
const onPostgres = (process.env['TEST_DATABASE_URL'] ?? '') !== '';

/** What takes minutes: begun last, it would run alone while the other workers wait. */
const LONG = ['/test/demo/', '/test/operations/', '/test/rules/', '/test/nodes/', '/test/kill/'];
class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification): boolean => LONG.some((folder) => moduleId.includes(folder));
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  cacheDir: 'node_modules/.cache/vitest',
  plugins: [vue()],
  test: {
    pool: 'forks',
    // an embedded database takes a gigabyte and a core; on PostgreSQL a test waits for answers half of its time
    maxWorkers: onPostgres ? 4 : 1,
    // These only end what hangs: a busy machine may take several times as long as a quiet one.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 40_000 } },
    sequence: { sequencer: LongFirst },
    teardownTimeout: 20_000,
    env: { NODE_ENV: 'test', ...(chromium === undefined ? {} : { CHROMIUM_PATH: chromium }) },
    reporters: ['default', ...(summaryFile === undefined ? [] : [summaryReporter(summaryFile)])],
    coverage: {
      provider: 'v8',
      include: ['server/**/*.ts', 'shared/**/*.ts', 'web/**/*.{ts,vue}'],
      reportsDirectory: 'coverage',
    },
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**', 'test/bench/**'],
          // a file leaves nothing behind that another could trip over, and loading the server for each took a third of the time
          isolate: false,
        },
      },
      {
        extends: true,
        // one at a time: a browser, a service and a database fill two cores
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/e2e/setup.ts'],
          maxWorkers: 1,
          isolate: false,
        },
      },
    ],
  },
});
