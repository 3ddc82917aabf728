/** What holds back whoever guesses a password or a code. */
import { Problem, type ProblemCode } from '../../shared/problems.ts';
import type { Limits } from '../http/limits.ts';
import type { Service } from '../realtime/command.ts';
import { verifyPassword } from './passwords.ts';
import { type Credentials, credentialsOf } from './queries.ts';

/** The last attempt on each account that is still being judged. */
const judging = new Map<string, Promise<unknown>>();

/** One attempt on an account after the other: a hundred at once would all be let in before the first failure counts. */
async function inTurn<T>(account: string, work: () => Promise<T>): Promise<T> {
  const before = judging.get(account) ?? Promise.resolve();
  const mine = before.then(work, work);
  judging.set(account, mine);
  try {
    return await mine;
  } finally {
    if (judging.get(account) === mine) judging.delete(account);
  }
}

const failures: Partial<Record<ProblemCode, 'password' | 'code'>> = { bad_credentials: 'password', totp_wrong: 'code' };

/** Whose account is tried, and from which address. */
export interface Tried {
  account: string;
  address: string;
}

/** Work that proves who somebody is: a wrong password or code counts against account and address; too many answer 429 before any work. */
export function attempt<T>(limits: Limits, { account, address }: Tried, work: () => Promise<T>): Promise<T> {
  return inTurn(account, async () => {
    await limits.signInAllowed(account, address);
    try {
      const done = await work();
      await limits.signInDone(account);
      return done;
    } catch (thrown) {
      const what = thrown instanceof Problem ? failures[thrown.code] : undefined;
      if (what) await limits.signInFailed(account, address, what);
      throw thrown;
    }
  });
}

/** The person of this password; throws `bad_credentials`, after the same time for a name that nobody has. */
export async function provePassword(service: Service, username: string, password: string): Promise<Credentials> {
  const known = await credentialsOf(service.database.knex, username);
  const right = await verifyPassword(known?.passwordHash, password);
  if (!known || !right || !known.active) throw new Problem('bad_credentials');
  return known;
}
