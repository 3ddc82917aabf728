/** Patrols that nobody drives would look lost after two minutes: somebody has to say that they are still there. */
import { point, type Point } from '../../shared/geo.ts';
import { readSnapshot } from '../../shared/live.ts';
import { answerRollCall } from '../../shared/patrols.ts';
import { type PositionBody, takePositions, unpackFix } from '../../shared/positions.ts';
import type { Snapshot } from '../../shared/state.ts';
import type { Person } from './http.ts';

const BEAT_MS = 30_000;
/** A phone that sends by itself is left to speak for itself. */
const QUIET_MS = 25_000;
/** Nobody holds these crews' phones: their roll calls are answered a little early. */
const ANSWER_BEFORE_MS = 90_000;

/** Says for each of these patrols that it still stands where it was last seen; one on a break has put its tracker away. */
export async function sayStillThere(
  dispatcher: Person,
  patrolIds: ReadonlySet<string>,
  now = Date.now(),
): Promise<void> {
  const { patrols, positions } = (await dispatcher.does(readSnapshot)) as unknown as Snapshot;
  const latest = new Map(positions.fixes.map((packed) => [packed[0], unpackFix(packed, positions.at).fix]));
  const fixes: PositionBody[] = [];
  for (const { id, num, status } of patrols) {
    const fix = latest.get(num);
    if (!fix || !patrolIds.has(id) || status === 'break' || now - fix.at < QUIET_MS) continue;
    const here: Point = point(...fix.position);
    fixes.push({ patrolId: id, position: here, at: new Date(now).toISOString(), speedMps: 0, accuracyM: 8 });
  }
  if (fixes.length > 0) await dispatcher.does(takePositions, { body: fixes });
  for (const { id, rollCallDueAt } of patrols)
    if (patrolIds.has(id) && rollCallDueAt !== null && Date.parse(rollCallDueAt) - now < ANSWER_BEFORE_MS)
      await dispatcher.does(answerRollCall, { params: { id }, body: {} });
}

/** Beats until stopped; a beat that fails is followed by the next. */
export function startHeartbeat(dispatcher: Person, patrolIds: ReadonlySet<string>): () => void {
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    sayStillThere(dispatcher, patrolIds)
      .catch(() => undefined)
      .finally(() => {
        busy = false;
      });
  }, BEAT_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
  };
}
