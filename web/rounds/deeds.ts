/** What a desk does with rounds: each deed tells its outcome, with undo where there is one. */
import { shallowRef } from 'vue';
import {
  createRound,
  endRun,
  readGpxStops,
  type RoundRow,
  type RunRow,
  startRun,
  updateRound,
} from '../../shared/rounds.ts';
import { call } from '../live/call.ts';
import { upload } from '../live/upload.ts';
import { say, sayProblem } from '../ui/toasts.ts';
import { t } from '../ui/words.ts';
import { type DraftStart, type DraftStop, stopAt, stopName } from './draft.ts';

export interface Written {
  name: string;
  note: string | null;
  stops: readonly DraftStop[];
}
/** Larger files the server refuses anyway. */
export const MAX_GPX_BYTES = 1_000_000;

const bodyOf = ({ stops }: Pick<Written, 'stops'>) =>
  stops.map(({ id, name, position, radiusM, siteId }, at) => ({
    id,
    name: stopName({ name }, at),
    position,
    siteId,
    ...(radiusM === null ? {} : { radiusM }),
  }));

/** `caughtUp` fetches what has changed when the facts do not come by themselves. */
export function useRoundDeeds(caughtUp: () => void) {
  const busy = shallowRef(false);
  const run = async (deed: () => Promise<void>, again?: () => void): Promise<boolean> => {
    if (busy.value) return false;
    busy.value = true;
    try {
      await deed();
      caughtUp();
      return true;
    } catch (error) {
      sayProblem(error, again);
      return false;
    } finally {
      busy.value = false;
    }
  };
  const setActive = (round: RoundRow, active: boolean): Promise<boolean> =>
    run(async () => {
      const row = await call(updateRound, { params: { id: round.id }, body: { version: round.version, active } });
      say(t(active ? 'round.said.back' : 'round.said.retired', { name: row.name }), () => void setActive(row, !active));
    });
  return {
    busy,
    /** Stores a new round under `id`, which stays the same when it is tried again. */
    create: (id: string, { name, note, stops }: Written): Promise<boolean> =>
      run(async () => {
        const row = await call(createRound, {
          body: { id, name, stops: bodyOf({ stops }), ...(note === null ? {} : { note }) },
        });
        say(t('round.said.created', { name: row.name }), () => void setActive(row, false));
      }),
    change: (round: RoundRow, { name, note, stops }: Written): Promise<boolean> =>
      run(async () => {
        const put = (version: number, { name: called, note: words, stops: way }: Written): Promise<RoundRow> =>
          call(updateRound, {
            params: { id: round.id },
            body: { version, name: called, note: words, stops: bodyOf({ stops: way }) },
          });
        const row = await put(round.version, { name, note, stops });
        say(
          t('round.said.changed', { name: row.name }),
          () => void run(async () => void (await put(row.version, round))),
        );
      }),
    retire: (round: RoundRow): Promise<boolean> => setActive(round, false),
    start: (id: string, round: RoundRow, patrol: { id: string; name: string }): Promise<boolean> =>
      run(async () => {
        await call(startRun, { body: { id, roundId: round.id, patrolId: patrol.id } });
        say(t('round.said.started', { name: round.name, patrol: patrol.name }));
      }),
    end: (row: RunRow): Promise<boolean> =>
      run(async () => {
        await call(endRun, { params: { id: row.id }, body: { status: 'ended' } });
        say(t('round.said.ended', { name: row.name }));
      }),
    /** What a GPX file holds, to look at before it is kept; null when it could not be read, which has then been said. */
    readGpx: async (file: File): Promise<DraftStart | null> => {
      let start: DraftStart | null = null;
      if (file.size > MAX_GPX_BYTES) {
        say(t('round.gpx.too_large'));
        return null;
      }
      await run(async () => {
        const read = await upload(readGpxStops, {
          content: file,
          type: 'application/gpx+xml',
          onProgress: () => undefined,
        });
        const stops = read.stops.map(({ name, position }) => stopAt(position.coordinates, name.trim()));
        const found = t('round.gpx.found', { count: stops.length });
        start = {
          round: null,
          name: (read.name ?? file.name.replace(/\.[^.]*$/, '')).slice(0, 200),
          stops,
          notice: read.dropped > 0 ? `${found} ${t('round.gpx.dropped', { count: read.dropped })}` : found,
        };
      });
      return start;
    },
  };
}
export type RoundDeeds = ReturnType<typeof useRoundDeeds>;
