/**
 * What steps lay over things (a house, a known place, a rule), so that it can be taken back in any order. Each step remembers what
 * it found and what it set. One that is taken back while another lies over it hands down what it found, like a link taken out
 * of a chain; only the topmost puts anything back, and only where nobody has changed it since.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Context } from '../context.ts';
import { rows } from '../db/rows.ts';
import type { Laid, Step } from './queries-steps.ts';

interface Holder {
  id: string;
  before: Laid[];
}

/** Other steps that lie over any of these. The caller has the lock of steps, so that nobody adds one meanwhile. */
const holders = (ctx: Context, stepId: string, of: readonly string[]): Promise<Holder[]> =>
  rows<Holder>(
    ctx.db,
    `select t.id, t.before from activation_steps t
     where t.before is not null and t.id <> cast(:stepId as uuid)
       and exists (select from jsonb_array_elements(t.before) as e where e ->> 'of' = any (cast(:of as text[])))`,
    { stepId, of },
  );

/** What a step is to remember of what it sets now, over all that it and others have set before. What it found first stays what it found. */
export async function lay(
  ctx: Context,
  step: Step,
  now: readonly Pick<Laid, 'of' | 'found' | 'set'>[],
): Promise<Laid[]> {
  const mine = new Map((step.before ?? []).map((laid) => [laid.of, laid]));
  const highest = new Map<string, number>();
  const others = await holders(
    ctx,
    step.id,
    now.map(({ of }) => of),
  );
  for (const { of, n } of others.flatMap(({ before }) => before)) highest.set(of, Math.max(n, highest.get(of) ?? 0));
  for (const each of now) {
    const known = mine.get(each.of);
    mine.set(each.of, known ? { ...known, set: each.set } : { ...each, n: (highest.get(each.of) ?? 0) + 1 });
  }
  return [...mine.values()];
}

/** What a step has to put back itself; the rest is handed down to the steps that lie over it. */
export async function takeOut(ctx: Context, step: Step): Promise<Laid[]> {
  const mine = step.before ?? [];
  const others = await holders(
    ctx,
    step.id,
    mine.map(({ of }) => of),
  );
  const links = others.flatMap((holder) => holder.before.map((laid) => ({ holder, laid })));
  const top: Laid[] = [];
  const heirs = new Set<Holder>();
  for (const each of mine) {
    const [next] = links
      .filter(({ laid }) => laid.of === each.of && laid.n > each.n)
      .sort((a, b) => a.laid.n - b.laid.n);
    if (!next) top.push(each);
    else if (isDeepStrictEqual(next.laid.found, each.set)) {
      next.laid.found = each.found;
      heirs.add(next.holder);
    }
  }
  for (const { id, before } of heirs)
    await rows(ctx.db, `update activation_steps set before = cast(:before as jsonb) where id = cast(:id as uuid)`, {
      id,
      before: JSON.stringify(before),
    });
  return top;
}
