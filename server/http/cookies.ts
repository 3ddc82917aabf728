/** Cookies and origins: small enough to need no library, strict enough to matter. */
import type { IncomingHttpHeaders } from 'node:http';

/** `__Host-` binds it to this host, path / and a secure (or loopback) origin. */
export const SESSION_COOKIE = '__Host-sid';

export function cookieOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  for (const part of (headers.cookie ?? '').split(';')) {
    const at = part.indexOf('=');
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return undefined;
}

export const isLoopback = (hostname: string): boolean => /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(hostname);

const hostOf = (host: string | undefined): string => (host ?? '').replace(/:\d+$/, '');

/** Whether browsers treat this origin as secure: https, or loopback. Elsewhere cookies, crypto and service workers fail. */
export function isSecureOrigin(headers: IncomingHttpHeaders, protocol: string, publicOrigin: string | null): boolean {
  if (publicOrigin !== null) {
    const { protocol: scheme, hostname } = new URL(publicOrigin);
    return scheme === 'https:' || isLoopback(hostname);
  }
  return protocol === 'https' || isLoopback(hostOf(headers.host));
}

/** False only for a request that a browser says came from another site's page. */
export function fromOwnOrigin(headers: IncomingHttpHeaders, publicOrigin: string | null): boolean {
  const { origin } = headers;
  if (origin === undefined) {
    const site = headers['sec-fetch-site'];
    return site === undefined || site === 'same-origin' || site === 'none';
  }
  if (publicOrigin !== null && origin === publicOrigin) return true;
  try {
    return new URL(origin).host === headers.host;
  } catch {
    return false;
  }
}
