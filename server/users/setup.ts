/** The first start on an empty database: a link that works once makes the root station and the first administrator. */
import { createHmac, randomUUID } from 'node:crypto';
import { row, rows } from '../db/rows.ts';
import { SESSION_COOKIE } from '../http/cookies.ts';
import { document, html, type Html, sendPage } from '../http/html.ts';
import type { Page, PageContext } from '../http/route.ts';
import { runCommand, type Service } from '../realtime/command.ts';
import { record } from '../realtime/record.ts';
import { insertStation } from '../stations/commands.ts';
import { emergencyNumbers, rootStation, stationById } from '../stations/queries.ts';
import { enrolmentOf, stepOf } from './authenticator.ts';
import { placeFactor } from './commands-factor.ts';
import { insertUser, openSession, sessionCookie } from './commands.ts';
import { hashSecret, newSecret } from './passwords.ts';
import { type Answers, blankAnswers, type Given, judge, readAnswers, setupForm, type Wrong } from './setup-form.ts';

const NAME = 'setup.token';
const ENTRY = 'web/public/setup.ts';

type Request = Parameters<Page['handle']>[1];
type Response = Parameters<Page['handle']>[2];

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

/** The authenticator's key of a link: made from it, so that a reload shows the same one and nothing is stored before. */
const keyOf = (service: Service, token: string): Buffer =>
  createHmac('sha256', service.followKey).update(`setup totp ${token}`).digest().subarray(0, 20);

async function isOpen(page: PageContext, token: string): Promise<boolean> {
  const found = await row(
    page.service.database.knex,
    `select name from secrets where name = :name and value = :value`,
    {
      name: NAME,
      value: hashSecret(token),
    },
  );
  return found !== undefined;
}

interface Made {
  recoveryCodes: string[];
  /** for the cookie */
  secret: string;
}

/** Makes all of it in one transaction, or answers null when another was first. */
function setUp(service: Service, token: string, given: Given, key: Buffer, step: number): Promise<Made | null> {
  return runCommand(service, { kind: 'public' }, { command: 'setUp', subjectIds: [], fields: [] }, async (ctx) => {
    // Whoever deletes the row is the one who set it up.
    const [mine] = await rows(ctx.db, `delete from secrets where name = :name and value = :value returning name`, {
      name: NAME,
      value: hashSecret(token),
    });
    if (!mine) return null;
    const [stationId, userId] = [randomUUID(), randomUUID()];
    const { station: name, zone, locale, username, password } = given;
    await insertStation(ctx, { id: stationId, parent: null, name, timeZone: zone, locale });
    await rows(
      ctx.db,
      `insert into rules (key, station_id, value, unit, source)
       select key, cast(:stationId as uuid), cast(:value as jsonb), unit, 'Set by the station' from rules
       where key = 'emergency.numbers' and station_id is null and value <> cast(:value as jsonb)`,
      { stationId, value: JSON.stringify(given.numbers) },
    );
    const person = { username, password, name: given.name, role: 'admin', shelterId: null, locale };
    await insertUser(ctx, { id: userId, stationId, ...person });
    const recoveryCodes = await placeFactor(ctx, userId, key, step);
    const { secret } = await openSession(ctx, userId);
    const station = await stationById(ctx.db, stationId);
    if (station) record(ctx, { type: 'station.created', stationId, rows: { stations: [station] } });
    return { recoveryCodes, secret };
  });
}

/** Every page under the link; `again` is the address of the page in the other language, if it can be had again. */
async function show(
  page: PageContext,
  res: Response,
  { status, title, body, again }: { status: number; title: string; body: Html; again: string | null },
): Promise<void> {
  const numbers = await emergencyNumbers(page.service.database.knex);
  const language = again === null ? null : { link: again };
  sendPage(res, status, document(page, { title, entry: ENTRY, numbers, body, language }), 'secret form');
}

/** What newSecret() makes; anything else was never a link. */
const SECRET = /^[\w-]{43}$/;

/** Says plainly that the link is of no use: 410 once the service is set up, 404 for one that never was, or is not the newest. */
async function showGone(page: PageContext, token: string, res: Response): Promise<void> {
  const { t } = page;
  const used = SECRET.test(token) && (await rootStation(page.service.database.knex)) !== undefined;
  const kind = used ? 'used' : 'unknown';
  const body = html`<h1>${t(`setup.${kind}.title`)}</h1>
    <p class="lead">${t(`setup.${kind}.text`)}</p>
    ${used && html`<p class="go"><a class="main" href="/admin">${t('session.sign_in')}</a></p>`}`;
  await show(page, res, { status: used ? 410 : 404, title: t(`setup.${kind}.title`), body, again: '/setup/-' });
}

async function showCodes(page: PageContext, res: Response, codes: readonly string[], secure: boolean): Promise<void> {
  const { t } = page;
  const body = html`<h1>${t(secure ? 'setup.done' : 'setup.done_insecure')}</h1>
    <h2>${t('factor.codes')}</h2>
    <p class="lead">${t('factor.codes.about')}</p>
    <ol class="recovery" id="codes">
      ${codes.map((code) => html`<li><code>${code}</code></li>`)}
    </ol>
    <p class="ways" data-script hidden>
      <button class="second" type="button" data-do="copy">${t('factor.copy')}</button>
      <button class="second" type="button" data-do="print">${t('factor.print')}</button>
      <span class="copied" role="status" data-words="${t('factor.copied')}"></span>
    </p>
    ${!secure && html`<p class="notice">${t('setup.insecure')}</p>`}
    <p class="go"><a class="main" href="/admin">${t('setup.go_on')}</a></p>`;
  await show(page, res, { status: 200, title: t('factor.codes'), body, again: null });
}

/** `secureEnough` says whether this origin can keep a session safe; see http/cookies.ts. */
export function setupPages(secureEnough: (req: Request) => boolean): Page[] {
  const showForm = async (
    page: PageContext,
    req: Request,
    res: Response,
    status: number,
    answers: Answers,
    wrong: readonly Wrong[],
  ): Promise<void> => {
    const { t, service } = page;
    const token = String(req.params['token']);
    const again = `/setup/${token}`;
    const account = { station: answers.station || t('app.name'), username: answers.username || t('role.admin') };
    const enrolment = await enrolmentOf(keyOf(service, token), account);
    const body = setupForm({ page, action: again, answers, wrong, enrolment, secure: secureEnough(req) });
    const title = `${wrong.length > 0 ? `${t('report.error.prefix')} ` : ''}${t('setup.title')}`;
    await show(page, res, { status, title, body, again });
  };
  return [
    {
      method: 'GET',
      path: '/setup/:token',
      handle: async (page, req, res) => {
        const token = String(req.params['token']);
        if (!(await isOpen(page, token))) {
          await showGone(page, token, res);
          return;
        }
        const numbers = await emergencyNumbers(page.service.database.knex);
        await showForm(page, req, res, 200, blankAnswers(page.locale, numbers), []);
      },
    },
    {
      method: 'POST',
      path: '/setup/:token',
      handle: async (page, req, res) => {
        const token = String(req.params['token']);
        if (!(await isOpen(page, token))) {
          await showGone(page, token, res);
          return;
        }
        const answers = readAnswers(req.body);
        const judged = judge(answers);
        if ('wrong' in judged) {
          await showForm(page, req, res, 422, answers, judged.wrong);
          return;
        }
        const key = keyOf(page.service, token);
        const step = stepOf(key, judged.given.totp, page.service.now());
        if (step === null) {
          await showForm(page, req, res, 422, answers, [{ field: 'totp', why: 'totp_wrong' }]);
          return;
        }
        const made = await setUp(page.service, token, judged.given, key, step);
        if (!made) {
          await showGone(page, token, res);
          return;
        }
        const secure = secureEnough(req);
        if (secure) res.cookie(SESSION_COOKIE, made.secret, sessionCookie);
        await showCodes(page, res, made.recoveryCodes, secure);
      },
    },
  ];
}
