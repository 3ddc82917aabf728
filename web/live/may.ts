/** Who may call what: said by the contract, asked here. */
import type { Endpoint } from '../../shared/contract.ts';
import { boot } from '../ui/boot.ts';

/** Whether the role that is signed in may call an endpoint. */
export const mayCall = ({ who }: Endpoint): boolean =>
  who === 'public' || (boot.session !== null && who.includes(boot.session.user.role));
