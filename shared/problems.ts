/** The closed table of failures a client can cause, RFC 9457 on the wire. Anything else is a 500 and a bug of ours. */
import * as z from 'zod/mini';

/** code -> HTTP status. The words are in the catalogue under `problem.<code>`. */
export const problemStatus = {
  bad_json: 400,
  bad_encoding: 400,
  bad_request: 400,
  bad_idempotency_key: 400,
  malformed: 400,
  unknown_device: 400,
  unauthorized: 401,
  session_revoked: 401,
  bad_credentials: 401,
  totp_required: 401,
  totp_wrong: 401,
  second_factor_needed: 403,
  forbidden: 403,
  bad_origin: 403,
  insecure_transport: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  key_reuse: 409,
  version_conflict: 409,
  no_bed: 409,
  stock_short: 409,
  patrol_busy: 409,
  patrol_off: 409,
  crew_busy: 409,
  incident_closed: 409,
  already_dispatched: 409,
  claimed: 409,
  only_sighting: 409,
  no_question: 409,
  open_obligations: 409,
  dispatch_ended: 409,
  step_back: 409,
  not_merged: 409,
  already_merged: 409,
  shelter_closed: 409,
  hold_ended: 409,
  stay_ended: 409,
  already_in: 409,
  due_settled: 409,
  not_temporary: 409,
  not_empty: 409,
  not_exported: 409,
  recheck_ended: 409,
  run_ended: 409,
  taken: 409,
  nothing_asked: 409,
  plan_off: 409,
  step_settled: 409,
  shift_ended: 409,
  shift_running: 409,
  shift_overlaps: 409,
  not_on_duty: 409,
  handed_over: 409,
  check_over: 409,
  in_use: 409,
  changes_pruned: 410,
  too_large: 413,
  unsupported_type: 415,
  invalid: 422,
  last_admin: 422,
  not_object: 422,
  url_not_allowed: 422,
  doctype: 422,
  bad_xml: 422,
  not_cap: 422,
  place_missing: 422,
  nul_char: 422,
  invalid_image: 422,
  invalid_geometry: 422,
  too_many_vertices: 422,
  too_many_photos: 422,
  url_too_long: 414,
  header_too_large: 431,
  too_many: 429,
  internal: 500,
  unavailable: 503,
} as const satisfies Record<string, number>;
export type ProblemCode = keyof typeof problemStatus;

export interface FieldError {
  /** JSON pointer into the body (or `/query/x`) */
  path: string;
  /** stable code of this field's failure: type, required, unknown_field, range, lat_range, format, enum ... */
  code: string;
  message: string;
}

export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  code: z.string(),
  errors: z.array(z.object({ path: z.string(), code: z.string(), message: z.string() })),
  current: z.optional(z.unknown()),
});
/** What goes over the wire; `current` is the row as it stands, on a version conflict only. */
export type ProblemBody = z.infer<typeof problemSchema>;

/** A failure the client caused; thrown inside commands, written by the HTTP layer. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly errors: FieldError[];
  readonly extra: { current?: unknown; retryAfterS?: number };
  constructor(code: ProblemCode, errors: FieldError[] = [], extra: { current?: unknown; retryAfterS?: number } = {}) {
    super(code);
    this.code = code;
    this.errors = errors;
    this.extra = extra;
  }
  get status(): number {
    return problemStatus[this.code];
  }
}

/** A problem about one field of the body. */
export function fieldProblem(path: string, code: string, message: string, problem: ProblemCode = 'invalid'): Problem {
  return new Problem(problem, [{ path, code, message }]);
}

interface Issue {
  code?: string | undefined;
  path?: PropertyKey[] | undefined;
  message: string;
  keys?: string[];
  params?: Record<string, unknown> | undefined;
}

const issueCodes: Record<string, string> = {
  invalid_type: 'type',
  unrecognized_keys: 'unknown_field',
  too_big: 'range',
  too_small: 'range',
  not_multiple_of: 'range',
  invalid_format: 'format',
  invalid_value: 'enum',
  invalid_union: 'type',
};

const pointer = (path: PropertyKey[]): string =>
  path.map((part) => '/' + String(part).replaceAll('~', '~0').replaceAll('/', '~1')).join('');

const reasons: Record<string, string> = {
  type: 'wrong type',
  required: 'required',
  range: 'outside the allowed range',
  format: 'not in the expected format',
  enum: 'not one of the allowed values',
};

const has = (input: unknown, path: PropertyKey[]): boolean =>
  path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    input,
  ) !== undefined;

/** Turns zod's issues about `input` into field errors with our codes; `root` is '' for a body and '/query' for a query. */
export function fieldErrors(issues: readonly Issue[], input: unknown, root = ''): FieldError[] {
  return issues.flatMap((issue): FieldError[] => {
    const path = issue.path ?? [];
    if (issue.code === 'unrecognized_keys') {
      return (issue.keys ?? []).map((key) => ({
        path: root + pointer([...path, key]),
        code: 'unknown_field',
        message: 'unknown field',
      }));
    }
    const own = issue.params?.['code'];
    const absent = path.length > 0 && !has(input, path);
    const code = typeof own === 'string' ? own : absent ? 'required' : (issueCodes[issue.code ?? ''] ?? 'invalid');
    const message = issue.message === 'Invalid input' ? (reasons[code] ?? issue.message) : issue.message;
    return [{ path: root + pointer(path), code, message }];
  });
}
