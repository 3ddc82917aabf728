import { writeFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

/** What one vitest run came to. `unexplained` names the skipped tests that do not say they are not for this database. */
export interface Summary {
  passed: number;
  failed: number;
  skipped: number;
  unexplained: string[];
}

/**
 * A test that cannot run on the database at hand says so in its name or in `ctx.skip('not for this database: ...')`.
 * Any other skipped test is a test that somebody forgot, and CI does not let it pass.
 */
const EXPLAINED = /not for this database/i;

/** Writes the Summary of a run to `file`. vitest's own JSON reporter leaves out why a test was skipped. */
export function summaryReporter(file: string): Reporter {
  return {
    onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]) {
      const sum: Summary = { passed: 0, failed: unhandledErrors.length, skipped: 0, unexplained: [] };
      for (const module of modules) {
        // a file that cannot be loaded, or a hook that fails, has no failed test of its own
        const groups = [module, ...module.children.allSuites()];
        sum.failed += groups.filter((group) => group.errors().length > 0).length;
        for (const test of module.children.allTests()) {
          const result = test.result();
          if (result.state === 'passed') sum.passed++;
          else if (result.state === 'skipped') {
            sum.skipped++;
            if (!EXPLAINED.test(`${result.note ?? ''} ${test.fullName}`)) {
              sum.unexplained.push(`${module.relativeModuleId} > ${test.fullName}`);
            }
          } else sum.failed++;
        }
      }
      writeFileSync(file, JSON.stringify(sum));
    },
  };
}
