import type * as z from 'zod/mini';
import type { Endpoint } from '../../shared/contract.ts';
import type { moveSupplies, StoreKind } from '../../shared/supplies.ts';
import { boot } from '../ui/boot.ts';

/** What staff do with stock by hand; 'load' is a move from a depot into the own place. */
export type Movement = 'receive' | 'load' | 'move' | 'write_off';
export type MovementBody = z.input<typeof moveSupplies.body>;
/** A place of ours that holds stock. */
export interface StorePlace {
  kind: StoreKind;
  id: string;
}
export type NamedStore = StorePlace & { name: string };

/** Whether whoever is signed in may call it; those who may not are shown no button. */
export const mayDo = ({ who }: Endpoint): boolean =>
  who === 'public' || (boot.session !== null && who.includes(boot.session.user.role));
