/** The first start on an empty database: a link that works once makes the root station and the first administrator. */
import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import { text } from '../../shared/ids.ts';
import { localeNames, timeZone } from '../../shared/stations.ts';
import { Problem } from '../../shared/problems.ts';
import { rows } from '../db/rows.ts';
import { document, html, sendPage } from '../http/html.ts';
import type { Page, PageContext } from '../http/route.ts';
import { runCommand, type Service } from '../realtime/command.ts';
import { record } from '../realtime/record.ts';
import { insertStation } from '../stations/commands.ts';
import { emergencyNumbers, rootStation, stationById } from '../stations/queries.ts';
import { insertUser } from './commands.ts';
import { hashSecret, newSecret } from './passwords.ts';

const NAME = 'setup.token';

/** The path of a fresh set-up link, or null when a root station is there already. An older link stops working. */
export async function offerSetup(service: Service): Promise<string | null> {
  const db = service.database.knex;
  if (await rootStation(db)) return null;
  const secret = newSecret();
  await rows(
    db,
    `insert into secrets (name, value) values (:name, :value) on conflict (name) do update set value = excluded.value`,
    { name: NAME, value: hashSecret(secret) },
  );
  return `/setup/${secret}`;
}

const form = z.object({
  station: text(200),
  zone: timeZone,
  locale: z.enum(localeNames),
  username: z.string().check(z.trim(), z.toLowerCase(), z.regex(/^[\w.@-]{1,64}$/)),
  name: text(100),
  password: z.string().check(z.minLength(10), z.maxLength(256)),
});

async function render(page: PageContext, token: string, failed: boolean): Promise<ReturnType<typeof document>> {
  const { t } = page;
  const field = (name: string, type: string, value = ''): ReturnType<typeof html> =>
    html`<p class="field">
      <label for="${name}">${t(`setup.${name}`)}</label
      ><input id="${name}" name="${name}" type="${type}" value="${value}" required autocomplete="off" />
    </p>`;
  const body = html`<h1>${t('setup.title')}</h1>
    <p>${t('setup.lead')}</p>
    ${failed && html`<p class="error" role="alert">${t('setup.wrong')}</p>`}
    <form method="post" action="/setup/${token}">
      ${field('station', 'text')}${field('zone', 'text', 'Asia/Shanghai')}
      <p class="field">
        <label for="locale">${t('setup.locale')}</label
        ><select id="locale" name="locale">
          <option value="zh-CN">中文</option>
          <option value="en">English</option>
        </select>
      </p>
      ${field('username', 'text')}${field('name', 'text')}${field('password', 'password')}
      <p><button class="primary" type="submit">${t('setup.submit')}</button></p>
    </form>`;
  const numbers = await emergencyNumbers(page.service.database.knex);
  return document(page, {
    title: t('setup.title'),
    entry: 'web/public/report.ts',
    numbers,
    body,
    language: { link: `/setup/${token}` },
  });
}

async function valid(page: PageContext, token: string): Promise<void> {
  const found = await rows(
    page.service.database.knex,
    `select name from secrets where name = :name and value = :value`,
    { name: NAME, value: hashSecret(token) },
  );
  if (found.length === 0) throw new Problem('not_found');
}

async function setUp(service: Service, token: string, given: z.infer<typeof form>): Promise<void> {
  await runCommand(service, { kind: 'public' }, { command: 'setUp', subjectIds: [], fields: [] }, async (ctx) => {
    // Whoever deletes the row is the one who set it up.
    const [mine] = await rows(ctx.db, `delete from secrets where name = :name and value = :value returning name`, {
      name: NAME,
      value: hashSecret(token),
    });
    if (!mine) throw new Problem('not_found');
    const id = randomUUID();
    await insertStation(ctx, { id, parent: null, name: given.station, timeZone: given.zone, locale: given.locale });
    await insertUser(ctx, {
      id: randomUUID(),
      stationId: id,
      username: given.username,
      name: given.name,
      role: 'admin',
      password: given.password,
      shelterId: null,
      locale: given.locale,
    });
    const station = await stationById(ctx.db, id);
    if (station) record(ctx, { type: 'station.created', stationId: id, rows: { stations: [station] } });
  });
}

export const setupPages: Page[] = [
  {
    method: 'GET',
    path: '/setup/:token',
    handle: async (page, req, res) => {
      const token = String(req.params['token']);
      await valid(page, token);
      sendPage(res, 200, await render(page, token, false), true);
    },
  },
  {
    method: 'POST',
    path: '/setup/:token',
    handle: async (page, req, res) => {
      const token = String(req.params['token']);
      await valid(page, token);
      const parsed = form.safeParse(req.body);
      if (!parsed.success) {
        sendPage(res, 422, await render(page, token, true), true);
        return;
      }
      await setUp(page.service, token, parsed.data);
      res.redirect(303, '/desk');
    },
  },
];
