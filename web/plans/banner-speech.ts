/** The banner's words in the page's language and time zone. */
import type { State } from '../../shared/state.ts';
import { boot } from '../ui/boot.ts';
import { duration, moment } from '../ui/format.ts';
import { t } from '../ui/words.ts';
import type { PlanLine } from './banner.ts';
import { type BannerWords, bannerWords } from './banner-words.ts';
import { whyWords } from './why.ts';

const nameOf = (userId: string, shifts: State['shifts']): string | null =>
  userId === boot.session?.user.id
    ? boot.session.user.name
    : (Object.values(shifts)
        .flatMap(({ people }) => people)
        .find((person) => person.userId === userId)?.name ?? null);

/** `shifts` tell names of those at the desk, where there are any. */
export const wordsOfLine = (line: PlanLine, now: Date, shifts: State['shifts']): BannerWords =>
  bannerWords(line, {
    t,
    duration,
    moment: (at) => moment(at, now),
    why: (reasons) => whyWords(reasons, now),
    now,
    nameOf: (userId) => nameOf(userId, shifts),
  });
