/** The public pages of a report: the form, an informant's short way to it, and the page where it is followed. */
import type { Request, Response } from 'express';
import type { InformantRow } from '../../shared/informants.ts';
import { Problem } from '../../shared/problems.ts';
import { document, sendPage } from '../http/html.ts';
import type { Page, PageContext } from '../http/route.ts';
import { informantByCode } from '../informants/queries.ts';
import { areasOf, emergencyNumbers, rootStation, ruleAt } from '../stations/queries.ts';
import { followPages, missingPage } from './follow-page.ts';
import { reportSighting } from './intake.ts';
import {
  type Answers,
  blankAnswers,
  isStep,
  readAnswers,
  type Step,
  steps,
  toBody,
  type Wrong,
  wrongFields,
} from './report-form.ts';
import { reportForm, type ReportView } from './report-steps.ts';

/** Signs at which the page asks to call for an ambulance: the same rule that makes an incident a risk to life. */
async function dangerSigns(page: PageContext): Promise<readonly string[]> {
  const db = page.service.database.knex;
  const root = await rootStation(db);
  return root ? (((await ruleAt(db, 'signs.life_risk', root.id)) as string[] | null) ?? []) : [];
}

/** The informant of a code, or null when there is none or it is no longer in use. */
async function activeInformant(page: PageContext, code: string): Promise<InformantRow | null> {
  if (!/^[A-Za-z0-9-]{4,32}$/.test(code)) return null;
  const found = await informantByCode(page.service.database.knex, code.toUpperCase());
  return found?.active === true ? found : null;
}

type Shown = Pick<ReportView, 'step' | 'answers' | 'informant'> & Partial<Pick<ReportView, 'wrong' | 'notice'>>;

async function showForm(page: PageContext, res: Response, status: number, shown: Shown): Promise<void> {
  const [numbers, danger] = await Promise.all([emergencyNumbers(page.service.database.knex), dangerSigns(page)]);
  const view = { wrong: [], ...shown, page, numbers, danger };
  const error = view.wrong.length > 0 ? `${page.t('report.error.prefix')} ` : '';
  const title = `${error}${page.t(`report.${shown.step}.title`)}`;
  const language = { form: 'report', action: '/report' };
  sendPage(
    res,
    status,
    document(page, { title, entry: 'web/public/report.ts', numbers, body: reportForm(view), language, here: 'report' }),
  );
}

/** The step after or before; an informant's way leaves out what is optional. */
function neighbour(step: Step, by: 1 | -1, short: boolean): Step {
  const way = short ? steps.filter((each) => each !== 'more' || step === 'more') : steps;
  return way[way.indexOf(step) + by] ?? step;
}

const countPeople = (text: string, by: 1 | -1): string =>
  String(Math.min(99, Math.max(1, (Number.parseInt(text, 10) || 1) + by)));

/** Where a button leads: another step, the same one changed, or its errors. Sending is not decided here. */
function turn(
  answers: Answers,
  step: Step,
  go: string,
  informant: InformantRow | null,
): Pick<Shown, 'step' | 'answers' | 'wrong'> {
  if (go === 'people+' || go === 'people-')
    return { step, answers: { ...answers, people: countPeople(answers.people, go === 'people+' ? 1 : -1) } };
  const edit = go.startsWith('edit:') ? go.slice(5) : '';
  if (isStep(edit)) return { step: edit, answers };
  const short = informant !== null;
  if (go === 'back') return { step: neighbour(step, -1, short), answers };
  if (go !== 'next') return { step, answers };
  const made = toBody(answers, informant);
  const wrong = 'wrong' in made ? made.wrong.filter((each) => each.step === step) : [];
  return wrong.length > 0 ? { step, answers, wrong } : { step: neighbour(step, 1, short), answers };
}

/** What the form says when the report was not taken; throws what is no fault of the answers. */
function refusal(
  problem: unknown,
  answers: Answers,
): { status: number } & Pick<Shown, 'step' | 'answers' | 'wrong' | 'notice'> {
  if (!(problem instanceof Problem)) throw problem;
  const { status } = problem;
  switch (problem.code) {
    case 'key_reuse':
      // the browser's way back to a form that was sent, and another answer: that is another report, if it is meant
      return { status, step: 'check', answers: { ...answers, id: blankAnswers().id }, notice: 'sent_before' };
    case 'too_many':
      return { status, step: 'check', answers, notice: 'busy' };
    case 'unavailable':
      return { status, step: 'check', answers, notice: 'again' };
    default: {
      if (status !== 422) throw problem;
      const wrong = wrongFields(problem.errors);
      return { status, step: wrong[0]?.step ?? 'check', answers, wrong };
    }
  }
}

async function send(page: PageContext, res: Response, answers: Answers, informant: InformantRow | null): Promise<void> {
  const made = toBody(answers, informant);
  if ('wrong' in made) {
    await showForm(page, res, 422, { step: firstStep(made.wrong), answers, informant, wrong: made.wrong });
    return;
  }
  try {
    const { body } = await reportSighting(page.service, page.actor, made.body);
    res.redirect(303, `${body.followUpUrl}?new=1`);
  } catch (problem) {
    const { status, ...shown } = refusal(problem, answers);
    await showForm(page, res, status, { ...shown, informant });
  }
}

const firstStep = (wrong: readonly Wrong[]): Step =>
  steps.find((step) => wrong.some((each) => each.step === step)) ?? 'check';
const posted = (req: Request, name: string): string => {
  const value = (req.body as Record<string, unknown> | undefined)?.[name];
  return typeof value === 'string' ? value : '';
};

const newReport: Page['handle'] = (page, _req, res) =>
  showForm(page, res, 200, { step: 'where', answers: blankAnswers(), informant: null });

/** Public pages around a sighting. */
export const sightingPages: Page[] = [
  { method: 'GET', path: '/report', notices: true, handle: newReport },
  {
    method: 'POST',
    path: '/report',
    notices: true,
    handle: async (page, req, res) => {
      const answers = readAnswers(req.body);
      // a code that is no longer in use takes nothing from the report but its mark
      const informant = answers.code === '' ? null : await activeInformant(page, answers.code);
      const step = posted(req, 'step');
      const go = posted(req, 'go');
      if (go === 'send') await send(page, res, answers, informant);
      else
        await showForm(page, res, 200, { informant, ...turn(answers, isStep(step) ? step : 'where', go, informant) });
    },
  },
  {
    method: 'GET',
    path: '/r/:code',
    notices: true,
    handle: async (page, req, res) => {
      const informant = await activeInformant(page, String(req.params['code']));
      if (!informant) {
        await missingPage(page, res, 'informant', '/report');
        return;
      }
      const answers = blankAnswers(informant);
      const step = answers.placeText === '' && answers.lon === '' ? 'where' : 'saw';
      await showForm(page, res, 200, { step, answers, informant });
    },
  },
  {
    // for the map of the form, which is loaded only when asked for; outlines of districts are no secret
    method: 'GET',
    path: '/report/outlines',
    handle: async (page, _req, res) => {
      const db = page.service.database.knex;
      const root = await rootStation(db);
      const areas = root ? await areasOf(db, root.id) : [];
      res.set('cache-control', 'public, max-age=3600');
      res.json({ items: areas.map(({ id, name, outline }) => ({ id, name, geometry: outline })) });
    },
  },
  ...followPages,
];
