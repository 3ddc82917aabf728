// npm run check: everything that can be said about the code without running it. All steps run, also after one has failed.
import { spawn } from 'node:child_process';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The slowest first, so that two of them side by side end at about the same time. */
const steps: Record<string, string> = {
  eslint: 'eslint . --max-warnings 0',
  prettier: 'prettier --check . --log-level warn',
  'types of test': 'vue-tsc -p test',
  'types of web': 'vue-tsc -p web',
  'types of server': 'tsc -p server',
  knip: 'knip --no-progress',
  'who imports whom':
    'depcruise --config .dependency-cruiser.cjs --output-type err-long server shared web migrations test',
  'types of shared': 'tsc -p shared',
  'types of migrations': 'tsc -p migrations',
};

/** One finished step: `output` is what the tool said. */
export interface Step {
  name: string;
  ok: boolean;
  output: string;
}

function runStep(name: string, command: string): Promise<Step> {
  const [tool = '', ...args] = command.split(' ');
  const began = performance.now();
  return new Promise((done) => {
    const child = spawn(`${root}/node_modules/.bin/${tool}`, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (text) => (output += String(text)));
    child.stderr.on('data', (text) => (output += String(text)));
    const end = (ok: boolean): void => {
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      console.log(`${ok ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
      if (!ok) console.log(`$ ${command}\n${output.trimEnd()}\n`);
      done({ name, ok, output });
    };
    child.on('error', (error) => {
      output += error.message;
      end(false);
    });
    child.on('close', (code) => end(code === 0));
  });
}

/** Runs all steps, as many at a time as there are processors, and prints each one's result. */
export async function runChecks(): Promise<Step[]> {
  const waiting = Object.entries(steps);
  const finished: Step[] = [];
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) finished.push(await runStep(...next));
  };
  await Promise.all(Array.from({ length: Math.min(4, cpus().length) }, lane));
  return finished;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const failed = (await runChecks()).filter((step) => !step.ok);
  if (failed.length > 0) console.log(`failed: ${failed.map((step) => step.name).join(', ')}`);
  process.exitCode = failed.length > 0 ? 1 : 0;
}
