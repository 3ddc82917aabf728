/** Calls of one endpoint by many callers at once, run in one transaction; each is answered as if it had been alone. */
import type { Context } from '../context.ts';
import { inGroups, type Waiting } from '../db/groups.ts';
import { type Call, Later, type Outcome, runTogether, type Service } from '../realtime/command.ts';
import { type Claim, claimAll, unclaim } from './idempotency.ts';
import type { Input, Route } from './route.ts';

/** Calls committed together at most: more gains little and makes the first wait. */
const MOST = 64;

/** A call that has passed the gate. */
export interface Called extends Call {
  input: Input<unknown, unknown, unknown>;
  /** its idempotency key, where it has one */
  claims: readonly Claim[];
  /** what follows from its success, in the same transaction */
  after: (ctx: Context) => Promise<void>;
}
type Take = (service: Service, call: Called) => Promise<unknown>;
type Together = NonNullable<Route['together']>;

/** What takes a call and answers its reply when it is committed; throws its Problem, or the Replay of what was answered before. */
export function grouped(together: Together): Take {
  // What is put off is in nobody's way there, and is written one group after the other too.
  const patient: Take = lane(true, (service, call) => patient(service, call));
  return lane(false, patient);

  function lane(waits: boolean, putOff: Take): Take {
    return inGroups<Service, Called, unknown>(MOST, async (service, group) => {
      const keys = new Set<string>();
      const [first, twins]: [Waiting<Called, unknown>[], Waiting<Called, unknown>[]] = [[], []];
      for (const each of group) {
        const own = each.work.claims.map(({ key }) => key);
        (own.some((key) => keys.has(key)) ? twins : first).push(each);
        for (const key of own) keys.add(key);
      }
      const outcomes = await write(
        service,
        first.map(({ work }) => work),
        waits,
      );
      first.forEach((each, n) => {
        const outcome = outcomes[n];
        if (!outcome) throw new Error('a call was not answered');
        if ('reply' in outcome) each.resolve(outcome.reply);
        else if (outcome.error instanceof Later) twins.push(each);
        else each.reject(outcome.error);
      });
      for (const { work, resolve, reject } of twins) putOff(service, work).then(resolve, reject);
    });
  }

  function write(service: Service, calls: readonly Called[], waits: boolean): Promise<readonly Outcome<unknown>[]> {
    return runTogether(service, calls, async (contexts, db) => {
      const claims = calls.flatMap((call) => call.claims);
      const answered = claims.length === 0 ? [] : await claimAll(db, claims, service.now());
      const refusals = new Map(claims.map((claim, n) => [claim, answered[n] ?? null]));
      const outcomes = calls.map(({ claims: own }): Outcome<unknown> => {
        const refused = own.map((claim) => refusals.get(claim)).find((why) => why !== null);
        return refused ? { error: refused } : { reply: undefined };
      });
      const open = calls.flatMap(({ input }, n) => {
        const [outcome, ctx] = [outcomes[n], contexts[n]];
        return ctx && outcome && 'reply' in outcome ? [{ n, ctx, input }] : [];
      });
      const judged = open.length === 0 ? [] : await together(open as never, waits);
      const failed: string[] = [];
      for (const [at, { n, ctx }] of open.entries()) {
        const outcome = judged[at] ?? { error: new Error('a call was not judged') };
        outcomes[n] = outcome;
        if ('reply' in outcome) await calls[n]?.after(ctx);
        else failed.push(...(calls[n]?.claims ?? []).map(({ key }) => key));
      }
      if (failed.length > 0) await unclaim(db, failed);
      return outcomes;
    });
  }
}
