import type * as z from 'zod/mini';
import type { moveSupplies } from '../../shared/supplies.ts';

/** What staff do with stock by hand; 'load' is a move from a depot into the own place. */
export type Movement = 'receive' | 'load' | 'move' | 'write_off';
export type MovementBody = z.input<typeof moveSupplies.body>;
