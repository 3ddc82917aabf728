/** Time-based codes of an authenticator (RFC 6238: SHA-1, six digits, 30 s, as every authenticator has it), and the codes for the day it is lost. */
import { randomBytes, randomInt } from 'node:crypto';
import { ScureBase32Plugin, verifySync } from 'otplib';
import { toString as qrSvg } from 'qrcode';

/** RFC 4226, 4: 160 bits are recommended. */
const KEY_BYTES = 20;
/** One step of 30 s back and one ahead: a clock that is a little off, and a code that was typed slowly (RFC 6238, 5.2 and 6). */
const TOLERANCE_S = 30;
/** Letters and digits that nobody takes for another: no i, l, o, 0 and 1. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789';
const RECOVERY_CODES = 10;

const base32 = new ScureBase32Plugin();

export const newKey = (): Buffer => randomBytes(KEY_BYTES);

/** What an authenticator is told of a key: `key` in base32, `uri` the otpauth: address, `qr` that address as a data:image/svg+xml picture. */
export interface Enrolment {
  key: string;
  uri: string;
  qr: string;
}
/** Longest name of a station in a label: more would make the picture too fine for a cheap phone's camera. */
const LABEL_LENGTH = 40;

/** `otpauth://totp/<station>:<username>?secret=...&issuer=Warmpath`; a colon inside a name would end it early. */
function otpauth(secret: string, { station, username }: { station: string; username: string }): string {
  const part = (name: string): string =>
    encodeURIComponent([...name.replaceAll(':', ' ')].slice(0, LABEL_LENGTH).join('').trim());
  return `otpauth://totp/${part(station)}:${part(username)}?${new URLSearchParams({ secret, issuer: 'Warmpath' }).toString()}`;
}

/** A key as it is handed over; `account` names the entry in the list of the app. */
export async function enrolmentOf(key: Buffer, account: { station: string; username: string }): Promise<Enrolment> {
  const secret = base32.encode(key);
  const uri = otpauth(secret, account);
  // four modules of white all round, whatever the page's colours (ISO/IEC 18004, 6.3.8)
  const svg = await qrSvg(uri, { type: 'svg', errorCorrectionLevel: 'M', margin: 4 });
  return { key: secret, uri, qr: `data:image/svg+xml,${encodeURIComponent(svg.trim())}` };
}

/** The time step (30 s since 1970) whose code this is, or null when it is none of these minutes. */
export function stepOf(key: Buffer, code: string, now: Date): number | null {
  const epoch = Math.floor(now.getTime() / 1000);
  const found = verifySync({ secret: key, token: code, epoch, epochTolerance: TOLERANCE_S });
  return found.valid && 'timeStep' in found ? found.timeStep : null;
}

/** Ten codes such as `k7m2-9xqd`, 39 bits each, all different. */
export function newRecoveryCodes(): string[] {
  const codes = new Set<string>();
  const four = (): string => Array.from({ length: 4 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  while (codes.size < RECOVERY_CODES) codes.add(`${four()}-${four()}`);
  return [...codes];
}
