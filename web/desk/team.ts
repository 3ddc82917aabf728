/** Other desks at the same work, for the parts that show or ask them. */
import { inject, type InjectionKey, provide } from 'vue';
import type { IncidentRow } from '../../shared/incidents.ts';
import type { Who } from '../incidents/who.ts';
import { useNow } from '../ui/ticking.ts';
import { t } from '../ui/words.ts';
import { type Claims, createClaims } from './claims.ts';
import type { Desk } from './desk.ts';
import { initials } from './initials.ts';
import { type Presence, usePresence } from './presence.ts';

export interface Team extends Presence {
  claims: Claims;
  who: (row: IncidentRow) => Who | null;
}
const KEY: InjectionKey<Team> = Symbol('team');

/** Makes what is known of the other desks and hands it to the components below. */
export function provideTeam(desk: Desk): Team {
  const presence = usePresence(desk);
  const now = useNow(5000);
  const claims = createClaims(desk, presence, () => now.value);
  const team: Team = {
    ...presence,
    claims,
    who: (row) => {
      const holder = claims.holder(row, now.value);
      if (holder === desk.session.user.id)
        return { mark: initials(desk.session.user.name), words: t('claim.mine'), kind: 'mine' };
      if (holder !== null) {
        const name = presence.nameOf(holder) ?? t('claim.somebody');
        return { mark: initials(name), words: t('claim.has', { name }), kind: 'claimed' };
      }
      const there = presence.at(row.id);
      const [first] = there;
      if (!first) return null;
      const name = there.length > 1 ? t('claim.and_others', { name: first.name, count: there.length - 1 }) : first.name;
      return { mark: initials(first.name), words: t('claim.looking', { name }), kind: 'looking' };
    },
  };
  provide(KEY, team);
  return team;
}
export function useTeam(): Team {
  const team = inject(KEY);
  if (!team) throw new Error('a part of the desk stands outside the desk');
  return team;
}
