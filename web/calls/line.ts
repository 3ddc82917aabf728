/** What a telephone system says when it opens the page for a call that rings. */

export interface Line {
  /** code of the hotline */
  hotline: string | null;
  rangAt: string | null;
  /** the caller's number */
  caller: string | null;
}

/** A call that rang longer ago is none that could be answered; a telephone system's clock may be ahead by so much. */
const RINGS_MS = 30 * 60_000;
const AHEAD_MS = 2 * 60_000;
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)$/;

function rangOf(text: string, now: Date): string | null {
  // an unescaped + of an offset comes as a space
  const at = ISO.test(text.replace(' ', '+')) ? Date.parse(text.replace(' ', '+')) : Number.NaN;
  if (!(at >= now.getTime() - RINGS_MS && at <= now.getTime() + AHEAD_MS)) return null;
  return new Date(Math.min(at, now.getTime())).toISOString();
}

/**
 * Reads `hotline`, `rang` (ISO 8601 with offset) and `caller` from an address's query or from behind its `#`, which no browser
 * sends; what does not look like one is left out. Null when nothing is said.
 */
export function readLine(address: { search: string; hash: string }, now: Date): Line | null {
  const said = [address.hash.slice(1), address.search].map((part) => new URLSearchParams(part));
  const get = (name: string): string => said.map((part) => part.get(name) ?? '').find((value) => value !== '') ?? '';
  const [hotline, caller] = [get('hotline').trim().toUpperCase(), get('caller').trim()];
  const line: Line = {
    hotline: /^[A-Z0-9-]{4,32}$/.test(hotline) ? hotline : null,
    rangAt: rangOf(get('rang').trim(), now),
    caller: /^[+\d][\d ().-]{2,29}$/.test(caller) ? caller : null,
  };
  return line.hotline === null && line.rangAt === null && line.caller === null ? null : line;
}
