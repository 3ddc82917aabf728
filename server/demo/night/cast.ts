/** The night's own people: accounts apart from those of the visitor, so that one can tell who did what. */
import { updatePatrol } from '../../../shared/patrols.ts';
import type { Role } from '../../../shared/roles.ts';
import { createUser, listUsers, whoAmI } from '../../../shared/users.ts';
import { patrols } from '../city.ts';
import { type Line, type Person, staffMember } from '../http.ts';
import { patrolId, shelterId, type City } from '../place-city.ts';
import { unlessOvertaken } from './play.ts';

/** Theirs, for a visitor who wants to sit in one of these chairs. */
export const castPassword = 'winter-night';

interface Part {
  username: string;
  name: string;
  role: Role;
  skills?: readonly string[];
  /** index into the demo's shelters */
  house?: number;
}
export const nightDesk: Part = { username: 'night-desk', name: '李静（夜班调度）', role: 'dispatcher' };
/** In the order of the demo's patrols; the first goes out with the account `crew`. */
export const drivers: readonly Part[] = ['王建军', '赵小勇', '马超', '刘志强', '孙丽', '杨光'].map((name, n) => ({
  username: `crew-${String(n + 1)}`,
  name,
  role: 'crew',
  skills: patrols[n]?.skills ?? [],
}));
const keepers: readonly (readonly [house: number, name: string])[] = [
  [0, '陈秀兰'],
  [1, '周敏'],
  [2, '郭强'],
  [4, '何伟'],
  [6, '白雪'],
];
export const hosts: readonly (Part & { house: number })[] = keepers.map(([house, name]) => ({
  username: `house-${String(house + 1)}`,
  name,
  role: 'shelter',
  house,
}));

/** What the night's people did, by the rows the service answered them with: whatever else appears, a visitor did. */
export class Deeds {
  private readonly rows = new Set<string>();
  /** something was done that nobody has looked at yet */
  unseen = false;

  private static key({ id, version }: { id: string; version: number }): string {
    return `${id} ${String(version)}`;
  }

  has(row: { id: string; version: number }): boolean {
    return this.rows.has(Deeds.key(row));
  }

  /** The same person, whose deeds are remembered from now on. */
  of(person: Person): Person {
    return {
      does: async (endpoint, asked) => {
        const reply = await person.does(endpoint, asked);
        if (endpoint.method !== 'GET') this.keep(reply);
        return reply;
      },
    };
  }

  private keep(reply: unknown): void {
    const row = reply as { id?: unknown; version?: unknown };
    if (typeof row.id !== 'string' || typeof row.version !== 'number') return;
    this.unseen = true;
    this.rows.add(Deeds.key({ id: row.id, version: row.version }));
    const [oldest] = this.rows;
    if (this.rows.size > 5_000 && oldest !== undefined) this.rows.delete(oldest);
  }
}

export interface Cast {
  desk: Person;
  /** by the demo's patrols */
  drivers: readonly Person[];
  /** by index of the shelter */
  hosts: ReadonlyMap<number, Person>;
}

/** Gives everybody an account who has none yet, a seat in the patrol or a key of the house; needs the administrator and the desk of the demo. */
export async function hire(line: Line, { team, chance }: City, deeds: Deeds): Promise<Cast> {
  const { user } = await team.admin.does(whoAmI);
  const { items } = await team.admin.does(listUsers, { query: { limit: '500' } });
  const ids = new Map(items.map(({ username, id }) => [username, id]));
  await Promise.all(
    [nightDesk, ...drivers, ...hosts]
      .filter(({ username }) => !ids.has(username))
      .map(async ({ username, name, role, house, skills = [] }) => {
        const body = { id: chance.id(`user ${username}`), stationId: user.stationId, username, name, role };
        const key = house === undefined ? {} : { shelterId: shelterId(chance, house) };
        const added = await team.admin.does(createUser, {
          body: { ...body, ...key, skills: [...skills], password: castPassword },
        });
        ids.set(username, added.id);
      }),
  );
  const play = ({ username }: Part): Person => deeds.of(staffMember(line, username, castPassword));
  const desk = play(nightDesk);
  const visitor = ids.get('crew');
  for (const [n, { username }] of drivers.entries()) {
    const crew = [n === 0 ? visitor : undefined, ids.get(username)].filter((id) => id !== undefined);
    // an outing that was ended, or a visitor's crew that is out with another patrol, stays as it is
    await unlessOvertaken(desk.does(updatePatrol, { params: { id: patrolId(chance, n) }, body: { crew } }));
  }
  return { desk, drivers: drivers.map(play), hosts: new Map(hosts.map((host) => [host.house, play(host)])) };
}
