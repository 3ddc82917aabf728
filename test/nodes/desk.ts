/** A desk as the browser keeps it, through any loss of its line: the browser's own fold, pauses and catch-up. */
import { io, type Socket } from 'socket.io-client';
import type { Change, Changes, ServerEvents } from '../../shared/events.ts';
import { fromSnapshot, type State } from '../../shared/state.ts';
import { reconnecting, takeChanges } from '../../web/live/feed.ts';
import type { Person } from '../kit/people.ts';

export interface Desk {
  person: Person;
  state: State;
  news: Change[];
  /** how often the line was opened */
  opened: number;
  resets: number;
  close(): void;
}

const desks = new Set<Desk>();
export function closeDesks(): void {
  for (const desk of desks) desk.close();
  desks.clear();
}

/** `url` is where the person's own calls go too. */
export async function openDesk(url: string, person: Person): Promise<Desk> {
  const socket: Socket<ServerEvents> = io(url, {
    transports: ['websocket'],
    forceNew: true,
    autoConnect: false,
    ...reconnecting,
    auth: (send: (data: object) => void) => send({ since: desk.state.seq }),
    extraHeaders: { cookie: person.cookie ?? '' },
  });
  const desk: Desk = {
    person,
    state: fromSnapshot(await person.snapshot()),
    news: [],
    opened: 0,
    resets: 0,
    close: () => socket.disconnect(),
  };
  desks.add(desk);
  let closing: Promise<void> = Promise.resolve();
  const take = (message: Changes): void => {
    const step = takeChanges(desk.state, message);
    // a line that breaks meanwhile is opened again, and brings the rest
    if (step.kind === 'gap') closing = closing.then(() => closeGap(step.wanted)).catch(() => undefined);
    else if (step.kind === 'moved') {
      desk.state = step.state;
      desk.news.push(...step.news);
    }
  };
  const closeGap = async (wanted: number): Promise<void> => {
    if (desk.state.seq >= wanted) return;
    const response = await person.fetch(`/api/changes?since=${String(desk.state.seq)}`);
    if (response.status !== 200) throw new Error(`changes: ${String(response.status)}`);
    take((await response.json()) as Changes);
  };
  socket.on('changes', take);
  socket.on('reset', () => {
    desk.resets += 1;
  });
  await new Promise<void>((resolve) => {
    socket.on('connect', () => {
      desk.opened += 1;
      resolve();
    });
    socket.connect();
  });
  return desk;
}

/** The socket of a system that signs in with a token. */
export function openFeed(url: string, token: string): Promise<Socket<ServerEvents>> {
  const socket: Socket<ServerEvents> = io(url, {
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
    auth: { token },
  });
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve(socket));
    socket.once('connect_error', reject);
  });
}
