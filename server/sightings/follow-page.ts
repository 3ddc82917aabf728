/** The reporter's own page: how far their report has come, without an account and without a word about the person. */
import { type FollowStep, followSteps } from '../../shared/follow.ts';
import { type FollowRow, followStatuses } from '../../shared/sightings.ts';
import { row } from '../db/rows.ts';
import { callLinks, dataBlock, document, type EmergencyNumber, html, type Html, sendPage } from '../http/html.ts';
import type { Page, PageContext } from '../http/route.ts';
import { emergencyNumbers } from '../stations/queries.ts';
import { type AnswerNote, answerNotes, type Draft, noDraft, questionSection, takeAnswer } from './follow-question.ts';
import { sightingIdOfToken } from './follow-token.ts';
import { readFollowByToken } from './queries.ts';

const ENTRY = 'web/public/follow.ts';

/** The clock on the wall of the station that has the report. */
async function zoneOf(page: PageContext, token: string): Promise<string> {
  const { database, followKey } = page.service;
  const found = await row<{ zone: string }>(
    database.knex,
    `select stations.time_zone as zone from sightings join stations on stations.id = sightings.station_id where sightings.id = :id`,
    { id: sightingIdOfToken(followKey, token) },
  );
  return found?.zone ?? 'UTC';
}

function stepItem(page: PageContext, step: FollowStep, format: Intl.DateTimeFormat): Html {
  const { t } = page;
  const time = step.at !== null && html`<time datetime="${step.at}">${format.format(new Date(step.at))}</time>`;
  return html`<li class="${step.state}" ${step.state === 'now' && html` aria-current="step"`}>
    <b>${t(`follow.status.${step.name}`)}</b>${time}<span class="unseen">${t(`follow.${step.state}`)}</span>
  </li>`;
}

/** Words for the script, which draws the same list when there is news. */
const wordsOf = ({ t }: PageContext): Record<string, string> =>
  Object.fromEntries(
    [
      'question.still_there',
      'report.answer.unknown',
      ...answerNotes.map((note) => `follow.answer.${note}`),
      ...['follow.answer.offline', 'follow.question'],
      ...[...followStatuses, 'outcome'].map((name) => `follow.status.${name}`),
      ...['done', 'now', 'ahead', 'watching', 'offline', 'copied'].map((name) => `follow.${name}`),
      ...['waiting', 'sending', 'photos', 'photo_lost'].map((name) => `report.outbox.${name}`),
    ].map((key) => [key, t(key)]),
  );

function followBody(
  page: PageContext,
  found: FollowRow,
  at: {
    path: string;
    isNew: boolean;
    zone: string;
    numbers: readonly EmergencyNumber[];
    note: AnswerNote | null;
    draft: Draft;
  },
): Html {
  const { t, locale } = page;
  const format = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short', timeZone: at.zone });
  return html`${
      at.isNew &&
      html`<div class="thanks" role="status">
        <p><strong>${t('follow.thanks')}</strong></p>
        <p>${t('follow.next')}</p>
      </div>`
    }
    <h1>${t('follow.title')} <span class="code">${found.code}</span></h1>
    <p class="photos-status" role="status" hidden></p>
    ${questionSection(page, found, at)}
    <ol class="steps">
      ${followSteps(found).map((step) => stepItem(page, step, format))}
    </ol>
    <p class="hint" id="watch" role="status" data-script hidden>${t('follow.watching')}</p>
    <p><a class="second button" href="${at.path}">${t('follow.refresh')}</a></p>
    <section class="keep">
      <h2>${t('follow.keep')}</h2>
      <p>${t('follow.keep.why')}</p>
      <p data-script hidden>
        <button class="second" type="button" data-do="copy">${t('follow.copy')}</button>
        <span role="status" class="copied"></span>
      </p>
    </section>
    <section class="changed">
      <h2>${t('follow.changed')}</h2>
      <p>${t('follow.changed.how')}</p>
      ${callLinks(page, at.numbers)}
      <ul class="links">
        <li><a href="/report">${t('follow.report_again')}</a></li>
        <li><a href="/shelters">${t('follow.shelters')}</a></li>
      </ul>
    </section>
    ${dataBlock('page-data', { words: wordsOf(page), zone: at.zone, locale, status: found.status, questionId: found.questionId })}`;
}

/** A page that says there is nothing here, with the way to report all the same. */
export async function missingPage(
  page: PageContext,
  res: Parameters<Page['handle']>[2],
  kind: 'follow' | 'informant',
  path: string,
): Promise<void> {
  const { t } = page;
  const numbers = await emergencyNumbers(page.service.database.knex);
  const body = html`<h1>${t(`missing.${kind}.title`)}</h1>
    <p>${t(`missing.${kind}.text`)}</p>
    <p><a class="main button" href="/report">${t('missing.report')}</a></p>`;
  sendPage(
    res,
    404,
    document(page, { title: t(`missing.${kind}.title`), entry: ENTRY, numbers, body, language: { link: path } }),
    true,
  );
}

async function showFollow(
  page: PageContext,
  req: Parameters<Page['handle']>[1],
  res: Parameters<Page['handle']>[2],
  said: { status: number; note: AnswerNote | null; draft: Draft },
): Promise<void> {
  const token = String(req.params['token']);
  const { database, followKey } = page.service;
  const found = await readFollowByToken(database.knex, followKey, token, page.t);
  if (!found) {
    await missingPage(page, res, 'follow', '/follow/-');
    return;
  }
  const [zone, numbers] = await Promise.all([zoneOf(page, token), emergencyNumbers(database.knex)]);
  const path = `/follow/${token}`;
  const body = followBody(page, found, { path, isNew: req.query['new'] === '1', zone, numbers, ...said });
  const title = `${page.t('follow.title')} ${found.code}`;
  const content = document(page, { title, entry: ENTRY, numbers, body, language: { link: path } });
  sendPage(res, said.status, content, found.question === null ? true : 'secret form');
}

/** The page of a secret link, and the form on it. */
export const followPages: Page[] = [
  {
    method: 'GET',
    path: '/follow/:token',
    notices: true,
    handle: (page, req, res) =>
      showFollow(page, req, res, {
        status: 200,
        note: req.query['answered'] === '1' ? 'thanks' : null,
        draft: noDraft,
      }),
  },
  {
    method: 'POST',
    path: '/follow/:token/answer',
    handle: async (page, req, res) => {
      const token = String(req.params['token']);
      if (sightingIdOfToken(page.service.followKey, token) === null) {
        await missingPage(page, res, 'follow', '/follow/-');
        return;
      }
      const said = await takeAnswer(page, token, req.body);
      if (said.note === 'thanks') res.redirect(303, `/follow/${token}?answered=1`);
      else await showFollow(page, req, res, said);
    },
  },
];
