/** Proving who somebody is: password, the authenticator's code where there is one, and the pause after too many tries. */
import { onScopeDispose, shallowRef } from 'vue';
import { type SessionRow, signIn } from '../../shared/users.ts';
import { call, CallProblem } from '../live/call.ts';
import { wordsOf } from '../ui/toasts.ts';
import { problemWords, t } from '../ui/words.ts';

/** `wantsCode` is called when the box for the code is there and has to be typed into: 'first' time, or 'wrong'. */
export function useSignIn(wantsCode: (why: 'first' | 'wrong') => Promise<void>) {
  const password = shallowRef('');
  const code = shallowRef('');
  const asksCode = shallowRef(false);
  /** a recovery code instead of the authenticator's */
  const recovers = shallowRef(false);
  const busy = shallowRef(false);
  const problem = shallowRef('');
  /** seconds until another try is allowed */
  const wait = shallowRef(0);
  let timer: ReturnType<typeof setInterval> | undefined;
  onScopeDispose(() => clearInterval(timer));

  const waitFor = (seconds: number): void => {
    wait.value = seconds;
    clearInterval(timer);
    timer = setInterval(() => {
      wait.value -= 1;
      if (wait.value <= 0) clearInterval(timer);
    }, 1000);
  };
  const refused = (error: unknown): void => {
    if (!(error instanceof CallProblem)) {
      problem.value = wordsOf(error);
      return;
    }
    if (error.code === 'totp_required') {
      // asked for the first time this is no error
      asksCode.value = true;
      void wantsCode('first');
      return;
    }
    const unreadable = error.errors.some(({ path }) => path === '/totp');
    if (error.code === 'totp_wrong' || unreadable) {
      problem.value = recovers.value ? t('session.recovery_wrong') : problemWords('totp_wrong');
      void wantsCode('wrong');
      return;
    }
    problem.value = error.status === 422 ? problemWords('bad_credentials') : problemWords(error.code);
    if (error.status === 429) waitFor(error.retryAfterS ?? 30);
  };
  return {
    password,
    code,
    asksCode,
    recovers,
    busy,
    problem,
    wait,
    refused,
    otherCode: () => {
      recovers.value = !recovers.value;
      code.value = '';
      problem.value = '';
      void wantsCode('first');
    },
    /** The new session; null when it was refused, which `problem` says, or asks for a code. Stays busy after success. */
    submit: async (username: string): Promise<SessionRow | null> => {
      if (busy.value || wait.value > 0) return null;
      busy.value = true;
      problem.value = '';
      try {
        const totp = asksCode.value && code.value !== '' ? { totp: code.value } : {};
        return await call(signIn, { body: { username, password: password.value, ...totp } });
      } catch (error) {
        refused(error);
        busy.value = false;
        return null;
      }
    },
  };
}
