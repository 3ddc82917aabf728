/** `npm run doctor`: looks at everything an operator can set wrong, and says in one line each what to do. */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { FolderInUse } from '../db/errors.ts';
import { databaseFolder } from '../db/template.ts';
import { chooseLocale, translator } from '../http/words.ts';
import { databaseChecks } from './checks-database.ts';
import { type Check, type Finding, found, machineChecks, type Patient, synchronisedByTimedatectl } from './checks.ts';
import type { Operator } from './commands.ts';

/** Adding a check is adding a row. */
export const checks: readonly Check[] = [...databaseChecks, ...machineChecks];

/** Something found, with the name of its check and its sentence. */
export interface Line extends Finding {
  name: string;
  text: string;
}

const HEALTH_MS = 5_000;

async function serviceOn(port: number, host: string): Promise<Patient['service']> {
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  try {
    const response = await fetch(`http://${name}:${String(port)}/api/health`, {
      signal: AbortSignal.timeout(HEALTH_MS),
    });
    const body = (await response.json().catch(() => null)) as { version?: unknown; code?: unknown } | null;
    if (response.status === 503 && body?.code === 'unavailable') return 'busy';
    return typeof body?.version === 'string' ? { version: body.version } : 'other';
  } catch (error) {
    const { cause } = error as { cause?: NodeJS.ErrnoException };
    return cause?.code === 'ECONNREFUSED' ? null : 'other';
  }
}

/** The database as it is, never changed; a folder that the service has is left alone. */
async function openAsItIs({ config, open }: Operator): Promise<Pick<Patient, 'database' | 'trouble'>> {
  // Opening a folder that has no database would make one.
  if (config.databaseUrl === null && !existsSync(databaseFolder(config.dataDir)))
    return { database: null, trouble: `no database in ${config.dataDir}: npm start makes one` };
  try {
    return { database: await open(config, { migrate: false, allowUnsafe: true }), trouble: null };
  } catch (error) {
    if (error instanceof FolderInUse) return { database: null, trouble: null };
    return { database: null, trouble: error instanceof Error ? error.message : String(error) };
  }
}

/** Runs all checks, one after the other, so that the lines come in the same order every time. */
export async function examine(patient: Patient, locale: 'en' | 'zh-CN'): Promise<Line[]> {
  const t = translator(locale);
  const lines: Line[] = [];
  for (const check of checks) {
    let finding: Finding | null;
    try {
      finding = await check.run(patient);
    } catch (error) {
      finding = found('unknown', 'doctor.unknown', {
        name: check.name,
        reason: error instanceof Error ? error.message : String(error),
      });
    }
    if (finding) lines.push({ ...finding, name: check.name, text: t(finding.words, finding.values) });
  }
  return lines;
}

/** `doctor [--json] [--data DIR] [--backups DIR]`; answers the exit code: 1 when something is wrong. */
export async function doctorCommand(
  argv: string[],
  operator: Operator,
  given: { language: string | undefined; routerUrl: string | null },
): Promise<number> {
  const { values } = parseArgs({
    args: argv,
    options: {
      json: { type: 'boolean', default: false },
      data: { type: 'string' },
      backups: { type: 'string' },
    },
  });
  const config = { ...operator.config, dataDir: values.data ?? operator.config.dataDir };
  const locale = chooseLocale(undefined, undefined, given.language?.replace('_', '-'));
  const { database, trouble } = await openAsItIs({ ...operator, config });
  let lines: Line[];
  try {
    lines = await examine(
      {
        config,
        database,
        trouble,
        service: await serviceOn(config.port, config.host),
        routerUrl: given.routerUrl,
        backups: values.backups ?? null,
        nodeVersion: process.versions.node,
        secretFiles: ['.env', ...(config.databaseUrl === null ? [config.dataDir] : [])],
        now: operator.now,
        synchronised: synchronisedByTimedatectl,
      },
      locale,
    );
  } finally {
    await database?.close();
  }
  const bad = lines.filter(({ state }) => state === 'wrong').length;
  if (values.json) {
    operator.say(
      JSON.stringify({ ok: bad === 0, checks: lines.map(({ name, state, text }) => ({ name, state, text })) }),
    );
  } else {
    const t = translator(locale);
    for (const { state, text } of lines) operator.say(`${t(`doctor.state.${state}`).padEnd(9)}${text}`);
    operator.say(t(bad === 0 ? 'doctor.well' : 'doctor.ill', { count: bad }));
  }
  return bad === 0 ? 0 : 1;
}
