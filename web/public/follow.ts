/** The reporter's page keeps itself up to date, takes answers, and sends the photos that are still on this phone. */
import '../ui/tokens.css';
import './public.css';
import { followSteps } from '../../shared/follow.ts';
import type { FollowRow } from '../../shared/sightings.ts';
import { openOutbox } from './outbox.ts';
import { find, make, onDo, pageData, type PageData, showScripted, worder } from './page.ts';
import { startQuestion } from './question.ts';

interface FollowData extends PageData {
  zone: string;
  status: string;
  questionId: string | null;
}
const EVERY_MS = 30_000;
const SLOWEST_MS = 10 * 60_000;

const data = pageData<FollowData>();
const word = worder(data.words);
const token = /^\/follow\/([\w-]{43})$/.exec(location.pathname)?.[1];
if (token !== undefined && find('.steps')) start(token);

function draw(row: FollowRow): void {
  const format = new Intl.DateTimeFormat(data.locale, { dateStyle: 'medium', timeStyle: 'short', timeZone: data.zone });
  const items = followSteps(row).map(({ name, state, at }) => {
    const item = make('li', state, make('b', '', word(`follow.status.${name}`)));
    if (state === 'now') item.setAttribute('aria-current', 'step');
    if (at !== null) {
      const time = make('time', '', format.format(new Date(at)));
      time.dateTime = at;
      item.append(time);
    }
    item.append(make('span', 'unseen', word(`follow.${state}`)));
    return item;
  });
  find('.steps')?.replaceChildren(...items);
}

function start(token: string): void {
  showScripted();
  const watch = find('#watch');
  let waitMs = EVERY_MS;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let shown = '';
  const drawQuestion = startQuestion(token, data.questionId, word, (row) => {
    shown = JSON.stringify(row);
    draw(row);
    drawQuestion(row);
  });
  const say = (text: string): void => {
    // spoken only when it changes
    if (watch && watch.textContent !== text) watch.textContent = text;
  };
  const look = async (): Promise<void> => {
    clearTimeout(timer);
    try {
      const response = await fetch(`/api/follow/${token}`, {
        headers: { accept: 'application/json' },
        cache: 'no-store',
      });
      if (!response.ok) throw new Error('no answer');
      const row = (await response.json()) as FollowRow;
      const text = JSON.stringify(row);
      // nothing new: look less often, the end is the end
      waitMs = text === shown ? Math.min(SLOWEST_MS, waitMs * (row.status === 'closed' ? 4 : 1.25)) : EVERY_MS;
      if (text !== shown) draw(row);
      const asked = drawQuestion(row);
      if (asked) say(word('follow.question'));
      else if (row.status !== data.status) say(word(`follow.status.${row.status}`));
      else say(word('follow.watching'));
      data.status = row.status;
      shown = text;
    } catch {
      say(word('follow.offline'));
      waitMs = Math.min(SLOWEST_MS, waitMs * 2);
    }
    if (document.visibilityState === 'visible') timer = setTimeout(() => void look(), waitMs);
  };
  const soon = (): void => {
    if (document.visibilityState !== 'visible') return;
    waitMs = EVERY_MS;
    clearTimeout(timer);
    timer = setTimeout(() => void look(), 1_000);
  };
  document.addEventListener('visibilitychange', soon);
  window.addEventListener('online', soon);
  timer = setTimeout(() => void look(), EVERY_MS);

  onDo('copy', () => {
    const done = find('.copied');
    const url = location.origin + location.pathname;
    const say = (): void => {
      if (done) done.textContent = word('follow.copied');
    };
    if ('clipboard' in navigator)
      navigator.clipboard.writeText(url).then(say, () => {
        window.prompt('', url);
      });
    else window.prompt('', url);
  });
  void sendPhotos();
}

async function sendPhotos(): Promise<void> {
  const line = find('.photos-status');
  const outbox = await openOutbox(() => {
    drawLine();
  });
  const drawLine = (): void => {
    if (!line) return;
    const mine = outbox.items().find(({ followUpUrl }) => followUpUrl === location.pathname);
    const text = !mine
      ? ''
      : mine.photos.length > 0
        ? word('report.outbox.photos', { count: mine.photos.length })
        : mine.lostPhotos > 0
          ? word('report.outbox.photo_lost')
          : '';
    line.hidden = text === '';
    if (line.textContent !== text) line.textContent = text;
  };
  drawLine();
  await outbox.flush();
}
