/** Many people from a file: every way spreadsheets write one, every way it can be wrong, all or none. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { one, row, rows } from '../../server/db/rows.ts';
import { MOST_FINDINGS, readPeopleFile } from '../../server/users/people-file.ts';
import { verifyPassword } from '../../server/users/passwords.ts';
import { Problem, type ProblemBody } from '../../shared/problems.ts';
import { createStation } from '../../shared/stations.ts';
import { createUser, type importUsers, listUsers, MOST_IMPORTED, type UserRow } from '../../shared/users.ts';
import type * as z from 'zod/mini';
import { useApp } from '../kit/app.ts';

type Imported = z.infer<typeof importUsers.reply>;
const app = useApp();

/** As the admin of the east station unless said. */
async function send(
  file: string | Uint8Array,
  { by = app.east.admin, query = '', type = 'text/csv' } = {},
): Promise<{ status: number; body: Imported & ProblemBody; text: string }> {
  const response = await by.fetch(`/api/users/import${query}`, {
    method: 'POST',
    body: typeof file === 'string' ? file : new Uint8Array(file),
    headers: { 'content-type': type },
  });
  const text = await response.text();
  return { status: response.status, body: JSON.parse(text) as Imported & ProblemBody, text };
}
const count = async (): Promise<number> =>
  (await one<{ n: number }>(app.database.knex, `select cast(count(*) as integer) as n from users`)).n;
const person = async (username: string): Promise<UserRow & { passwordHash: string }> =>
  one(
    app.database.knex,
    `select username, name, role, station_id as "stationId", locale, password_hash as "passwordHash" from users where username = :username`,
    { username },
  );
/** A name nobody has yet. */
const fresh = (): string => `u${randomUUID().slice(0, 12)}`;
const HEAD = 'username,name,role\n';

/** 用户 in GB 18030, and so on: as Excel in China saves CSV. */
const GBK: Readonly<Record<string, string>> = { 张: 'd5c5', 三: 'c8fd', 调: 'b5f7', 度: 'b6c8', 员: 'd4b1' };
const gbk = (text: string): Buffer =>
  Buffer.concat([...text].map((letter) => Buffer.from(GBK[letter] ?? Buffer.from(letter).toString('hex'), 'hex')));

describe('a file of people', () => {
  it('adds them, with the passwords it has and those made here, which sign in', async () => {
    const [one_, two, three] = [fresh(), fresh(), fresh()];
    const file = `username,name,role,station,password,locale\n${one_.toUpperCase()},Wang Fang,crew,east,,zh-CN\n${two}, 李伟 ,站长,,"a ""quoted"", password",\n${three},Sam,Shelter staff,${app.stations.east},,en\n`;
    const { status, body } = await send(file);
    expect([status, body]).toMatchObject([
      201,
      {
        dryRun: false,
        encoding: 'utf-8',
        items: [
          { line: 2, username: one_, name: 'Wang Fang', role: 'crew', stationId: app.stations.east },
          { line: 3, username: two, name: '李伟', role: 'manager' },
          { line: 4, username: three, name: 'Sam', role: 'shelter' },
        ],
      },
    ]);
    const [made, own, other] = body.items;
    expect(own).not.toHaveProperty('password');
    for (const each of [made, other]) expect(each?.password).toMatch(/^([a-hjkmnp-z2-9]{4}-){2}[a-hjkmnp-z2-9]{4}$/);
    expect(made?.password).not.toBe(other?.password);
    const stored = await person(one_);
    expect(stored).toMatchObject({ name: 'Wang Fang', role: 'crew', locale: 'zh-CN', stationId: app.stations.east });
    expect(await verifyPassword(stored.passwordHash, made?.password ?? '')).toBe(true);
    expect(await verifyPassword((await person(two)).passwordHash, 'a "quoted", password')).toBe(true);
    expect((await person(two)).locale).toBeNull();
    expect(
      (await app.east.admin.does(listUsers, { query: { limit: '500' } })).items.map((each) => each.username),
    ).toEqual(expect.arrayContaining([one_, two, three]));
  });

  it('leaves an audit row with ids and columns, and no name or password anywhere', async () => {
    const canary = `Canary ${randomUUID()}`;
    const username = fresh();
    const { body } = await send(`username,name,role,password\n${username},${canary},crew,the password ${canary}\n`);
    expect(body.items).toHaveLength(1);
    const audited = await row<{ ids: string[]; fields: string[]; all: string }>(
      app.database.knex,
      `select subject_ids as ids, fields, audit::text as all from audit where command = 'importUsers' order by at desc, id desc limit 1`,
    );
    const stored = await one<{ id: string }>(app.database.knex, `select id from users where username = :username`, {
      username,
    });
    expect(audited).toMatchObject({ ids: [stored.id], fields: ['username', 'name', 'role', 'password'] });
    for (const text of [audited?.all ?? canary, ...app.logged]) expect(text).not.toContain(canary);
    const keys = await rows(
      app.database.knex,
      `select key from idempotency_keys where cast(reply as text) like :like`,
      {
        like: `%${username}%`,
      },
    );
    expect(keys).toEqual([]);
  });

  it('is only judged in a dry run', async () => {
    const before = await count();
    const { status, body } = await send(`${HEAD}${fresh()},A,crew\n`, { query: '?dryRun=true' });
    expect([status, body.dryRun, body.items.length]).toEqual([200, true, 1]);
    expect(body.items[0]).not.toHaveProperty('password');
    expect(await count()).toBe(before);
    expect((await send(`${HEAD}${fresh()},A,king\n`, { query: '?dryRun=true' })).status).toBe(422);
    expect((await send(HEAD, { query: '?dryRun=yes' })).body.errors[0]).toMatchObject({ path: '/query/dryRun' });
  });

  it.each([
    ['UTF-8 with a byte order mark', 'utf-8', (text: string) => Buffer.from(`\uFEFF${text}`)],
    ['UTF-8 without', 'utf-8', (text: string) => Buffer.from(text)],
    ['UTF-16, small end first', 'utf-16le', (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le')],
    ['UTF-16, big end first', 'utf-16be', (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le').swap16()],
    ['GB 18030', 'gb18030', gbk],
    ['UTF-8 with Windows line ends', 'utf-8', (text: string) => Buffer.from(text.replaceAll('\n', '\r\n'))],
    ['UTF-16 with tabs', 'utf-16le', (text: string) => Buffer.from(`\uFEFF${text.replaceAll(',', '\t')}`, 'utf16le')],
    ['UTF-8 with semicolons', 'utf-8', (text: string) => Buffer.from(text.replaceAll(',', ';'))],
  ])('C3 is read in %s', async (_name, encoding, write) => {
    const username = fresh();
    const { status, body } = await send(write(`${HEAD}${username},张三,调度员\n\n,,\n`));
    expect([status, body.encoding, body.items[0]]).toMatchObject([
      201,
      encoding,
      { username, name: '张三', role: 'dispatcher' },
    ]);
  });

  it.each([
    ['UTF-16 without its mark', Buffer.from(`${HEAD}u,张三,crew\n`, 'utf16le')],
    ['a UTF-8 mark before GB 18030', Buffer.concat([Buffer.from('\uFEFF'), gbk(`${HEAD}u,张三,crew\n`)])],
    ['two marks', Buffer.concat([Buffer.from([0xff, 0xfe, 0xfe, 0xff]), Buffer.from(HEAD)])],
    ['half a letter of UTF-16', Buffer.concat([Buffer.from(`\uFEFF${HEAD}`, 'utf16le'), Buffer.from([0x41])])],
    ['a picture', Buffer.from('ffd8ffe000104a46494600010100000100010000ffdb', 'hex')],
    ['a NUL', Buffer.from(`${HEAD}u,a\u0000b,crew\n`)],
  ])('C3 is refused as %s', async (_name, bytes) => {
    const before = await count();
    const { status, body } = await send(bytes);
    expect([status, body]).toMatchObject([422, { code: 'invalid', errors: [{ path: '/encoding', code: 'encoding' }] }]);
    expect(await count()).toBe(before);
  });

  it.each(['=HYPERLINK("https://evil.tld","x")', '+1', '-1', '@SUM(1)', '\t=1', '＝1', '＠x'])(
    'C1 keeps the cell %j as text',
    async (name) => {
      const username = fresh();
      await send(`${HEAD}${username},"${name.replaceAll('"', '""')}",crew\n`);
      expect((await person(username)).name).toBe(name.trim());
    },
  );

  it.each([
    ['nothing at all', '', 'required', 'username'],
    ['no column for the role', 'username,name\nu,n\n', 'required', 'role'],
    ['a column twice', 'username,name,role,name\nu,n,crew,n\n', 'duplicate', 'name'],
    ['a column nobody knows', 'username,name,role,phone\nu,n,crew,1\n', 'unknown_field', 'phone'],
    ['__proto__', 'username,name,role,__proto__\nu,n,crew,1\n', 'unknown_field', '__proto__'],
    ['constructor', 'username,name,role,constructor\nu,n,crew,1\n', 'unknown_field', 'constructor'],
    ['a column without a name', 'username,name,role,\nu,n,crew,1\n', 'unknown_field', ''],
    ['no header', 'anna,Anna,crew\n', 'unknown_field', 'anna'],
    ['a quote that never ends', '"username,name,role\nu,n,crew\n', 'malformed', ''],
  ])('C4 is refused with %s', async (_name, file, code, named) => {
    const { status, body } = await send(file);
    expect([status, body.code]).toEqual([422, 'invalid']);
    expect(body.errors.every(({ path }) => path === '/header' || path.startsWith('/rows/'))).toBe(true);
    expect(body.errors.some((error) => error.code === code && error.message.includes(named))).toBe(true);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('tells of every line what is wrong with it, and adds nobody', async () => {
    const [taken, twice] = [fresh(), fresh()];
    await app.east.admin.does(createUser, {
      body: {
        id: randomUUID(),
        stationId: app.stations.east,
        username: taken,
        name: 'x',
        role: 'crew',
        password: 'a long enough password',
      },
    });
    for (const parentId of [app.stations.east, app.stations.east])
      await app.east.admin.does(createStation, { body: { id: randomUUID(), parentId, name: 'Two of them' } });
    const before = await count();
    const file = [
      'username,name,role,station,password,locale',
      `${fresh()},Right,crew,,,`,
      `${taken.toUpperCase()},Taken,crew,,,`,
      `${twice},First,crew,,,`,
      `${twice},Second,crew,,,`,
      ',No username,crew,,,',
      `${fresh()},,crew,,,`,
      `${fresh()},King,king,,,`,
      `${fresh()},Far,crew,west,,`,
      `${fresh()},Far by id,crew,${app.stations.west},,`,
      `${fresh()},Which,crew,Two of them,,`,
      `${fresh()},Short,crew,,short,`,
      `${fresh()},French,crew,,,fr`,
      `"${fresh()}","Of two\nlines",nobody,,,`,
      `${'x'.repeat(65)},Long,,,,`,
    ].join('\n');
    const { status, body } = await send(file);
    expect([status, body.code]).toEqual([422, 'invalid']);
    expect(body.errors.map(({ path, code }) => `${path} ${code}`)).toEqual([
      '/rows/3/username taken',
      '/rows/5/username duplicate',
      '/rows/6/username required',
      '/rows/7/name required',
      '/rows/8/role enum',
      '/rows/9/station not_found',
      '/rows/10/station not_found',
      '/rows/11/station ambiguous',
      '/rows/12/password range',
      '/rows/13/locale enum',
      '/rows/15/role enum',
      '/rows/16/username range',
      '/rows/16/role required',
    ]);
    expect(body.errors.find(({ code }) => code === 'duplicate')?.message).toContain('4');
    expect(await count()).toBe(before);
    // from above both stations are in reach
    const above = await send(`username,name,role,station\n${fresh()},Far,crew,west\n`, { by: app.root.admin });
    expect([above.status, above.body.items[0]?.stationId]).toEqual([201, app.stations.west]);
  });

  it('says which lines have too few or too many cells, or quotes that do not match', async () => {
    expect((await send(`${HEAD}a,b\nc,d,crew\ne,f,crew,g\n`)).body.errors).toMatchObject([
      { path: '/rows/2', code: 'columns' },
      { path: '/rows/4', code: 'columns' },
    ]);
    for (const line of ['a,"b,crew', 'a,b"c,crew', 'a,"b"c,crew', `a,${'x'.repeat(20_000)},crew`])
      expect((await send(`${HEAD}u,n,crew\n${line}\n`)).body.errors).toMatchObject([
        { path: '/rows/3', code: 'malformed' },
      ]);
    expect((await send(HEAD)).body.errors).toMatchObject([{ path: '/rows', code: 'required' }]);
  });

  it(`C5 lists ${String(MOST_FINDINGS)} findings at most, and refuses more than ${String(MOST_IMPORTED)} people or 1 MB`, async () => {
    const before = await count();
    const line = (n: number): string => `many${String(n)},Somebody,crew\n`;
    const lines = (n: number): string => HEAD + Array.from({ length: n }, (_, at) => line(at)).join('');
    const bad = await send(lines(1_000).replaceAll('crew', 'king'));
    expect([bad.status, bad.body.errors.length]).toEqual([422, MOST_FINDINGS]);
    // one bad line far down
    const one_ = await send(lines(999) + ',nobody,crew\n');
    expect(one_.body.errors).toMatchObject([{ path: '/rows/1001/username', code: 'required' }]);
    for (const file of [lines(1_001), lines(40_000), `${HEAD}${'\n'.repeat(1_000_001)}`])
      expect(await send(file)).toMatchObject({ status: 413, body: { code: 'too_large' } });
    expect((await send(lines(1_000), { query: '?dryRun=true' })).body.items).toHaveLength(1_000);
    expect(await count()).toBe(before);
  });

  it('judges a staff of a thousand, and adds a large one with one statement', async () => {
    const tag = fresh();
    const staffOf = (size: number): string =>
      HEAD + Array.from({ length: size }, (_, n) => `${tag}-${String(n)},Person ${String(n)},crew\n`).join('');
    const most = await send(staffOf(MOST_IMPORTED), { query: '?dryRun=true' });
    expect([most.status, most.body.items.length]).toEqual([200, MOST_IMPORTED]);
    // each new password costs a slow hash: enough people to overflow the list of findings
    const many = MOST_FINDINGS + 20;
    const { status, body } = await send(staffOf(many));
    expect([status, body.items.length]).toEqual([201, many]);
    expect(new Set(body.items.map(({ password }) => password)).size).toBe(many);
    const again = await send(staffOf(MOST_IMPORTED), { query: '?dryRun=true' });
    expect(again.body.errors.length).toBe(MOST_FINDINGS);
    expect(again.body.errors[0]).toMatchObject({ path: '/rows/2/username', code: 'taken' });
  });

  it('of two files with the same name adds one whole, and of the other nobody', async () => {
    const [shared, mine, yours] = [fresh(), fresh(), fresh()];
    const answers = await Promise.all([
      send(`${HEAD}${shared},A,crew\n${mine},A,crew\n`),
      send(`${HEAD}${yours},B,crew\n${shared},B,crew\n`, { by: app.root.admin }),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 422]);
    const lost = answers.find(({ status }) => status === 422);
    expect(lost?.body.errors).toMatchObject([{ code: 'taken' }]);
    const there = await rows(app.database.knex, `select id from users where username = any (cast(:names as text[]))`, {
      names: [shared, mine, yours],
    });
    expect(there).toHaveLength(2);
  });

  it('is sent as text/csv by an admin, and not by a page of another site', async () => {
    const file = `${HEAD}${fresh()},A,crew\n`;
    for (const type of [
      'application/json',
      'text/plain',
      'application/vnd.ms-excel',
      'multipart/form-data; boundary=x',
    ])
      expect(await send(file, { type })).toMatchObject({ status: 415, body: { code: 'unsupported_type' } });
    expect((await send(file, { type: 'Text/CSV; charset=gbk' })).body.encoding).toBe('utf-8');
    expect((await send(file, { by: app.east.manager })).status).toBe(403);
    expect((await send(file, { by: app.anyone })).status).toBe(401);
    const foreign = await app.east.admin.fetch('/api/users/import', {
      method: 'POST',
      body: file,
      headers: { 'content-type': 'text/csv', origin: 'https://evil.tld' },
    });
    expect(foreign.status).toBe(403);
    const packed = await app.east.admin.fetch('/api/users/import', {
      method: 'POST',
      body: 'not gzip',
      headers: { 'content-type': 'text/csv', 'content-encoding': 'gzip' },
    });
    expect(packed.status).toBe(400);
  });
});

describe('the reader of files', () => {
  const judged = (bytes: Uint8Array): void => {
    try {
      const { lines } = readPeopleFile(Buffer.from(bytes));
      expect(lines.length).toBeGreaterThan(0);
      for (const { cells } of lines) expect(Object.getPrototypeOf(cells)).toBe(Object.prototype);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      expect([413, 422]).toContain(error.status);
    }
  };

  it('reads anything at all or says what is wrong', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 2_000 }), judged), { numRuns: 300 });
    const cell = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.constantFrom(
        'username',
        'name',
        'role',
        'station',
        '__proto__',
        '"',
        '""',
        '\r',
        '\uFEFF',
        '=1',
        '',
        '"a\nb"',
      ),
    );
    const file = fc
      .array(fc.array(cell, { maxLength: 8 }), { maxLength: 20 })
      .chain((table) =>
        fc.constantFrom(',', ';', '\t').map((between) => table.map((line) => line.join(between)).join('\n')),
      );
    fc.assert(
      fc.property(file, fc.constantFrom('', HEAD), (text, head) => {
        judged(Buffer.from(head + text));
        judged(Buffer.from(`\uFEFF${head}${text}`, 'utf16le'));
      }),
      { numRuns: 300 },
    );
  });
});
