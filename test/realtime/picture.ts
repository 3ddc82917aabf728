/** A client's picture kept up as the browser keeps it: snapshot, socket messages, and the changes between when one was missed. */
import type { Change, Changes } from '../../shared/events.ts';
import { fromSnapshot, type State } from '../../shared/state.ts';
import { takeChanges } from '../../web/live/feed.ts';
import type { Ear, Person } from '../kit/people.ts';

export interface Picture {
  ear: Ear;
  state: State;
  /** every change folded in, in order */
  news: Change[];
  /** how often the socket alone was not enough */
  gaps: number;
  /** resolves when the picture has reached `seq` */
  reached(seq: number): Promise<void>;
}

/** Starts from a snapshot and follows a socket opened afterwards: what came between is the catch-up's to bring. */
export async function follow(person: Person, from?: State): Promise<Picture> {
  const state = from ?? fromSnapshot(await person.snapshot());
  const ear = await person.listen(state.seq);
  let taken = 0;
  const picture: Picture = {
    ear,
    state,
    news: [],
    gaps: 0,
    async reached(seq) {
      while (picture.state.seq < seq) {
        await ear.until(() => ear.heard.length > taken);
        for (const message of ear.heard.slice(taken)) {
          taken += 1;
          await take(message);
        }
      }
    },
  };
  const take = async (message: Changes): Promise<void> => {
    const step = takeChanges(picture.state, message);
    if (step.kind === 'gap') {
      picture.gaps += 1;
      const response = await person.fetch(`/api/changes?since=${String(step.since)}`);
      if (response.status !== 200) throw new Error(`changes: ${String(response.status)}`);
      await take((await response.json()) as Changes);
    } else if (step.kind === 'moved') {
      picture.state = step.state;
      picture.news.push(...step.news);
    }
  };
  return picture;
}

/** Tables without the seq they stand at, to compare pictures. */
export const tablesOf = ({ seq: _seq, ...tables }: State): Omit<State, 'seq'> => tables;
