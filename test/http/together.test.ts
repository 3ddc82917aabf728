/** Calls of several callers in one transaction: each is answered, kept and written down as if it had been alone. */
import { createHash, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { rows } from '../../server/db/rows.ts';
import { Replay } from '../../server/http/idempotency.ts';
import { type Called, grouped } from '../../server/http/together.ts';
import type { Together } from '../../server/http/route.ts';
import { Later, type Outcome } from '../../server/realtime/command.ts';
import { record } from '../../server/realtime/record.ts';
import { Problem } from '../../shared/problems.ts';
import { useApp } from '../kit/app.ts';

const app = useApp();

interface Said {
  word: 'yes' | 'no' | 'later' | 'broken';
}
type Asked = Together<unknown, unknown, Said>;
const refusal = new Problem('no_bed');

function endpoint() {
  const groups: { words: string[]; waits: boolean }[] = [];
  const after: string[] = [];
  const take = grouped((calls: readonly Asked[], waits: boolean): Promise<readonly Outcome<unknown>[]> => {
    const words = calls.map(({ input }) => input.body.word);
    groups.push({ words, waits });
    if (words.includes('broken')) throw new Error('cannot be written');
    return Promise.resolve(
      calls.map(({ ctx, input: { body } }) => {
        if (body.word === 'no') return { error: refusal };
        if (body.word === 'later' && !waits) return { error: new Later() };
        record(ctx, { type: 'incident.changed', stationId: app.stations.east, rows: { incidents: [] } });
        // an answer is kept as it was given, its keys in their order
        return { reply: { z: body.word, a: 1 } };
      }),
    );
  });
  const call = (word: Said['word'], key: string = randomUUID(), print = word as string): Called => ({
    actor: { kind: 'public' },
    audit: { command: 'together', subjectIds: [key], fields: ['word'], keep: { key, status: 201 } },
    input: { params: undefined, query: undefined, body: { word }, locale: 'en', origin: '' },
    claims: [{ key, print: createHash('sha256').update(print).digest() }],
    after: () => {
      after.push(key);
      return Promise.resolve();
    },
  });
  const ask = (...calls: Called[]) => Promise.allSettled(calls.map((each) => take(app.service, each)));
  return { groups, after, call, ask };
}
const keyOf = ({ claims }: Called): string => claims[0]?.key ?? '';
const kept = async (calls: readonly Called[]): Promise<(string | null)[]> => {
  const found = await rows<{ key: string; reply: string | null }>(
    app.database.knex,
    `select key, reply::text as reply from idempotency_keys where key = any (cast(:keys as uuid[]))`,
    { keys: calls.map(keyOf) },
  );
  return calls.map((call) => found.find(({ key }) => key === keyOf(call))?.reply ?? null);
};
const audited = async (calls: readonly Called[]): Promise<number[]> => {
  const found = await rows<{ key: string }>(
    app.database.knex,
    `select subject_ids[1] as key from audit where command = 'together'`,
  );
  return calls.map((call) => found.filter(({ key }) => key === keyOf(call)).length);
};
const YES = '{"z":"yes","a":1}';

describe('calls run together', () => {
  it('are each answered, kept and written down; one that is refused leaves nothing behind and may come again', async () => {
    const { groups, after, call, ask } = endpoint();
    const calls = [call('yes'), call('yes'), call('no'), call('yes')];
    const answers = await ask(...calls);
    expect(groups).toEqual([
      { words: ['yes'], waits: false },
      { words: ['yes', 'no', 'yes'], waits: false },
    ]);
    expect(answers.map((each) => (each.status === 'fulfilled' ? each.value : each.reason))).toEqual([
      { z: 'yes', a: 1 },
      { z: 'yes', a: 1 },
      refusal,
      { z: 'yes', a: 1 },
    ]);
    expect(await kept(calls)).toEqual([YES, YES, null, YES]);
    expect(await audited(calls)).toEqual([1, 1, 0, 1]);
    const [, , no] = calls;
    expect(after).toEqual(calls.filter((each) => each !== no).map(keyOf));
    const [later] = await ask(call('yes', no && keyOf(no)));
    expect(later).toMatchObject({ status: 'fulfilled' });
  });

  it('with one key are one call: the twin gets the answer of the first, another call with it is refused', async () => {
    const { groups, call, ask } = endpoint();
    const key = randomUUID();
    const [busy, first, twin, other] = [
      call('yes'),
      call('yes', key),
      call('yes', key),
      call('yes', key, 'something else'),
    ];
    const answers = await ask(busy, first, twin, other);
    expect(answers[1]).toMatchObject({ status: 'fulfilled' });
    const [, , again, refused] = answers.map((each) => (each.status === 'rejected' ? (each.reason as unknown) : null));
    expect(again).toBeInstanceOf(Replay);
    expect(again).toMatchObject({ status: 200, body: { z: 'yes', a: 1 } });
    expect(refused).toMatchObject({ code: 'key_reuse' });
    expect(groups.map(({ words }) => words.length)).toEqual([1, 1]);
    expect(await audited([first])).toEqual([1]);
    // and in a group where nothing is new
    const [late] = await ask(twin);
    expect(late).toMatchObject({ status: 'rejected', reason: { body: { z: 'yes', a: 1 } } });
    expect(groups).toHaveLength(2);
  });

  it('that have to wait are run by themselves, and the others without them', async () => {
    const { groups, call, ask } = endpoint();
    const calls = [call('yes'), call('later'), call('yes'), call('later')];
    const answers = await ask(...calls);
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 4 }, () => 'fulfilled'));
    expect(groups).toEqual([
      { words: ['yes'], waits: false },
      { words: ['later', 'yes', 'later'], waits: false },
      { words: ['later'], waits: true },
      { words: ['later'], waits: true },
    ]);
    expect(await audited(calls)).toEqual([1, 1, 1, 1]);
  });

  it('suffer nothing by one that cannot be written', async () => {
    const { call, ask } = endpoint();
    const calls = [call('yes'), call('yes'), call('broken'), call('yes')];
    const answers = await ask(...calls);
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect(await kept(calls)).toEqual([YES, YES, null, YES]);
    expect(await audited(calls)).toEqual([1, 1, 0, 1]);
  });

  it('tell the facts of those that came to a reply', async () => {
    const { call, ask } = endpoint();
    const [before] = await rows<{ seq: number }>(
      app.database.knex,
      `select coalesce(max(seq), 0)::integer as seq from events`,
    );
    await ask(call('yes'), call('yes'), call('no'), call('yes'));
    const [told] = await rows<{ count: number }>(
      app.database.knex,
      `select count(*)::integer as count from events where seq > :seq and type = 'incident.changed'`,
      { seq: before?.seq ?? 0 },
    );
    expect(told?.count).toBe(3);
  });
});
