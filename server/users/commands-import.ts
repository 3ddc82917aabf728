/** Many people at once from a file: judged as one by one, added all or none. */
import { randomInt, randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import { type FieldError, fieldErrors, Problem } from '../../shared/problems.ts';
import { type Role, roles } from '../../shared/roles.ts';
import { localeNames, type StationRow } from '../../shared/stations.ts';
import { createUser, type importUsers } from '../../shared/users.ts';
import { type Actor, type Context, staffOf } from '../context.ts';
import { rows } from '../db/rows.ts';
import { translator } from '../http/words.ts';
import { readContext, runCommand, type Service } from '../realtime/command.ts';
import { liveStations } from '../stations/queries.ts';
import { stationNamed, stationWords } from '../stations/queries-named.ts';
import { hashPassword } from './passwords.ts';
import { type FileLine, MOST_FINDINGS, readPeopleFile } from './people-file.ts';

type Imported = z.infer<typeof importUsers.reply>;
/** A line is judged by what a single person is judged by; the station comes apart, because a file may name it. */
const lineSchema = z.pick(createUser.body, {
  username: true,
  name: true,
  role: true,
  password: true,
  locale: true,
});
interface NewPerson extends z.infer<typeof lineSchema> {
  id: string;
  line: number;
  stationId: string;
  /** made here, because the file had none */
  madePassword: boolean;
}

/** A role as the software calls it or as either language does. */
const roleWords: ReadonlyMap<string, Role> = new Map(
  roles.flatMap((role) =>
    [role, ...localeNames.map((locale) => translator(locale)(`role.${role}`))].map((word) => [
      word.toLowerCase(),
      role,
    ]),
  ),
);

/** No letter or digit that is taken for another one on paper, and none that is hard to find on a keyboard. */
const LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789';
const group = (): string => Array.from({ length: 4 }, () => LETTERS[randomInt(LETTERS.length)]).join('');
/** Such as `k7m2-9xqd-h4wp`: 59 bits, to be read from a slip of paper once. */
const newPassword = (): string => [group(), group(), group()].join('-');

/** What an empty cell says is what a field that is not there says. */
const given = (cell: string | undefined): string | undefined =>
  cell === undefined || cell.trim() === '' ? undefined : cell;

function judgeLine(
  { line, cells }: FileLine,
  own: string,
  stations: readonly StationRow[],
): { person: NewPerson | null; errors: FieldError[] } {
  const root = `/rows/${String(line)}`;
  const password = given(cells.password);
  const locale = given(cells.locale);
  const input = {
    username: given(cells.username),
    name: given(cells.name),
    role: roleWords.get((cells.role ?? '').trim().toLowerCase()) ?? given(cells.role),
    password: password ?? newPassword(),
    ...(locale === undefined ? {} : { locale: locale.trim() }),
  };
  const judged = lineSchema.safeParse(input);
  const errors = judged.success ? [] : fieldErrors(judged.error.issues, input, root);
  const station = stationNamed(cells.station ?? '', own, stations);
  if (typeof station === 'string')
    errors.push({ path: `${root}/station`, code: station, message: stationWords[station] });
  if (!judged.success || typeof station === 'string') return { person: null, errors };
  const person = {
    ...judged.data,
    id: randomUUID(),
    line,
    stationId: station.id,
    madePassword: password === undefined,
  };
  return { person, errors };
}

const taken = (line: number): FieldError => ({
  path: `/rows/${String(line)}/username`,
  code: 'taken',
  message: 'already in use',
});

/** Names that occur twice, in the file or with somebody who is there already. */
async function judgeNames(ctx: Context, people: readonly NewPerson[]): Promise<FieldError[]> {
  const first = new Map<string, number>();
  const errors: FieldError[] = [];
  for (const { username, line } of people) {
    const before = first.get(username);
    if (before === undefined) first.set(username, line);
    else
      errors.push({
        path: `/rows/${String(line)}/username`,
        code: 'duplicate',
        message: `as in line ${String(before)}`,
      });
  }
  const known = await rows<{ username: string }>(
    ctx.db,
    `select username from users where username = any (cast(:usernames as text[]))`,
    { usernames: [...first.keys()] },
  );
  return [...errors, ...known.flatMap(({ username }) => taken(first.get(username) ?? 0))];
}

function refuse(errors: readonly FieldError[]): void {
  const lineOf = ({ path }: FieldError): number => Number(path.split('/')[2]);
  const inOrder = [...errors].sort((a, b) => lineOf(a) - lineOf(b));
  if (inOrder.length > 0) throw new Problem('invalid', inOrder.slice(0, MOST_FINDINGS));
}

/** Slow hashes at a time: people who sign in meanwhile share the same few threads. */
const HASHES_AT_ONCE = 2;

async function hashAll(people: readonly NewPerson[]): Promise<string[]> {
  const hashes: string[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let n = next++; n < people.length; n = next++) hashes[n] = await hashPassword(people[n]?.password ?? '');
  };
  await Promise.all(Array.from({ length: HASHES_AT_ONCE }, worker));
  return hashes;
}

async function insertPeople(ctx: Context, people: readonly NewPerson[], hashes: readonly string[]): Promise<void> {
  const column = <K extends keyof NewPerson>(key: K): (NewPerson[K] | null)[] =>
    people.map((each) => each[key] ?? null);
  const added = await rows<{ username: string }>(
    ctx.db,
    `insert into users (id, station_id, username, name, role, password_hash, locale, created_at)
     select p.id, p.station_id, p.username, p.name, p.role, p.password_hash, p.locale, :now
     from unnest(cast(:ids as uuid[]), cast(:stationIds as uuid[]), cast(:usernames as text[]), cast(:names as text[]), cast(:roles as text[]),
       cast(:hashes as text[]), cast(:locales as text[])) as p (id, station_id, username, name, role, password_hash, locale)
     order by p.username
     on conflict (username) do nothing returning username`,
    {
      ids: column('id'),
      stationIds: column('stationId'),
      usernames: column('username'),
      names: column('name'),
      roles: column('role'),
      locales: column('locale'),
      hashes,
      now: ctx.now(),
    },
  );
  // Somebody took a name while the passwords were hashed: nobody is added.
  const wrote = new Set(added.map(({ username }) => username));
  refuse(people.filter(({ username }) => !wrote.has(username)).map(({ line }) => taken(line)));
}

/** Judges a file and, unless it is a dry run, adds everybody in it. Passwords are hashed before the transaction, so that it holds no lock meanwhile. */
export async function importPeople(service: Service, actor: Actor, file: Buffer, dryRun: boolean): Promise<Imported> {
  const { encoding, lines } = readPeopleFile(file);
  const ctx = readContext(service, actor);
  const own = staffOf(ctx).stationId;
  const stations = await liveStations(ctx.db, own);
  const judged = lines.map((line) => judgeLine(line, own, stations));
  const people = judged.flatMap(({ person }) => person ?? []);
  refuse([...judged.flatMap(({ errors }) => errors), ...(await judgeNames(ctx, people))]);
  if (!dryRun) {
    const hashes = await hashAll(people);
    const audit = {
      command: 'importUsers',
      subjectIds: people.map(({ id }) => id),
      fields: Object.keys(lines[0]?.cells ?? {}),
    };
    await runCommand(service, actor, audit, (within) => insertPeople(within, people, hashes));
  }
  return {
    dryRun,
    encoding,
    items: people.map(({ line, username, name, role, stationId, password, madePassword }) => ({
      line,
      username,
      name,
      role,
      stationId,
      ...(madePassword && !dryRun ? { password } : {}),
    })),
  };
}
