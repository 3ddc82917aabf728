/** The server's time as this machine knows it: phones and desks have clocks of their own. */
let offsetMs = 0;

/** Learns the offset from an answer's Date header, which has whole seconds; small differences are not worth a jump. */
export function noteServerTime(date: string | null, receivedAtMs = Date.now()): void {
  const at = date === null ? Number.NaN : Date.parse(date);
  if (Number.isNaN(at)) return;
  // the header is cut to the second: half a second later is the best guess
  const measured = at + 500 - receivedAtMs;
  if (Math.abs(measured - offsetMs) > 1500) offsetMs = Math.abs(measured) > 1500 ? measured : 0;
}

/** Now, corrected by the measured offset. */
export const serverNow = (): Date => new Date(Date.now() + offsetMs);

/** How far the own clock is from the server's, in ms (positive: the own one is behind). */
export const clockOffsetMs = (): number => offsetMs;
