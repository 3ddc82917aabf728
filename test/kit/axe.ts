/** What axe finds wrong with a page as it stands: every rule that is on by itself, and the size of what is touched. */
import axe, { type Result, type RunOptions } from 'axe-core';
import type { Page } from 'playwright-core';

const options: RunOptions = { resultTypes: ['violations'], rules: { 'target-size': { enabled: true } } };

/** The whole page, or only the parts with these selectors. */
export async function violationsOn(page: Page, ...parts: string[]): Promise<Result[]> {
  // half a megabyte of script: once for each page, not for each look
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source);
  const context = parts.length > 0 ? { include: parts } : { exclude: [] as string[] };
  const { violations, passed } = await page.evaluate(
    async (asked) => {
      const found = await (window as unknown as { axe: typeof axe }).axe.run(asked.context, asked.options);
      return { violations: found.violations, passed: found.passes.length };
    },
    { context, options },
  );
  // an empty page has no faults
  if (passed < (parts.length > 0 ? 1 : 5)) throw new Error('axe saw next to nothing');
  return violations;
}

export const isGrave = ({ impact }: Result): boolean => impact === 'serious' || impact === 'critical';
