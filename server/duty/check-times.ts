/** When the spot checks of a shift are: random to whoever has not the key, the same on every node. Pure. */
import { createHmac } from 'node:crypto';

const MINUTE_MS = 60_000;
/** Not while people arrive and leave. */
const MARGIN_MIN = 5;

/**
 * The whole minutes of a shift at which it is checked, by slot: each drawn from HMAC-SHA256(key, shift, when it was drawn, slot) over the whole shift, so that one
 * that has been says nothing about those to come. Two never fall on the same minute. None when there is no room between the margins.
 * When the times of a shift are changed while it runs, those to come are drawn anew for the rest of it: no change makes a check less likely.
 */
export function checkTimes(
  key: Buffer,
  shift: { id: string; startsAt: Date; endsAt: Date; drawnFrom: Date },
  count: number,
): { slot: number; at: Date }[] {
  const drawn = shift.drawnFrom.getTime();
  const first = Math.max(Math.ceil(shift.startsAt.getTime() / MINUTE_MS) + MARGIN_MIN, Math.ceil(drawn / MINUTE_MS));
  const span = Math.floor(shift.endsAt.getTime() / MINUTE_MS) - MARGIN_MIN - first;
  const taken = new Set<number>();
  for (let slot = 0; slot < Math.min(count, Math.max(0, span)); slot += 1) {
    let minute: number;
    let draw = 0;
    do {
      const mac = createHmac('sha256', key)
        .update(`${shift.id} ${String(drawn)} ${String(slot)} ${String(draw)}`)
        .digest();
      minute = Math.floor((mac.readUIntBE(0, 6) / 2 ** 48) * span);
      draw += 1;
    } while (taken.has(minute));
    taken.add(minute);
  }
  return [...taken].map((minute, slot) => ({ slot, at: new Date((first + minute) * MINUTE_MS) }));
}
