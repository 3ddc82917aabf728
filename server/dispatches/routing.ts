/** Asks the router and falls back on the estimate, so that no desk ever waits for a router. */
import type { RouterNote } from '../../shared/dispatches.ts';
import type { LonLat } from '../../shared/geo.ts';
import type { Log } from '../context.ts';
import { routerAnswers } from '../http/metrics.ts';
import { type Failing, type Router, RouterFailure, type Travel, type Way } from './router.ts';
import { estimateTable, estimateWay, type Pace } from './router-estimate.ts';

export interface Routing {
  /** What the better router says of all pairs, or null with the reason: then the estimate holds. It knows roads for vehicles only: for whoever `walks` it says nothing. */
  ask(
    from: readonly LonLat[],
    to: readonly LonLat[],
    walks?: readonly boolean[],
  ): Promise<{ travel: Travel | null; router: RouterNote }>;
  /** Every pair, estimated where the router says nothing; one pace for each `to`. */
  table(
    from: readonly LonLat[],
    to: readonly LonLat[],
    paces: readonly Pace[],
    walks?: readonly boolean[],
  ): Promise<{ travel: Travel; router: RouterNote }>;
  way(from: LonLat, to: LonLat, pace: Pace, walks?: boolean): Promise<{ way: Way; router: RouterNote }>;
}

/** Asked for more pairs at once, a router would not answer in time: 200 patrols x 200 incidents. */
const MOST_PAIRS = 40_000;
/** All in, from the first byte asked to the last one read. */
const DEADLINE_MS = 1_000;
/** A router that failed is left alone, so that not every desk waits for it each time. */
const REST_MS = 15_000;

export interface RoutingParts {
  /** null when the operator set none */
  router: Router | null;
  log: Pick<Log, 'warn'>;
  deadlineMs?: number;
  restMs?: number;
  /** monotonic milliseconds */
  clock?: () => number;
}

/** Fills what a router left open with the estimate; in place. */
export function fill(travel: Travel, estimate: Travel): void {
  for (let cell = 0; cell < travel.seconds.length; cell += 1) {
    if (!Number.isNaN(travel.seconds[cell])) continue;
    travel.seconds[cell] = estimate.seconds[cell] ?? NaN;
    travel.metres[cell] = estimate.metres[cell] ?? NaN;
  }
}

const estimated = (note: RouterNote['note']): RouterNote => ({ used: 'estimate', note });

export function createRouting(parts: RoutingParts): Routing {
  const { router, log, deadlineMs = DEADLINE_MS, restMs = REST_MS, clock = () => performance.now() } = parts;
  let resting: { until: number; note: Failing } | null = null;

  /** Null when the estimate has to do, with the reason. */
  async function attempt<T>(
    work: (router: Router, signal: AbortSignal) => Promise<T>,
  ): Promise<{ answer: T | null; note: Failing | null }> {
    if (router === null) return { answer: null, note: null };
    if (resting !== null && clock() < resting.until) return { answer: null, note: resting.note };
    const signal = AbortSignal.timeout(deadlineMs);
    try {
      const answer = await work(router, signal);
      resting = null;
      routerAnswers.inc({ outcome: 'right' });
      return { answer, note: null };
    } catch (error) {
      const note = signal.aborted ? 'slow' : error instanceof RouterFailure ? error.note : 'wrong';
      resting = { until: clock() + restMs, note };
      routerAnswers.inc({ outcome: note });
      log.warn({ note, restS: restMs / 1000 }, 'the router failed; travel times are estimated');
      return { answer: null, note };
    }
  }

  const ask: Routing['ask'] = async (from, to, walks = []) => {
    const pairs = from.length * to.length;
    if (pairs === 0) return { travel: null, router: estimated(null) };
    if (router !== null && pairs > MOST_PAIRS) return { travel: null, router: estimated('big') };
    const { answer, note } = await attempt((one, signal) => one.table(from, to, signal));
    from.forEach((_, y) => {
      if (walks[y] === true) answer?.seconds.fill(NaN, y * to.length, (y + 1) * to.length);
    });
    return answer?.seconds.some((cell) => !Number.isNaN(cell)) === true
      ? { travel: answer, router: { used: 'osrm', note: null } }
      : { travel: null, router: estimated(note) };
  };

  return {
    ask,
    async table(from, to, paces, walks) {
      const { travel, router: said } = await ask(from, to, walks);
      const estimate = estimateTable(from, to, paces, walks);
      if (travel === null) return { travel: estimate, router: said };
      fill(travel, estimate);
      return { travel, router: said };
    },
    async way(from, to, pace, walks = false) {
      if (walks) return { way: estimateWay(from, to, pace, walks), router: estimated(null) };
      const { answer, note } = await attempt((one, signal) => one.route(from, to, signal));
      return answer === null
        ? { way: estimateWay(from, to, pace), router: estimated(note) }
        : { way: answer, router: { used: 'osrm', note: null } };
    },
  };
}
