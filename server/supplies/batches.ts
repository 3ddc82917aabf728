/** Which batches a quantity is of: what expires first goes first. */
import type { Batch } from '../../shared/supplies.ts';

/** So much of one batch. */
export interface Lot {
  id: string;
  quantity: number;
}

const byExpiry = (a: Lot & Pick<Batch, 'expiresOn'>, b: Lot & Pick<Batch, 'expiresOn'>): number => {
  // what bears no date keeps longest
  if (a.expiresOn !== b.expiresOn) return (a.expiresOn ?? '~') < (b.expiresOn ?? '~') ? -1 : 1;
  return a.id < b.id ? -1 : 1;
};

/** Takes a quantity from the batches that expire first, as far as they go: what they do not cover is of none. */
export function takeFirst<B extends Lot & Pick<Batch, 'expiresOn'>>(
  batches: readonly B[],
  quantity: number,
): { taken: Lot[]; left: B[] } {
  const taken: Lot[] = [];
  const left: B[] = [];
  let open = quantity;
  for (const batch of [...batches].sort(byExpiry)) {
    const part = Math.min(open, batch.quantity);
    open -= part;
    if (part > 0) taken.push({ id: batch.id, quantity: part });
    if (part < batch.quantity) left.push({ ...batch, quantity: batch.quantity - part });
  }
  return { taken, left };
}

interface Shelf {
  quantity: number;
  batches: readonly Batch[];
}
const total = (batches: readonly Lot[]): number => batches.reduce((sum, { quantity }) => sum + quantity, 0);
const isOver = ({ expiresOn }: Batch, today: string): boolean => expiresOn !== null && expiresOn < today;

/** How much of a shelf may still be given out on a day (`YYYY-MM-DD`). */
export const fit = ({ quantity, batches }: Shelf, today: string): number =>
  Math.max(0, quantity - total(batches.filter((batch) => isOver(batch, today))));

/** What goes along: first what expires first, then what is of no batch, and what is over its date only when nothing else is left. */
export function takeFit({ quantity: there, batches }: Shelf, quantity: number, today: string): Lot[] {
  const { taken } = takeFirst(
    batches.filter((batch) => !isOver(batch, today)),
    quantity,
  );
  const open = quantity - total(taken) - Math.max(0, there - total(batches));
  const over = batches.filter((batch) => isOver(batch, today));
  return open > 0 ? [...taken, ...takeFirst(over, open).taken] : taken;
}
