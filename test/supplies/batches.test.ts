/** What expires first goes first, and never more of a batch than there is. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fit, takeFirst, takeFit } from '../../server/supplies/batches.ts';

const batches = fc.uniqueArray(
  fc.record({
    id: fc.constantFrom(...'abcdefgh'),
    expiresOn: fc.option(fc.constantFrom('2026-01-09', '2026-01-10', '2027-12-31')),
    quantity: fc.integer({ min: 1, max: 9 }),
  }),
  { selector: ({ id }) => id },
);

it('takes pieces in the order of their dates, as many as asked or as there are', () => {
  fc.assert(
    fc.property(batches, fc.nat(40), (given, quantity) => {
      const before = structuredClone(given);
      const { taken, left } = takeFirst(given, quantity);
      // piece by piece, as somebody at the shelf would
      const pieces = given
        .flatMap(({ id, expiresOn, quantity: many }) => Array.from({ length: many }, () => ({ id, expiresOn })))
        .sort((a, b) => {
          const [one, other] = [a, b].map(({ id, expiresOn }) => `${expiresOn ?? '9999-12-31'} ${id}`);
          return one === other ? 0 : (one ?? '') < (other ?? '') ? -1 : 1;
        });
      const count = (some: typeof pieces): Record<string, number> => {
        const counted: Record<string, number> = {};
        for (const { id } of some) counted[id] = (counted[id] ?? 0) + 1;
        return counted;
      };
      expect(Object.fromEntries(taken.map((lot) => [lot.id, lot.quantity]))).toEqual(count(pieces.slice(0, quantity)));
      expect(Object.fromEntries(left.map((lot) => [lot.id, lot.quantity]))).toEqual(count(pieces.slice(quantity)));
      expect(given).toEqual(before);
    }),
  );
});

it('sends out what is over its date last, and a list not at all', () => {
  const today = '2026-01-10';
  fc.assert(
    fc.property(batches, fc.nat(20), fc.nat(60), (given, loose, asked) => {
      const shelf = {
        quantity: given.reduce((sum, { quantity }) => sum + quantity, loose),
        batches: given.map((each) => ({ code: null, ...each })),
      };
      const over = (id: string): boolean => (given.find((each) => each.id === id)?.expiresOn ?? '9999') < today;
      const fresh = fit(shelf, today);
      expect(fresh).toBe(given.reduce((sum, { id, quantity }) => sum + (over(id) ? 0 : quantity), loose));
      const taken = takeFit(shelf, Math.min(asked, shelf.quantity), today);
      const count = (lots: typeof taken): number => lots.reduce((sum, { quantity }) => sum + quantity, 0);
      expect(count(taken.filter(({ id }) => over(id)))).toBe(Math.max(0, Math.min(asked, shelf.quantity) - fresh));
      for (const { id, quantity } of taken)
        expect(quantity).toBeLessThanOrEqual(given.find((each) => each.id === id)?.quantity ?? 0);
      // what is left never has more of batches than there is
      expect(count(shelf.batches) - count(taken)).toBeLessThanOrEqual(shelf.quantity - Math.min(asked, shelf.quantity));
    }),
  );
});
