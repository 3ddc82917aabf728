/** The secret in a reporter's link: the sighting's id, signed. A replay of a report makes the same link again. */
import { createHmac, timingSafeEqual } from 'node:crypto';

const ID_BYTES = 16;
/** 128 bits: guessing one costs more than all the night's traffic. */
const MAC_BYTES = 16;

const macOf = (followKey: Buffer, id: Buffer): Buffer =>
  createHmac('sha256', followKey).update('follow').update(id).digest().subarray(0, MAC_BYTES);

/** 43 characters of base64url: the id's 16 bytes and the first 16 of their HMAC-SHA-256. */
export function tokenOf(followKey: Buffer, sightingId: string): string {
  const id = Buffer.from(sightingId.replaceAll('-', ''), 'hex');
  return Buffer.concat([id, macOf(followKey, id)]).toString('base64url');
}

/** The sighting a token was made for, or null when we did not make it. */
export function sightingIdOfToken(followKey: Buffer, token: string): string | null {
  if (!/^[A-Za-z0-9_-]{43}$/.test(token)) return null;
  const bytes = Buffer.from(token, 'base64url');
  const id = bytes.subarray(0, ID_BYTES);
  if (bytes.length !== ID_BYTES + MAC_BYTES || !timingSafeEqual(bytes.subarray(ID_BYTES), macOf(followKey, id)))
    return null;
  // 43 characters hold two bits more than 32 bytes: one link, one spelling
  if (bytes.toString('base64url') !== token) return null;
  return id.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
