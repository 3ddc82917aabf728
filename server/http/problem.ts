import type { Request, Response } from 'express';
import { Problem, type ProblemBody } from '../../shared/problems.ts';
import type { Log } from '../context.ts';
import { asDatabaseError, constraintOf, DatabaseUnavailable } from '../db/errors.ts';
import { chooseLocale, translator } from './words.ts';
import { cookieOf } from './cookies.ts';

/** What a failed uniqueness means to the client, by constraint; the rest is `taken`. */
const fieldOfConstraint: Record<string, string> = {
  users_username_key: '/username',
  informants_code_key: '/code',
  devices_unique_id_key: '/uniqueId',
  supply_items_name_key: '/name',
  areas_station_id_name_key: '/name',
};

/** Turns anything thrown into a Problem, or null for a bug of ours. */
export function asProblem(thrown: unknown): Problem | null {
  if (thrown instanceof Problem) return thrown;
  const error = asDatabaseError(thrown);
  if (error instanceof DatabaseUnavailable)
    return new Problem('unavailable', [], { retryAfterS: error.retryAfterSeconds });
  const violation = constraintOf(error);
  if (violation?.code === '23505') {
    const path = fieldOfConstraint[violation.constraint] ?? (violation.constraint.endsWith('_pkey') ? '/id' : '');
    return new Problem(path === '/id' ? 'key_reuse' : 'taken', [{ path, code: 'taken', message: 'already in use' }]);
  }
  return null;
}

/** Writes RFC 9457; a bug is logged with its stack but without its message, which may hold what a person wrote. */
export function writeProblem(req: Request, res: Response, thrown: unknown, log: Log): void {
  const problem = asProblem(thrown) ?? new Problem('internal');
  if (problem.code === 'internal') {
    const error = thrown instanceof Error ? thrown : new Error('not an error');
    const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
    log.error(
      {
        name: error.name,
        code,
        stack: (error.stack ?? '')
          .split('\n')
          .filter((line) => line.startsWith('    at '))
          .slice(0, 12),
      },
      'unexpected failure',
    );
  }
  if (res.headersSent) {
    res.destroy();
    return;
  }
  const t = translator(chooseLocale(undefined, cookieOf(req.headers, 'lang'), req.headers['accept-language']));
  const body: ProblemBody = {
    type: `urn:warmpath:problem:${problem.code}`,
    title: t(`problem.${problem.code}`),
    status: problem.status,
    code: problem.code,
    errors: problem.errors,
    ...(problem.extra.current === undefined ? {} : { current: problem.extra.current }),
  };
  if (problem.extra.retryAfterS !== undefined)
    res.setHeader('Retry-After', String(Math.ceil(problem.extra.retryAfterS)));
  // What was not read of a refused body is not worth waiting for.
  if (problem.code === 'too_large') res.setHeader('Connection', 'close');
  res.status(problem.status).type('application/problem+json').send(JSON.stringify(body));
}
