import { isIPv6 } from 'node:net';
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import { Problem } from '../../shared/problems.ts';

/** Calls a minute; a signed-in desk is never held below 600. */
const perMinute = {
  staff: 3_000,
  publicReads: 600,
  publicWrites: 240,
  // a tracker by its id, whatever its address: a whole fleet comes from one, and a queue of hours is sent in minutes
  devices: 3_000,
  // calls of trackers that nobody has registered, by address
  strangers: 600,
} as const;
const signInFailures = { account: 5, address: 30, blockS: 60 } as const;
/**
 * Wrong codes after the right password. Three of a million codes hold at any time: at 20 tries an hour whoever has the
 * password needs more than a year for an even chance, and nobody else can shut the person out (RFC 4226, 7.3).
 */
const codeFailures = { account: 20, blockS: 3_600 } as const;

/** One household or one carrier gateway: /24 of IPv4, /56 of IPv6. */
export function addressPrefix(address: string): string {
  const plain = address.replace(/^::ffff:/, '');
  if (!isIPv6(plain)) return plain.split('.').slice(0, 3).join('.');
  const [head = '', tail = ''] = plain.split('::');
  const groups = head.split(':').filter(Boolean);
  const rest = tail.split(':').filter(Boolean);
  const full = [...groups, ...Array<string>(Math.max(0, 8 - groups.length - rest.length)).fill('0'), ...rest];
  return full
    .slice(0, 4)
    .map((group, n) => (n === 3 ? (parseInt(group, 16) >> 8).toString(16) : group))
    .join(':');
}

export interface Limits {
  call(kind: Exclude<keyof typeof perMinute, 'strangers'>, key: string): Promise<void>;
  /** Throws 429 while too many trackers that nobody has registered called from this address; those that are registered do not ask. */
  strangerAllowed(address: string): Promise<void>;
  strangerCame(address: string): Promise<void>;
  /** Throws 429 while an account or address has too many failures behind it. */
  signInAllowed(account: string, address: string): Promise<void>;
  /** `what` was wrong; wrong codes are counted for longer as well. */
  signInFailed(account: string, address: string, what?: 'password' | 'code'): Promise<void>;
  signInDone(account: string): Promise<void>;
}

const refuse = (result: unknown): never => {
  const waitMs = (result as RateLimiterRes).msBeforeNext;
  throw new Problem('too_many', [], { retryAfterS: Math.max(1, waitMs / 1000) });
};

export function createLimits(enabled: boolean): Limits {
  const make = (points: number, duration: number, keyPrefix: string): RateLimiterMemory =>
    new RateLimiterMemory({ points, duration, keyPrefix });
  const calls = {
    staff: make(perMinute.staff, 60, 'staff'),
    publicReads: make(perMinute.publicReads, 60, 'reads'),
    publicWrites: make(perMinute.publicWrites, 60, 'writes'),
    devices: make(perMinute.devices, 60, 'devices'),
    strangers: make(perMinute.strangers, 60, 'strangers'),
  };
  const byAccount = make(signInFailures.account, signInFailures.blockS, 'account');
  const byAddress = make(signInFailures.address, signInFailures.blockS, 'address');
  const byCode = make(codeFailures.account, codeFailures.blockS, 'code');
  const spent = async (limiter: RateLimiterMemory, key: string, points: number): Promise<void> => {
    const known = await limiter.get(key);
    if (known && known.consumedPoints >= points) refuse(known);
  };
  return {
    async call(kind, key) {
      if (enabled) await calls[kind].consume(key).catch(refuse);
    },
    async strangerAllowed(address) {
      if (enabled) await spent(calls.strangers, address, perMinute.strangers);
    },
    async strangerCame(address) {
      if (enabled) await calls.strangers.penalty(address);
    },
    async signInAllowed(account, address) {
      await spent(byCode, account, codeFailures.account);
      await spent(byAccount, account, signInFailures.account);
      await spent(byAddress, addressPrefix(address), signInFailures.address);
    },
    async signInFailed(account, address, what = 'password') {
      if (what === 'code') await byCode.penalty(account);
      await byAccount.penalty(account);
      await byAddress.penalty(addressPrefix(address));
    },
    async signInDone(account) {
      await byAccount.delete(account);
      await byCode.delete(account);
    },
  };
}
