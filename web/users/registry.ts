/** People who sign in, and tokens of other software, as the admin page keeps them. */
import * as users from '../../shared/users.ts';
import type { Registry } from '../ui/registry.ts';

export const people: Registry = {
  noun: 'people',
  icon: 'people',
  list: users.listUsers,
  create: users.createUser,
  update: users.updateUser,
  fields: [
    { key: 'name', kind: 'text' },
    { key: 'username', kind: 'text' },
    { key: 'role', kind: 'choice', word: 'role.', begins: 'crew' },
    { key: 'shelterId', kind: 'pick', from: 'shelters', when: { key: 'role', is: ['shelter'] } },
    { key: 'skills', kind: 'skills', when: { key: 'role', is: ['crew'] } },
    { key: 'stationId', kind: 'pick', from: 'stations' },
    { key: 'locale', kind: 'choice', word: 'locale.' },
    { key: 'password', kind: 'secret' },
    { key: 'active', kind: 'check' },
    { key: 'secondFactor', kind: 'check', shown: true },
  ],
  columns: ['username', 'role', 'stationId', 'secondFactor'],
};

export const tokens: Registry = {
  noun: 'tokens',
  icon: 'key',
  list: users.listTokens,
  create: users.createToken,
  update: null,
  fields: [
    { key: 'name', kind: 'text' },
    { key: 'role', kind: 'choice', word: 'role.', begins: 'partner' },
    { key: 'stationId', kind: 'pick', from: 'stations' },
    { key: 'expiresAt', kind: 'day' },
    { key: 'createdAt', kind: 'moment', shown: true },
  ],
  columns: ['role', 'stationId', 'createdAt', 'expiresAt'],
};
